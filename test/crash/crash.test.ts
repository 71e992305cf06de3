/**
 * A recorded run of a vault, ended in every way: what was acknowledged is there, byte for byte, the vault is sound, and
 * the next snapshot works. A seeded sample of the ways; `npm run test:long` takes all of them.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withKept } from '../vault/kept.ts';
import { endings, randomOf } from './enumerate.ts';
import { recordAll } from './scenario.ts';
import { assertSurvives, FAST_FOLDER } from './verify.ts';

const SEED = Number(process.env.VAULT_TEST_SEED ?? Date.now() % 1_000_000);
const SAMPLE = process.env.VAULT_TEST_ENDINGS ?? '12';

test(`after a crash anywhere (seed ${SEED})`, () =>
  withKept(async (kept) => {
    const recording = await recordAll(kept);
    const random = randomOf(SEED);
    const all = [...endings(recording, { pairs: 4, subsets: 4 }, random)];
    assert.ok(all.length > 80, `only ${all.length} endings of ${recording.ops.length} operations`);
    const sample =
      SAMPLE === 'all'
        ? all
        : Array.from({ length: Number(SAMPLE) }, () => all[Math.floor(random() * all.length)]!);
    for (const [i, ending] of sample.entries()) {
      try {
        await assertSurvives(kept, ending, {
          restore: i % 10 === 0,
          ...(random() < 0.5 && { index: recording.index }),
        });
      } catch (error) {
        (error as Error).message = `${ending.name} (seed ${SEED}): ${(error as Error).message}`;
        throw error;
      }
    }
  }, FAST_FOLDER));

test.run();
