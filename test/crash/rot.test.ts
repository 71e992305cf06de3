/**
 * Bit rot: whatever changes in a file of the store is found by `check --read-data`, and a restore gives the exact bytes or an
 * error. A seeded sample of the changes; `npm run test:long` makes all of them.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkVault } from '../../src/index.ts';
import { FAST_FOLDER } from '../support/fast-folder.ts';
import { type Kept, withKept } from '../vault/kept.ts';
import { randomOf } from './enumerate.ts';
import { assertFound, bitFlips, exchanges, losses, makeRotVault, truncations } from './rot.ts';

const SEED = Number(process.env.VAULT_TEST_SEED ?? Date.now() % 1_000_000);
const random = randomOf(SEED);

function* sample<T>(all: Iterable<T>, count: number): Generator<T> {
  const values = [...all];
  for (let n = 0; n < count; n++) yield values[Math.floor(random() * values.length)]!;
}

const inMemory = (body: (kept: Kept) => Promise<void>) => () => withKept(body, FAST_FOLDER);

test(
  `flipped, cut, exchanged and lost: found, and never other bytes (seed ${SEED})`,
  inMemory(async (kept) => {
    const rot = await makeRotVault(kept);
    const vault = await kept.open();
    assert.equal((await checkVault(vault, { readData: 100 })).findings, []);
    await kept.close();
    for (const change of sample(bitFlips(rot), 30)) await assertFound(kept, rot, change);
    for (const change of sample(truncations(rot), 10)) await assertFound(kept, rot, change);
    for (const change of sample(exchanges(rot), 10)) await assertFound(kept, rot, change);
    for (const change of losses(rot)) await assertFound(kept, rot, change);
    const again = await kept.open();
    assert.equal((await checkVault(again, { readData: 100 })).findings, []);
  }),
);

test.run();
