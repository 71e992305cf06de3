/**
 * Whatever the disk or the vault does while a restore runs, the destination is the old one or the new one, whole.
 * @time-limit 300
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, parse } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  contentChunks,
  Flag,
  type Id,
  isVaultError,
  type Repository,
  restoreRevision,
  VaultError,
} from '../../../src/index.ts';
import { type FaultMethod, faulty } from '../../../src/platform/fault.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import type { RestoreResult } from '../../../src/vault/restore/result.ts';
import { FAST_FOLDER } from '../../support/fast-folder.ts';
import { entriesOf, type Kept, type Taken, take, withKept } from '../kept.ts';
import { assertNoStage, assertSame, facts, refuses, restorePath } from './restored.ts';

const MIB = 1024 * 1024;
const platform = getPlatform();

/** A small folder with one of each, taken, and then changed. */
async function withChanged(
  body: (kept: Kept, vault: Repository, taken: Taken) => Promise<void>,
): Promise<void> {
  await withKept(async (kept) => {
    mkdirSync(kept.at('folder', 'below'), { recursive: true });
    writeFileSync(kept.at('folder', 'a.txt'), 'first');
    writeFileSync(kept.at('folder', 'below', 'b.txt'), 'other');
    linkSync(kept.at('folder', 'a.txt'), kept.at('folder', 'same.txt'));
    symlinkSync('a.txt', kept.at('folder', 'link'));
    chmodSync(kept.at('folder', 'a.txt'), 0o640);
    const vault = await kept.init();
    const taken = await take(vault);
    writeFileSync(kept.at('folder', 'a.txt'), 'second');
    await body(kept, vault, taken);
  }, FAST_FOLDER);
}

/** Without the folder itself, whose time is that of the last rename in it. */
function factsBelow(folder: string): Map<string, object> {
  const found = facts(folder);
  found.delete('');
  return found;
}

/** Methods that a restore calls until its destination is the new one; undoing and tidying up use others besides. */
const METHODS: FaultMethod[] = [
  'openFolder',
  'mkdir',
  'createFile',
  'write',
  'fchmod',
  'setTimesFd',
  'setTimes',
  'symlink',
  'link',
  'lstat',
  'fstat',
  'exchange',
  'renameNoReplace',
  'fsyncDirectory',
  'syncFileSystem',
  'openDirectory',
];

for (const [code, methods] of [
  ['EIO', METHODS],
  [
    'ENOSPC',
    METHODS.filter((method) => ['mkdir', 'createFile', 'write', 'symlink', 'link'].includes(method)),
  ],
] as const) {
  test(`${code} at every call of ${methods.length} methods`, () =>
    withChanged(async (kept, vault, taken) => {
      const to = kept.at('folder');
      const old = facts(to);
      const wanted = join(kept.base, 'wanted');
      await restorePath(vault, taken, 'folder', wanted);
      const restored = facts(wanted);
      let failures = 0;
      for (const method of methods) {
        for (let nth = 1; nth < 100; nth++) {
          const broken = faulty(platform, [{ method, nth, code }]);
          let result: RestoreResult | undefined;
          try {
            result = await restorePath(vault, taken, 'folder', to, { replace: true, platform: broken });
          } catch (error) {
            assert.ok(isVaultError(error), String(error));
            assert.is(
              error.code,
              code === 'ENOSPC' ? 'NO_SPACE' : 'IO',
              `${method} ${nth}: ${error.message}`,
            );
            failures++;
          }
          const where = `${method} ${nth}`;
          assertSame(facts(to), result ? restored : old, where);
          // A fault in tidying up may leave the stage, which is said.
          rmSync(`${to}.vault_stage`, { recursive: true, force: true });
          if (result) {
            const previous = result.previous!.toString();
            assertSame(facts(previous), old, where);
            rmSync(to, { recursive: true });
            renameSync(previous, to);
          }
          assert.equal(readdirSync(kept.root).sort(), ['.vault', 'folder'], where);
          if (broken.failures === 0) break;
        }
      }
      assert.ok(failures > methods.length, `${failures} failures`);
    }));
}

test('a full disk leaves no stage', () =>
  withChanged(async (kept, vault, taken) => {
    const to = kept.at('folder');
    const old = factsBelow(kept.root);
    for (const fault of [
      { method: 'write', nth: 2, code: 'ENOSPC' },
      { method: 'createFile', nth: 3, code: 'EDQUOT' },
      { method: 'mkdir', nth: 4, code: 'ENOSPC' },
    ] as const) {
      const error = await refuses(
        restorePath(vault, taken, 'folder', to, { replace: true, platform: faulty(platform, [fault]) }),
        'NO_SPACE',
        /untouched/,
      );
      assert.match(error.hint ?? '', /free some space/);
      assertNoStage(to);
      assertSame(factsBelow(kept.root), old);
    }
  }));

test('a folder that holds the store is the old one after a fault in any rename', () =>
  withChanged(async (kept, vault, taken) => {
    for (const name of ['x', 'y', 'z']) writeFileSync(kept.at(name), 'mine');
    const old = factsBelow(kept.root);
    for (const method of ['exchange', 'renameNoReplace'] as const) {
      for (let nth = 1; nth < 20; nth++) {
        const broken = faulty(platform, [{ method, nth, code: 'EIO' }]);
        const run = restorePath(vault, taken, '', kept.root, { replace: true, platform: broken });
        if (
          await run.then(
            () => true,
            () => false,
          )
        ) {
          assert.is(broken.failures, 0);
          const { previous } = await restorePath(vault, taken, '', kept.root, { replace: true });
          assert.ok(previous);
          return;
        }
        assertSame(factsBelow(kept.root), old);
        assertNoStage(kept.root);
      }
    }
  }));

test('an interrupt removes the stage', () =>
  withChanged(async (kept, vault, taken) => {
    const to = join(kept.base, 'to');
    const stop = new AbortController();
    let calls = 0;
    const slow = {
      ...platform,
      createFile(path: Buffer, mode: number) {
        if (++calls === 4) stop.abort();
        return platform.createFile(path, mode);
      },
    };
    let error: unknown;
    try {
      await restorePath(vault, taken, '', to, { platform: slow, signal: stop.signal });
    } catch (caught) {
      error = caught;
    }
    assert.is((error as Error).name, 'AbortError');
    assert.not.ok(existsSync(to));
    assertNoStage(to);
  }));

/** Flips one byte in the middle of a stored chunk of a file. */
async function damage(kept: Kept, vault: Repository, taken: Taken, path: string): Promise<void> {
  const entry = (await entriesOf(vault, taken)).get(path)!;
  assert.not.ok((entry.flags ?? 0) & Flag.list);
  await damageChunk(kept, vault, entry.id);
}

async function blockOf({ store }: Repository, id: Id): Promise<[string, number]> {
  const { pack, blockOffset } = (await store.locate(id, 'chunk'))!;
  return [pack, blockOffset];
}

async function damageChunk(kept: Kept, vault: Repository, id: Id): Promise<void> {
  const location = (await vault.store.locate(id, 'chunk'))!;
  const { pack, blockOffset, blockLength } = location;
  const file = kept.at('.vault', 'objects', pack.slice(0, 2), pack.slice(2, 4), pack);
  chmodSync(file, 0o600);
  const fd = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  const at = blockOffset + (blockLength >> 1);
  readSync(fd, byte, 0, 1, at);
  writeSync(fd, Buffer.of(byte[0]! ^ 1), 0, 1, at);
  closeSync(fd);
}

for (const threads of [0, 2]) {
  test(`damage fails the files it hits, and only those, ${threads ? 'in workers' : 'here'}`, () =>
    withKept(async (kept) => {
      // Random bytes are stored as they are: the damage hits one file of a block. Each block has one file of the large ones.
      const size = threads === 0 ? 300 : 100_000;
      const count = threads === 0 ? 30 : 100;
      for (let i = 0; i < count; i++) writeFileSync(kept.at(`f${i}`), randomBytes(size));
      linkSync(kept.at('f7'), kept.at('g7'));
      const vault = await kept.init();
      const taken = await take(vault);
      await damage(kept, vault, taken, 'f7');
      const other = await kept.open();
      const to = join(kept.base, 'to');
      const error = await refuses(
        restorePath(other, taken, '', to, { partial: false }),
        'DAMAGED',
        /could not be restored.*untouched/,
      );
      assert.ok((error.details as unknown[]).length >= 1);
      assert.not.ok(existsSync(to));
      assertNoStage(to);

      const result = await restorePath(other, taken, '', to);
      const failed = result.failures.map(({ path }) => path.toString());
      assert.is(result.failureCount, failed.length);
      const expected = facts(kept.root);
      for (const path of failed) expected.delete(path);
      assert.equal([...facts(to).keys()].sort(), [...expected.keys()].sort());
      assert.ok(failed.length < 6, `${failed.length} failed`);
      assert.is(
        result.leftOut.reduce((sum, { count }) => sum + count, 0),
        failed.length,
      );
      assert.equal(result.lost, { files: failed.length, bytes: failed.length * size });
    }, FAST_FOLDER));
}

test('a pack that is gone', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), randomBytes(100));
    const vault = await kept.init();
    const first = await take(vault);
    const packs = readdirSync(kept.at('.vault', 'objects'), { recursive: true, encoding: 'utf8' });
    const entry = (await entriesOf(vault, first)).get('a')!;
    const { pack } = (await vault.store.locate(entry.id, 'chunk'))!;
    await kept.close();
    rmSync(kept.at('.vault', 'objects', packs.find((path) => path.endsWith(pack))!));
    const again = await kept.open();
    const to = join(kept.base, 'to');
    await refuses(restorePath(again, first, '', to, { partial: false }), 'DAMAGED', /a: .*in no pack/);
    // Of a single file nothing would be left.
    for (const partial of [undefined, true]) {
      const single = restorePath(again, first, 'a', to, partial ? { partial } : {});
      await refuses(single, 'DAMAGED', /a: .*in no pack.*untouched/);
    }
    assert.not.ok(existsSync(to));
  }));

/** A small folder with one content missing, in a vault that is opened anew. */
async function withLoss(body: (kept: Kept, vault: Repository, taken: Taken) => Promise<void>): Promise<void> {
  await withKept(async (kept) => {
    mkdirSync(kept.at('folder', 'below'), { recursive: true });
    for (const name of ['a', 'b']) writeFileSync(kept.at('folder', name), 'one');
    const vault = await kept.init();
    await take(vault);
    const before = readdirSync(kept.at('.vault', 'objects'), { recursive: true, encoding: 'utf8' });
    writeFileSync(kept.at('folder', 'below', 'lost'), 'two');
    linkSync(kept.at('folder', 'below', 'lost'), kept.at('folder', 'lost'));
    const taken = await take(vault);
    const { pack } = (await vault.store.locate(
      (await entriesOf(vault, taken)).get('folder/lost')!.id,
      'chunk',
    ))!;
    await kept.close();
    const after = readdirSync(kept.at('.vault', 'objects'), { recursive: true, encoding: 'utf8' });
    const gone = after.find((path) => !before.includes(path) && path.endsWith(pack))!;
    rmSync(kept.at('.vault', 'objects', gone));
    await body(kept, await kept.open(), taken);
  }, FAST_FOLDER);
}

test('what is missing is left out where nothing is at the destination, and stops the restore elsewhere', () =>
  withLoss(async (kept, vault, taken) => {
    const names = (folder: string) => readdirSync(folder).sort();
    const to = join(kept.base, 'to');
    const missing =
      /^2 names could not be restored, first folder\/below\/lost: .*; then folder\/lost; .*untouched$/;
    mkdirSync(to);
    const refused = await refuses(
      restorePath(vault, taken, 'folder', to, { partial: false }),
      'DAMAGED',
      missing,
    );
    assert.match(refused.hint ?? '', /--partial/);
    assert.equal(names(to), []);

    const result = await restorePath(vault, taken, 'folder', to);
    assert.equal(names(to), ['a', 'b', 'below']);
    assert.equal(names(join(to, 'below')), []);
    assert.equal(
      result.leftOut.map(({ what, code, count, example }) => [what, code, count, example.toString()]),
      [['content missing', 'MISSING_OBJECT', 2, 'folder/below/lost']],
    );
    assert.equal(result.lost, { files: 2, bytes: 6 });

    rmSync(join(to, 'a'));
    const old = facts(to);
    for (const options of [{ replace: true }, { conflict: 'overwrite' }] as const) {
      await refuses(restorePath(vault, taken, 'folder', to, options), 'DAMAGED', missing);
      assertSame(facts(to), old);
      assertNoStage(to);
    }
    writeFileSync(join(to, 'lost'), 'mine');
    const merged = await restorePath(vault, taken, 'folder', to, { conflict: 'overwrite', partial: true });
    assert.is(merged.failureCount, 2);
    assert.equal(names(to), ['a', 'b', 'below', 'lost']);
    assert.is(statSync(join(to, 'lost')).size, 4);
  }));

test('what could not be read this time is not missing: the restore stops, also to an empty place', () =>
  withLoss(async (kept, vault, taken) => {
    const to = join(kept.base, 'to');
    const failing = <T extends object>(target: T, methods: string[], code: 'IO' | 'REMOTE') =>
      new Proxy(target, {
        get(real, key) {
          const value = Reflect.get(real, key, real) as unknown;
          if (typeof value !== 'function') return value;
          if (!methods.includes(String(key))) return value.bind(real);
          return () => {
            throw new VaultError(code, 'it does not answer');
          };
        },
      });
    for (const code of ['IO', 'REMOTE'] as const) {
      const store = failing(vault.store, ['readChunk'], code);
      const backend = failing(vault.backend, ['read', 'readSync'], code);
      const mute = { ...vault, store, backend } as Repository;
      for (const partial of [undefined, true]) {
        const restored = restorePath(mute, taken, 'folder', to, partial ? { partial } : {});
        await refuses(restored, code, /does not answer/);
      }
      assert.not.ok(existsSync(to));
    }
  }));

test('what the vault itself is in counts as empty when nothing else is there', () =>
  withLoss(async (kept, vault, taken) => {
    const whole = () => restorePath(vault, taken, '', kept.root, { replace: true });
    await refuses(whole(), 'DAMAGED', /untouched/);
    rmSync(kept.at('folder'), { recursive: true });
    const { way, failureCount } = await whole();
    assert.is(way, 'entries');
    assert.is(failureCount, 2);
    assert.equal(readdirSync(kept.at('folder')).sort(), ['a', 'b', 'below']);
  }));

test('a file in a folder that is gone, too, is not restored without its content', () =>
  withLoss(async (kept, vault) => {
    rmSync(kept.at('folder'), { recursive: true });
    const restored = restoreRevision(vault, { revision: 'HEAD:folder/lost', threads: 1 });
    await refuses(restored, 'DAMAGED', /^one name could not be restored, first folder\/lost: /);
    assert.equal(readdirSync(kept.root), ['.vault']);
    const folder = await restoreRevision(vault, { revision: 'HEAD:folder/below', threads: 1 });
    assert.is(folder.failureCount, 1);
    assert.ok(existsSync(kept.at('folder', 'below')));
  }));

test('what cannot be written is no content that is missing', () =>
  withChanged(async (kept, vault, taken) => {
    const to = join(kept.base, 'to');
    for (const [code, expected] of [
      ['ENOSPC', 'NO_SPACE'],
      ['EIO', 'IO'],
    ] as const) {
      const broken = faulty(platform, [{ method: 'write', nth: 4, code }]);
      await refuses(restorePath(vault, taken, '', to, { platform: broken }), expected, /untouched/);
      assert.is(broken.failures, 1);
      assert.not.ok(existsSync(to));
      assertNoStage(to);
    }
  }));

/** A disk that gives back other bytes than were written, in the reads that `lies` says (counted from 1). */
function lyingDisk(lies: (n: number) => boolean): Platform {
  let reads = 0;
  return {
    ...platform,
    read(fd: number, into: Uint8Array, position?: number) {
      const bytes = platform.read(fd, into, position);
      if (lies(++reads)) into[0]! ^= 1;
      return bytes;
    },
  };
}

test('what was put together is read again', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('large'), randomBytes(5 * MIB));
    writeFileSync(kept.at('small'), 'x');
    const vault = await kept.init();
    const taken = await take(vault);
    const to = join(kept.base, 'to');
    const always = { platform: lyingDisk(() => true), partial: false };
    await refuses(restorePath(vault, taken, '', to, always), 'DAMAGED', /large: .*SHA-256/);
    await restorePath(vault, taken, '', to, { ...always, verify: 'size' });
    assertSame(facts(to), facts(kept.root));
    const once = { platform: lyingDisk((n) => n === 2) };
    await restorePath(vault, taken, '', `${to}2`, once);
    assertSame(facts(`${to}2`), facts(kept.root));
  }));

test('what was put together and differs is left out under all its names, and nothing else changes', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('shut'));
    writeFileSync(kept.at('shut', 'large'), randomBytes(3 * MIB));
    linkSync(kept.at('shut', 'large'), kept.at('too'));
    writeFileSync(kept.at('shut', 'small'), 'x');
    utimesSync(kept.at('shut'), 1_000_000_000, 1_000_000_000);
    chmodSync(kept.at('shut'), 0o555);
    utimesSync(kept.root, 1_000_000_000, 1_000_000_000);
    const vault = await kept.init();
    const taken = await take(vault);
    const expected = facts(kept.root);
    chmodSync(kept.at('shut'), 0o755);
    for (const name of ['shut/large', 'too']) expected.delete(name);
    const to = join(kept.base, 'to');
    const options = { platform: lyingDisk(() => true), partial: true };
    const result = await restorePath(vault, taken, '', to, options);
    assert.equal(result.failures.map(({ path }) => path.toString()).sort(), ['shut/large', 'too']);
    assertSame(factsBelow(to), new Map([...expected].filter(([path]) => path !== '')));
    chmodSync(join(to, 'shut'), 0o755);
    const single = restorePath(vault, taken, 'shut/large', `${to}2`, options);
    await refuses(single, 'DAMAGED', /shut\/large: .*SHA-256/);
    assert.not.ok(existsSync(`${to}2`));
  }));

test('what is taken out of the stage is gone for good before anything takes its name', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('d'));
    writeFileSync(kept.at('d', 'large'), randomBytes(3 * MIB));
    linkSync(kept.at('d', 'large'), kept.at('too'));
    const taken = await take(await kept.init());
    /** folders by inode that lost a name which is not durable yet */
    const unsynced = new Set<number>();
    const inode = (folder: Buffer) => statSync(folder).ino;
    let dropped = 0;
    const spying: Platform = {
      ...lyingDisk(() => true),
      unlink(path) {
        const { dir, base } = parse(path.toString());
        platform.unlink(path);
        if (base !== 'large' && base !== 'too') return;
        unsynced.add(inode(Buffer.from(dir)));
        dropped++;
      },
      fsyncDirectory(path) {
        platform.fsyncDirectory(path);
        unsynced.delete(inode(path));
      },
      renameNoReplace(from, to) {
        assert.equal([dropped, unsynced.size], [2, 0]);
        platform.renameNoReplace(from, to);
      },
    };
    await restorePath(await kept.open(), taken, '', join(kept.base, 'to'), {
      platform: spying,
      partial: true,
    });
    assert.is(dropped, 2);
  }));

test('damage in a large file, at its end, in workers', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('large'), randomBytes(36 * MIB));
    writeFileSync(kept.at('other'), randomBytes(1000));
    const vault = await kept.init();
    const taken = await take(vault, { threads: 2 });
    const entry = (await entriesOf(vault, taken)).get('large')!;
    const chunks: Id[] = [];
    for await (const { id } of contentChunks(vault.store, entry.id, true)) chunks.push(id);
    await damageChunk(kept, vault, chunks.at(-1)!);
    const to = join(kept.base, 'to');
    for (const verify of ['content', 'size'] as const) {
      const other = await kept.open();
      const damaged = restorePath(other, taken, '', to, { verify, partial: false });
      const error = await refuses(damaged, 'DAMAGED', /large: /);
      // The first one that is lost: neighbours in a large file share a block.
      const named = chunks.find((id) => error.message.includes(id.toString('hex')))!;
      assert.ok(named, error.message);
      assert.equal(await blockOf(vault, named), await blockOf(vault, chunks.at(-1)!));
      assertNoStage(to);
    }
  }));

test('a run that still works is left alone', () =>
  withChanged(async (kept, vault, taken) => {
    const to = join(kept.base, 'to');
    let inner: RestoreResult | undefined;
    let running: Promise<void> | undefined;
    const meanwhile = {
      ...platform,
      createFile(path: Buffer, mode: number) {
        running ??= restorePath(vault, taken, 'folder', to).then((result) => {
          inner = result;
        });
        return platform.createFile(path, mode);
      },
    };
    // Both come to their end; whichever is second finds the destination there.
    const outer = await restorePath(vault, taken, 'folder', to, { platform: meanwhile }).catch(
      (error) => error,
    );
    await running?.catch(() => {});
    assert.ok(inner !== undefined || !isVaultError(outer));
    assert.ok(statSync(join(to, 'a.txt')).isFile());
    assertNoStage(to);
  }));

test.run();
