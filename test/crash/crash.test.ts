/**
 * What a vault goes through, recorded and ended in every way: what was acknowledged is there, byte for byte, the vault is sound, and
 * the next snapshot works. A seeded sample of the scenarios and of the ways; `npm run test:long` takes all of them.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withKept } from '../vault/kept.ts';
import { endings, randomOf } from './enumerate.ts';
import { type Recipe, Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { assertSurvives, FAST_FOLDER } from './verify.ts';

const SEED = Number(process.env.VAULT_TEST_SEED ?? Date.now() % 1_000_000);
const ALL = process.env.VAULT_TEST_ENDINGS === 'all';
const SCENARIOS_TRIED = ALL ? SCENARIOS.length : 4;
const ENDINGS_TRIED = 3;
const random = randomOf(SEED);

async function tryEndings(recipe: Recipe): Promise<void> {
  await withKept(async (kept) => {
    const recording = await new Scenario(kept).record(recipe);
    const { index } = recording;
    const all = [...endings(recording, { pairs: 1, subsets: 1 }, random)];
    assert.ok(all.length >= 5, `only ${all.length} endings of ${recording.ops.length} operations`);
    const sample = Array.from({ length: ENDINGS_TRIED }, () => all[Math.floor(random() * all.length)]!);
    for (const [i, ending] of (ALL ? all : sample).entries()) {
      try {
        await assertSurvives(kept, ending, {
          restore: i % 10 === 0,
          ...(random() < 0.5 && index && { index }),
        });
      } catch (error) {
        (error as Error).message = `${ending.name} (seed ${SEED}): ${(error as Error).message}`;
        throw error;
      }
    }
  }, FAST_FOLDER);
}

test(`after a crash anywhere in ${SCENARIOS_TRIED} of ${SCENARIOS.length} scenarios (seed ${SEED})`, async () => {
  const first = Math.floor(random() * SCENARIOS.length);
  const step = SCENARIOS.length / SCENARIOS_TRIED;
  for (let i = 0; i < SCENARIOS_TRIED; i++) {
    await tryEndings(SCENARIOS[(first + Math.floor(i * step)) % SCENARIOS.length]!);
  }
});

test.run();
