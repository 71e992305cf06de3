/** Every ending of each recorded scenario: kills, torn writes, power losses singly, in pairs and in random subsets. */
import { endings, randomOf } from '../crash/enumerate.ts';
import { type Recipe, Scenario } from '../crash/scenario.ts';
import { SCENARIOS } from '../crash/scenarios.ts';
import { assertSurvives } from '../crash/verify.ts';
import { FAST_FOLDER } from '../support/fast-folder.ts';
import { withKept } from '../vault/kept.ts';
import type { Part, PartOptions } from './run.ts';

const BREADTH = { pairs: 64, subsets: 64 };

interface Counts {
  calls: number;
  survived: number;
  left: number;
}

export const crashPart: Part = async (options) => {
  const random = randomOf(options.seed);
  const total: Counts = { calls: 0, survived: 0, left: 0 };
  for (const recipe of SCENARIOS) {
    const counts = await endAll(recipe, options, random);
    for (const key of ['calls', 'survived', 'left'] as const) total[key] += counts[key];
  }
  const { calls, survived, left } = total;
  return `${SCENARIOS.length} scenarios of ${calls} calls: ${survived} endings survived, ${left} not reached`;
};

function endAll(recipe: Recipe, { deadline, say }: PartOptions, random: () => number): Promise<Counts> {
  return withKept(async (kept) => {
    const recording = await new Scenario(kept).record(recipe);
    const { index } = recording;
    const calls = recording.ops.length - recording.start;
    const all = [...endings(recording, BREADTH, random)];
    let survived = 0;
    for (const [i, ending] of all.entries()) {
      if (performance.now() > deadline) break;
      try {
        await assertSurvives(kept, ending, {
          restore: i % 8 === 0,
          ...(i % 2 === 0 && index && { index }),
        });
      } catch (error) {
        throw new Error(ending.name, { cause: error });
      }
      survived++;
    }
    say(`${recipe.name}: ${calls} calls, ${survived} of ${all.length} endings survived`);
    return { calls, survived, left: all.length - survived };
  }, FAST_FOLDER);
}
