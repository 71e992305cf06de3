/**
 * What a vault goes through, recorded and ended in every way: what was acknowledged is there, byte for byte, the vault is sound, and
 * the next snapshot works. A seeded sample of the scenarios and of the ways; `npm run test:long` takes all of them.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FAST_FOLDER } from '../support/fast-folder.ts';
import { withKept } from '../vault/kept.ts';
import { endings, randomOf } from './enumerate.ts';
import { RESTORES, recordRestore } from './restore-scenario.ts';
import { makeVault } from './restore-scene.ts';
import { type Recipe, Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { assertSurvives } from './verify.ts';

const SEED = Number(process.env.VAULT_TEST_SEED ?? Date.now() % 1_000_000);
const ALL = process.env.VAULT_TEST_ENDINGS === 'all';
/** And a restore. */
const COUNT = SCENARIOS.length + 1;
const SCENARIOS_TRIED = ALL ? COUNT : 4;
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

async function tryRestores(): Promise<void> {
  await withKept(async (kept) => {
    const vault = await makeVault(kept);
    const way = RESTORES[Math.floor(random() * RESTORES.length)]!;
    const { endings, assertSurvives } = await recordRestore(
      kept,
      vault,
      way,
      { pairs: 0, subsets: 1 },
      random,
    );
    for (let n = 0; n < ENDINGS_TRIED; n++) {
      await assertSurvives(endings[Math.floor(random() * endings.length)]!, n === 0);
    }
  }, FAST_FOLDER);
}

test(`after a crash anywhere in ${SCENARIOS_TRIED} of ${COUNT} scenarios (seed ${SEED})`, async () => {
  const first = Math.floor(random() * COUNT);
  for (let i = 0; i < SCENARIOS_TRIED; i++) {
    const recipe = SCENARIOS[(first + Math.floor((i * COUNT) / SCENARIOS_TRIED)) % COUNT];
    await (recipe ? tryEndings(recipe) : tryRestores());
  }
});

test.run();
