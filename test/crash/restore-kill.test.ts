/**
 * Real processes that kill themselves at a call that changes the disk, in each way of restoring over what is there, of undoing and
 * pruning: an even sample of the calls; and calls that fail. `npm run test:long -- kill restore` takes all of them.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FAST_FOLDER } from '../support/fast-folder.ts';
import { withKept } from '../vault/kept.ts';
import { randomOf } from './enumerate.ts';
import { assertFails, callsOfStaging, deathsOf, survive } from './restore-deaths.ts';
import { runLocked } from './restore-locked.ts';
import { RESTORES } from './restore-scenario.ts';
import { makeVault, Scene, WAYS } from './restore-scene.ts';

const SEED = Number(process.env.VAULT_TEST_SEED ?? Date.now() % 1_000_000);
const EACH = 1;
/** Calls from one that fails to the next. */
const APART = 20;

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

test(`one that may not write to the folder around its destination (seed ${SEED})`, async () => {
  const { killed } = await runLocked('one', { seed: SEED, deadline: Infinity, say: console.log });
  assert.is(killed, 1);
});

test(`one call of ${APART} fails while staging, with EIO or ENOSPC (seed ${SEED})`, () =>
  withKept(async (kept) => {
    const random = randomOf(SEED);
    const vault = await makeVault(kept);
    for (const way of RESTORES) {
      const scene = await Scene.make(kept, vault, way);
      const calls = await scene.calls();
      for (let nth = 1 + Math.floor(random() * APART); nth <= callsOfStaging(calls); nth += APART) {
        await assertFails(scene, calls, nth, random() < 0.5 ? 'EIO' : 'ENOSPC');
      }
    }
  }, FAST_FOLDER));

test.run();
