/**
 * The n-th operation of the storage fails, for every n, before and after it took effect: the error is one of ours, what was
 * stored before can be read, and the next snapshot works.
 */
import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkQuick, isVaultError, type Repository, VaultError } from '../../src/index.ts';
import { FaultBackend, NthFault } from '../../src/store/backend/fault.ts';
import { FAST_FOLDER } from '../support/fast-folder.ts';
import { assertHolds } from './inventory.ts';
import {
  changesOf,
  contentOf,
  entriesOf,
  fullTree,
  type Kept,
  type Taken,
  take,
  treeOf,
  withKept,
} from './kept.ts';
import { openWrapped } from './wrapped-vault.ts';

/** Every content of a snapshot can be read. */
async function assertReadable(vault: Repository, taken: Taken): Promise<void> {
  for (const entry of (await entriesOf(vault, taken)).values()) {
    if (entry.size !== undefined) assert.is((await contentOf(vault, entry)).length, entry.size);
  }
}

/** A change whose content this thread stores: starting a worker for each would take most of the time. */
function relink(kept: Kept, n: number): void {
  rmSync(kept.at('link'), { force: true });
  symlinkSync(`target ${n}`, kept.at('link'));
}

/** Fails operation `n` of an incremental snapshot; false when it has no n-th one. */
async function failOnce(kept: Kept, vault: Repository, before: Taken, fault: NthFault): Promise<boolean> {
  const faulty = await openWrapped(kept, (backend) => new FaultBackend(backend, fault.hook));
  let error: unknown;
  try {
    await take(faulty, { message: 'faulty' });
  } catch (thrown) {
    error = thrown;
  }
  await faulty.close();
  if (error !== undefined) assert.ok(isVaultError(error, 'IO'), String((error as Error).stack));
  await assertReadable(vault, before);
  return fault.fired;
}

for (const when of ['before', 'after'] as const) {
  for (const dead of [false, true]) {
    test(`one operation of the storage fails ${when} its effect${dead ? ', and all that follow' : ''}`, () =>
      withKept(async (kept) => {
        for (let i = 0; i < 5; i++) writeFileSync(kept.at(`f${i}`), `content ${i}`);
        const vault = await kept.init();
        let before = await take(vault);
        for (let n = 1, fired = true; fired; n++) {
          assert.ok(n < 200, 'it comes to an end');
          relink(kept, n);
          fired = await failOnce(kept, vault, before, new NthFault(n, when, { dead }));
          before = await take(vault);
        }
        await assertHolds(vault, before);
        assert.is(treeOf(before), await fullTree(vault));
        const { findings } = await checkQuick(vault);
        assert.equal(
          findings.filter(({ damage }) => damage),
          [],
        );
      }, FAST_FOLDER));
  }
}

test('a full disk: the snapshot fails as a whole', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'one');
    const vault = await kept.init();
    const first = await take(vault);
    const error = new VaultError('NO_SPACE', 'no space left');
    for (let n = 1; ; n++) {
      relink(kept, n);
      const fault = new NthFault(n, 'before', { dead: true, error });
      const faulty = await openWrapped(kept, (backend) => new FaultBackend(backend, fault.hook));
      try {
        await take(faulty);
        if (!fault.fired) break;
      } catch (thrown) {
        assert.ok(isVaultError(thrown, 'NO_SPACE'), String(thrown));
      } finally {
        await faulty.close();
      }
    }
    const next = await take(vault);
    await assertReadable(vault, first);
    await assertHolds(vault, next);
    assert.ok((await changesOf(vault, next)).length <= 1);
  }));

test('an abort in the middle: nothing is recorded, nothing goes on', () =>
  withKept(async (kept) => {
    for (let i = 0; i < 600; i++) writeFileSync(kept.at(`f${i}`), `content ${i}`);
    const vault = await kept.init();
    const first = await take(vault);
    for (let i = 0; i < 600; i++) writeFileSync(kept.at(`f${i}`), `changed ${i}`);
    for (const after of [0, 1, 5, 20, 60, 120]) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(new VaultError('ABORTED', 'enough')), after);
      try {
        const { id } = await take(vault, { signal: controller.signal, threads: 2 });
        assert.ok(id);
      } catch (error) {
        assert.ok(isVaultError(error, 'ABORTED'), String(error));
      }
      clearTimeout(timer);
    }
    const controller = new AbortController();
    controller.abort(new VaultError('ABORTED', 'at once'));
    const before = await vault.refs.current('heads', 'main');
    try {
      await take(vault, { signal: controller.signal });
      assert.unreachable();
    } catch (error) {
      assert.is((error as VaultError).message, 'at once');
    }
    assert.equal(await vault.refs.current('heads', 'main'), before);
    await assertReadable(vault, first);
    await assertHolds(vault, await take(vault));
    await kept.close();
    assert.equal(readdirSync(kept.at('.vault/tmp')), []);
  }));

test.run();
