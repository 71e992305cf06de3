/** Every ending of the recorded run: kills, torn writes, power losses singly, in pairs and in random subsets. */
import { endings, randomOf } from '../crash/enumerate.ts';
import { recordAll } from '../crash/scenario.ts';
import { assertSurvives, FAST_FOLDER } from '../crash/verify.ts';
import { withKept } from '../vault/kept.ts';
import type { Part } from './run.ts';

const BREADTH = { pairs: 64, subsets: 64 };

export const crashPart: Part = async ({ seed, deadline, say }) => {
  const random = randomOf(seed);
  let runs = 0;
  let ended = 0;
  let left = 0;
  // Each run is recorded anew: names of packs and transactions are drawn, so the order of operations differs, too.
  while (runs === 0 || (performance.now() < deadline && left === 0)) {
    await withKept(async (kept) => {
      const recording = await recordAll(kept);
      const all = [...endings(recording, BREADTH, random)];
      say(`${recording.ops.length} operations, ${all.length} different endings`);
      for (const [i, ending] of all.entries()) {
        if (performance.now() > deadline) {
          left = all.length - i;
          break;
        }
        try {
          await assertSurvives(kept, ending, {
            restore: i % 8 === 0,
            ...(i % 2 === 0 && { index: recording.index }),
          });
        } catch (error) {
          throw new Error(ending.name, { cause: error });
        }
        ended++;
      }
    }, FAST_FOLDER);
    runs++;
  }
  return `${ended} endings of ${runs} recorded runs survived; ${left} of the last were not reached`;
};
