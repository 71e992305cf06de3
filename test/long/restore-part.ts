/** Every ending of each way of restoring and undoing: kills, torn writes, power losses singly, in pairs and in random subsets. */
import { randomOf } from '../crash/enumerate.ts';
import { RESTORES, recordRestore } from '../crash/restore-scenario.ts';
import { makeVault } from '../crash/restore-scene.ts';
import { FAST_FOLDER } from '../crash/verify.ts';
import { withKept } from '../vault/kept.ts';
import type { Part } from './run.ts';

const BREADTH = { pairs: 4, subsets: 4 };
/** Of so many endings one asks for the next snapshot and a whole check, too: a restore writes nothing to the store. */
const CHECKED = 64;

export const restorePart: Part = ({ seed, deadline, say }) =>
  withKept(async (kept) => {
    const random = randomOf(seed);
    const vault = await makeVault(kept);
    let survived = 0;
    let left = 0;
    for (const way of RESTORES) {
      const { calls, endings, assertSurvives } = await recordRestore(kept, vault, way, BREADTH, random);
      let done = 0;
      for (const ending of endings) {
        if (performance.now() > deadline) break;
        await assertSurvives(ending, done % CHECKED === 0);
        done++;
      }
      say(`${way.name}: ${calls} calls, ${done} of ${endings.length} endings survived`);
      survived += done;
      left += endings.length - done;
    }
    return `${RESTORES.length} ways: ${survived} endings survived, ${left} not reached`;
  }, FAST_FOLDER);
