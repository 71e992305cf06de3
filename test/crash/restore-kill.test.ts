/**
 * Real processes that kill themselves at a call that changes the disk, in each way of restoring over what is there, of undoing and
 * pruning: an even sample of the calls. `npm run test:long -- kill` takes all of them.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withKept } from '../vault/kept.ts';
import { randomOf } from './enumerate.ts';
import { deathsOf, survive } from './restore-deaths.ts';
import { makeVault, Scene, WAYS } from './restore-scene.ts';
import { FAST_FOLDER } from './verify.ts';

const SEED = Number(process.env.VAULT_TEST_SEED ?? Date.now() % 1_000_000);
const EACH = 1;

test(`${EACH} processes are killed in each way (seed ${SEED})`, () =>
  withKept(async (kept) => {
    const random = randomOf(SEED);
    const vault = await makeVault(kept);
    for (const way of WAYS) {
      const scene = await Scene.make(kept, vault, way);
      const deaths = deathsOf(await scene.calls());
      assert.ok(deaths.length >= 4, `${way.name}: ${deaths.length} deaths`);
      const first = random() / EACH;
      for (let i = 0; i < EACH; i++) {
        const death = deaths[Math.floor((first + i / EACH) * deaths.length)]!;
        assert.ok(
          await survive(scene, death, Math.floor(random() * 12)),
          `it died ${death.when} ${death.nth}`,
        );
      }
    }
  }, FAST_FOLDER));

test.run();
