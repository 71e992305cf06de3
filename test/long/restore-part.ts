/**
 * Every ending of each way of restoring and undoing: kills, torn writes, power losses singly, in pairs and in random subsets; and every
 * call that fails.
 */
import { randomOf } from '../crash/enumerate.ts';
import { assertFails, callsOfStaging } from '../crash/restore-deaths.ts';
import { RESTORES, recordRestore } from '../crash/restore-scenario.ts';
import { makeVault, Scene } from '../crash/restore-scene.ts';
import { FAST_FOLDER } from '../support/fast-folder.ts';
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
      const failed = await failAll(await Scene.make(kept, vault, way), deadline);
      say(`${way.name}: ${failed.tried} of ${failed.all} calls failed while staging, with EIO and ENOSPC`);
      survived += done;
      left += endings.length - done;
    }
    return `${RESTORES.length} ways: ${survived} endings survived, ${left} not reached`;
  }, FAST_FOLDER);

async function failAll(scene: Scene, deadline: number): Promise<{ tried: number; all: number }> {
  const calls = await scene.calls();
  const all = callsOfStaging(calls);
  let tried = 0;
  for (let nth = 1; nth <= all; nth++) {
    for (const code of ['EIO', 'ENOSPC']) {
      if (performance.now() > deadline) continue;
      await assertFails(scene, calls, nth, code);
      tried++;
    }
  }
  return { tried, all: 2 * all };
}
