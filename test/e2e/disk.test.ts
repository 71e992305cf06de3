/** Real disks: one that is full, one that is read-only. Both need the right to mount. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkQuick, initVault, isVaultError, type Repository } from '../../src/index.ts';
import { canMount, withMount } from '../support/mount.ts';
import { assertHolds } from '../vault/inventory.ts';
import { contentOf, entriesOf, type Kept, type Taken, take, withKept } from '../vault/kept.ts';
import { assertNoStage, assertSame, facts, refuses, restorePath } from '../vault/restore/restored.ts';

const MIB = 1024 * 1024;
const mountTest = canMount ? test : (title: string) => test.skip(`${title} (needs the right to mount)`);

async function assertReadable(vault: Repository, taken: Taken): Promise<void> {
  for (const entry of (await entriesOf(vault, taken)).values()) {
    if (entry.size !== undefined) assert.is((await contentOf(vault, entry)).length, entry.size);
  }
}

async function noSpace(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    assert.ok(isVaultError(error, 'NO_SPACE'), String((error as Error).stack));
    assert.ok((error as { hint?: string }).hint);
    return;
  }
  assert.unreachable('it fits');
}

/** Leaves `left` bytes on the disk. */
function fillUp(place: string, left: number): void {
  const { bavail, bsize } = statfsSync(place);
  writeFileSync(join(place, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - left)));
}

function openOn(kept: Kept, store: string): Promise<Repository> {
  return kept.open({ store, line: 'main' });
}

mountTest('a full disk: what was stored can be read, and when there is space again all goes on', () =>
  withKept(async (kept) => {
    const disk = join(kept.base, 'disk');
    const store = join(disk, 'store');
    await withMount(['-t', 'tmpfs', '-o', 'size=12m', 'vault-test'], disk, async () => {
      writeFileSync(kept.at('a'), randomBytes(MIB));
      await initVault({ store, environment: kept.environment });
      let vault = await openOn(kept, store);
      const first = await take(vault);
      writeFileSync(kept.at('big'), randomBytes(25 * MIB));
      await noSpace(() => take(vault, { threads: 2 }));
      await assertReadable(vault, first);
      assert.equal(
        (await checkQuick(vault)).findings.filter(({ damage }) => damage),
        [],
      );
      rmSync(kept.at('big'));
      writeFileSync(kept.at('b'), randomBytes(100_000));
      const second = await take(vault);
      await kept.close();
      for (const left of [0, 4096, 65_536]) {
        fillUp(disk, left);
        writeFileSync(kept.at('b'), randomBytes(300_000));
        vault = await openOn(kept, store);
        await assertReadable(vault, second);
        await noSpace(() => take(vault));
        await kept.close();
        rmSync(join(disk, 'filler'));
      }
      vault = await openOn(kept, store);
      const third = await take(vault);
      await assertHolds(vault, third);
      assert.equal(third.parent, second.id);
      assert.equal(
        (await checkQuick(vault)).findings.filter(({ damage }) => damage),
        [],
      );
      await kept.close();
    });
  }),
);

mountTest('a disk that is full while a restore stages: what was there stays, byte for byte', () =>
  withKept(async (kept) => {
    for (const name of ['a', 'b']) writeFileSync(kept.at(name), randomBytes(MIB));
    const vault = await kept.init();
    const taken = await take(vault);
    const disk = join(kept.base, 'disk');
    const to = join(disk, 'folder');
    await withMount(['-t', 'tmpfs', '-o', 'size=3m', 'vault-test'], disk, async () => {
      mkdirSync(to);
      writeFileSync(join(to, 'a'), 'mine');
      for (const left of [0, 4096, 65_536, MIB + 65_536]) {
        fillUp(disk, left);
        const old = facts(disk);
        for (const how of [{ replace: true }, { conflict: 'overwrite', deletes: true }] as const) {
          await refuses(restorePath(vault, taken, '', to, how), 'NO_SPACE', /untouched/);
          assertNoStage(to);
          const now = facts(disk);
          // The stage came and went beside it.
          assertSame(now.set('', old.get('')!), old, `${left} bytes left`);
        }
        rmSync(join(disk, 'filler'));
      }
      await restorePath(vault, taken, '', to, { replace: true });
      assert.equal(readdirSync(to), ['a', 'b']);
    });
  }),
);

mountTest('a disk that is full from the beginning', () =>
  withKept(async (kept) => {
    const disk = join(kept.base, 'disk');
    await withMount(['-t', 'tmpfs', '-o', 'size=1m', 'vault-test'], disk, async () => {
      fillUp(disk, 0);
      await noSpace(() => initVault({ store: join(disk, 'store'), environment: kept.environment }));
      rmSync(join(disk, 'filler'));
      const { created } = await initVault({ store: join(disk, 'store'), environment: kept.environment });
      assert.ok(created);
    });
  }),
);

mountTest('a read-only mount: listed and read with an index of one’s own, not written', () =>
  withKept(async (kept) => {
    const store = join(kept.base, 'store');
    writeFileSync(kept.at('a'), 'content');
    await initVault({ store, environment: kept.environment });
    const writable = await openOn(kept, store);
    const first = await take(writable);
    await kept.close();
    const place = join(kept.base, 'read-only');
    await withMount(['--bind', store], place, async () => {
      execFileSync('mount', ['-o', 'remount,bind,ro', place]);
      const vault = await openOn(kept, place);
      await assertReadable(vault, first);
      assert.ok(vault.store.index.db.path.startsWith(join(kept.base, 'cache')));
      assert.equal((await checkQuick(vault)).findings, []);
      try {
        await take(vault);
        assert.unreachable('it was written');
      } catch (error) {
        assert.ok(isVaultError(error, 'READ_ONLY'), String(error));
      }
      await kept.close();
    });
  }),
);

test.run();
