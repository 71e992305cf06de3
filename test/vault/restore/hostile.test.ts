/**
 * Trees that somebody made to do harm, and folders that somebody changes while a restore works in them.
 * @time-limit 120
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Packr } from 'msgpackr';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Exit, exitCodeOf } from '../../../src/cli/frame/exit-codes.ts';
import {
  EMPTY_CONTENT,
  type Entry,
  Flag,
  type Id,
  Kind,
  ObjectType,
  type Repository,
} from '../../../src/index.ts';
import { ListBuilder } from '../../../src/objects/list.ts';
import { encodePage } from '../../../src/objects/paged.ts';
import { TreeBuilder } from '../../../src/objects/tree.ts';
import { codeError } from '../../../src/platform/errno.ts';
import type { FaultMethod } from '../../../src/platform/fault.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import type { ObjectWriter } from '../../../src/store/store.ts';
import type { RestoreOptions } from '../../../src/vault/restore/plan/options.ts';
import { planRestore } from '../../../src/vault/restore/plan/plan-restore.ts';
import { restore } from '../../../src/vault/restore/restore.ts';
import { beginTransaction } from '../../../src/vault/transaction/transactions.ts';
import { type Kept, take, withKept } from '../kept.ts';
import { assertNoStage, assertSame, facts, refuses, restorePath } from './restored.ts';

const platform = getPlatform();

/** Stores objects as plumbing would, and gives them to `body`. */
async function withWriter<T>(vault: Repository, body: (writer: ObjectWriter) => Promise<T>): Promise<T> {
  const transaction = await beginTransaction(vault);
  try {
    const writer = vault.store.writer(transaction);
    const result = await body(writer);
    await writer.flush();
    return result;
  } finally {
    await transaction.abort('test');
  }
}

/** One row of a tree, encoded without any check. */
function row(name: Uint8Array, kind: number, id: Id, fields: Partial<Record<number, unknown>> = {}): Buffer {
  const values: unknown[] = [Buffer.from(name), kind, id, ...new Array(20).fill(null), []];
  for (const [at, value] of Object.entries(fields)) values[Number(at)] = value;
  return Buffer.from(new Packr({ useRecords: false }).pack(values));
}

function page(rows: Buffer[]): Buffer {
  return encodePage(0, rows.length, Buffer.concat(rows));
}

function rootOf(id: Id): Entry {
  return { name: Buffer.alloc(0), kind: Kind.dir, id };
}

function treeOptions(kept: Kept, tree: Id): RestoreOptions {
  return {
    snapshot: tree,
    path: Buffer.alloc(0),
    entry: rootOf(tree),
    destination: Buffer.from(join(kept.base, 'to')),
    threads: 1,
  };
}

async function restoreTree(kept: Kept, vault: Repository, tree: Id): Promise<unknown> {
  return restore(vault, treeOptions(kept, tree));
}

const FILE_ROW = row(Buffer.from('0'), Kind.file, EMPTY_CONTENT);
const named = (name: string) => row(Buffer.from(name, 'latin1'), Kind.file, EMPTY_CONTENT);
/** A row with one field of the wrong kind; `at` as in format.md, "Tree rows". */
const wrong = (at: number, value: unknown, kind: number = Kind.file) =>
  row(Buffer.from('f'), kind, EMPTY_CONTENT, { [at]: value });
const packed = (value: unknown) => Buffer.from(new Packr({ useRecords: false }).pack(value));
const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

const HOSTILE_NAMES = [
  '..',
  '.',
  '',
  '../outside',
  '/etc/passwd',
  'a/b',
  'a/../../outside',
  './x',
  'nul\0byte',
  '/',
  '..\0',
  'x/',
  '\0',
  'n'.repeat(4097),
  '.vault_restore',
  '.vault_restore_stage',
  '.vault_restore_previous_to_x',
  'to.vault_stage',
];

/** Trees that no snapshot has: what each is, and its page. */
const CORPUS: [title: string, page: Buffer][] = [
  ...HOSTILE_NAMES.map((name): [string, Buffer] => {
    const rows = [FILE_ROW, named(name)];
    return [`the name ${JSON.stringify(name.slice(0, 20))}`, page(name < '0' ? rows.reverse() : rows)];
  }),
  ['a name twice', page([named('a'), named('a')])],
  ['a name twice, once a folder', page([named('a'), row(Buffer.from('a'), Kind.dir, EMPTY_CONTENT)])],
  ['a symlink and a name behind it', page([wrong(19, Buffer.from('/etc'), Kind.symlink), named('f')])],
  ['names out of order', page([named('b'), named('a')])],
  ['a prefix behind the longer name', page([named('ab'), named('a')])],
  ['a symlink to nowhere', page([wrong(19, Buffer.alloc(0), Kind.symlink)])],
  ['a symlink with a zero byte', page([wrong(19, Buffer.from('a\0b'), Kind.symlink)])],
  ['a symlink that is too long', page([wrong(19, Buffer.alloc(4096, 'x'), Kind.symlink)])],
  ['a target that is text', page([wrong(19, 'text', Kind.symlink)])],
  ['a kind of 0', page([row(Buffer.from('f'), 0, EMPTY_CONTENT)])],
  ['a kind of 8', page([row(Buffer.from('f'), 8, EMPTY_CONTENT)])],
  ['a kind of 255', page([row(Buffer.from('f'), 255, EMPTY_CONTENT)])],
  ['a negative kind', page([row(Buffer.from('f'), -1, EMPTY_CONTENT)])],
  ['a short id', page([row(Buffer.from('f'), Kind.file, Buffer.alloc(31))])],
  ['a long id', page([row(Buffer.from('f'), Kind.file, Buffer.alloc(33))])],
  ['an id that is nil', page([wrong(2, null)])],
  ['a name that is nil', page([wrong(0, null)])],
  ['a name that is text', page([wrong(0, '../f')])],
  ['a name that is a number', page([wrong(0, 7)])],
  ['a mode beyond 07777', page([wrong(3, 0o10000)])],
  ['a negative mode', page([wrong(3, -1)])],
  ['a mode that is text', page([wrong(3, '0777')])],
  ['a uid beyond 32 bits', page([wrong(4, 2 ** 32)])],
  ['a negative gid', page([wrong(5, -2)])],
  ['a user that is a number', page([wrong(6, 0)])],
  ['a size with a fraction', page([wrong(8, 1.5)])],
  ['a negative size', page([wrong(8, -1)])],
  ['a size beyond 2^53', page([wrong(8, 2n ** 60n)])],
  ['a time with a fraction', page([wrong(9, 0.5)])],
  ['a billion nanoseconds', page([wrong(10, 1_000_000_000)])],
  ['a link count that is negative', page([wrong(16, -1)])],
  ['a checksum that is too short', page([wrong(18, Buffer.alloc(8))])],
  ['one device number', page([wrong(20, [1], Kind.char)])],
  ['device numbers that are text', page([wrong(20, ['1', '3'], Kind.char)])],
  ['attributes that are a number', page([wrong(22, 5)])],
  ['an attribute without a value', page([wrong(22, [[Buffer.from('user.a')]])])],
  ['an attribute whose name is a number', page([wrong(22, [[1, Buffer.from('x')]])])],
  ['extensions that are nil', page([wrong(23, null)])],
  ['a row of 23 fields', page([packed(new Array(23).fill(null))])],
  ['a row that is empty', page([packed([])])],
  ['a row that is nil', page([packed(null)])],
  ['rows that are fewer than they say', encodePage(0, 5, FILE_ROW)],
  ['rows that are more than they say', encodePage(0, 1, Buffer.concat([FILE_ROW, named('a')]))],
  ['an upper page of rows', encodePage(1, 1, FILE_ROW)],
  ['an upper page without rows', hex('94 01 01 90 90')],
  ['a level too high', hex('94 01 08 90 90')],
  ['a nil', hex('c0')],
  ['text', packed('tree')],
  ['4 G rows', hex('94 01 00 dd ffffffff 90')],
  ['bytes behind the end', hex('94 01 00 90 90 00')],
  ['64 K of arrays in arrays', Buffer.concat([hex('94 01 00'), Buffer.alloc(65_536, 0x91)])],
  [
    '72 K of arrays that promise everything',
    Buffer.concat([hex('94 01 00'), hex('dd00011170'.repeat(14_400))]),
  ],
];

test(`each of ${2 * CORPUS.length} trees is refused, and nothing outside changes`, () =>
  withKept(async (kept) => {
    assert.ok(CORPUS.length >= 60);
    const vault = await kept.init();
    const deep = async (writer: ObjectWriter, id: Id) => {
      const above = page([row(Buffer.from('d'), Kind.dir, id)]);
      return writer.putMeta(
        ObjectType.tree,
        page([row(Buffer.from('d'), Kind.dir, await writer.putMeta(ObjectType.tree, above))]),
      );
    };
    const trees = await withWriter(vault, async (writer) => {
      const made: [string, Id][] = [];
      for (const [title, bytes] of CORPUS) {
        const id = await writer.putMeta(ObjectType.tree, bytes);
        made.push([title, id], [`${title}, further down`, await deep(writer, id)]);
      }
      return made;
    });
    writeFileSync(join(kept.base, 'outside'), 'precious');
    mkdirSync(join(kept.base, 'to'));
    symlinkSync('../outside', join(kept.base, 'to', 'f'));
    mkdirSync(join(kept.base, 'to', 'd'));
    const world = () => facts(kept.base, ['root/.vault', 'cache']);
    const before = world();
    for (const [title, tree] of trees) {
      for (const how of [
        { destination: Buffer.from(join(kept.base, 'new')) },
        { replace: true },
        { conflict: 'overwrite', deletes: true } as const,
        { conflict: 'skip', dryRun: true } as const,
      ]) {
        const error = await refuses(restore(vault, { ...treeOptions(kept, tree), ...how }), 'REFUSED');
        assert.is(exitCodeOf(error.code), Exit.refused);
        assert.match(error.message, /cannot be restored safely/, title);
      }
      assertSame(world(), before, title);
    }
  }));

/** A file system on which names that differ in case, or in how an accent is written, are one. */
function foldingDisk(): Platform {
  const made = new Set<string>();
  const once = <T>(path: Buffer, make: () => T): T => {
    const key = path.toString().normalize('NFC').toLowerCase();
    if (made.has(key)) throw codeError('EEXIST', 'open', path);
    made.add(key);
    return make();
  };
  return {
    ...platform,
    createFile: (path, mode) => once(path, () => platform.createFile(path, mode)),
    mkdir: (path, mode) => once(path, () => platform.mkdir(path, mode)),
    symlink: (target, path) => once(path, () => platform.symlink(target, path)),
  };
}

test('names that are one here are refused, and are two elsewhere', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    const folder = await withWriter(vault, (writer) => writer.putMeta(ObjectType.tree, page([named('x')])));
    const outside = Buffer.from('../..');
    for (const rows of [
      [named('README'), named('readme')],
      [
        row(Buffer.from('e\u0301'), Kind.file, EMPTY_CONTENT),
        row(Buffer.from('\u00e9'), Kind.file, EMPTY_CONTENT),
      ],
      [
        row(Buffer.from('A'), Kind.symlink, EMPTY_CONTENT, { 19: outside }),
        row(Buffer.from('a'), Kind.dir, folder),
      ],
      [row(Buffer.from('A'), Kind.dir, folder), row(Buffer.from('a'), Kind.dir, folder)],
    ]) {
      const tree = await withWriter(vault, (writer) => writer.putMeta(ObjectType.tree, page(rows)));
      const options = { ...treeOptions(kept, tree), platform: foldingDisk() };
      await refuses(restore(vault, options), 'REFUSED', /is the same one on this file system/);
      assertNoStage(join(kept.base, 'to'));
      assert.equal(readdirSync(kept.base), ['root']);
      await restoreTree(kept, vault, tree);
      assert.is(readdirSync(join(kept.base, 'to')).length, 2);
      rmSync(join(kept.base, 'to'), { recursive: true });
    }
  }));

test('names with control characters are restored as they are', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    const names = ['\x01', '\x1b[31mred', '\n', 'a\rb', '\x7f'];
    const tree = await withWriter(vault, (writer) =>
      writer.putMeta(ObjectType.tree, page([...names].sort().map(named))),
    );
    await restoreTree(kept, vault, tree);
    assert.equal(readdirSync(join(kept.base, 'to')).sort(), [...names].sort());
  }));

test('symlinks that lie in the way of a merge lead nowhere', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('docs', 'deep'), { recursive: true });
    for (const name of ['a', 'docs/b', 'docs/deep/c']) writeFileSync(kept.at(name), name);
    const vault = await kept.init();
    const taken = await take(vault);
    const to = join(kept.base, 'to');
    const target = join(kept.base, 'target');
    mkdirSync(join(target, 'deep'), { recursive: true });
    writeFileSync(join(target, 'b'), 'theirs');
    const before = facts(target);
    const plant = () => {
      rmSync(to, { recursive: true, force: true });
      mkdirSync(to);
      symlinkSync(target, join(to, 'docs'));
      symlinkSync(join(target, 'b'), join(to, 'a'));
    };
    plant();
    await refuses(restorePath(vault, taken, '', to, { conflict: 'fail' }), 'REFUSED');
    await restorePath(vault, taken, '', to, { conflict: 'skip', deletes: true });
    assert.ok(lstatSync(join(to, 'docs')).isSymbolicLink());
    await restorePath(vault, taken, '', to, { conflict: 'overwrite', deletes: true });
    assert.ok(lstatSync(join(to, 'docs')).isDirectory());
    assert.ok(lstatSync(join(to, 'a')).isFile());
    assertSame(facts(target), before);

    // And those that somebody plants meanwhile, before any call that the merge makes.
    let swaps = 0;
    for (const method of ['openFolder', 'lstat', 'exchange', 'renameNoReplace', 'mkdir'] as const) {
      for (let nth = 1; nth <= 40; nth++) {
        rmSync(to, { recursive: true, force: true });
        mkdirSync(join(to, 'docs', 'deep'), { recursive: true });
        writeFileSync(join(to, 'docs', 'b'), 'mine');
        let swapped = false;
        const swap = () => {
          swapped = true;
          renameSync(join(to, 'docs'), join(to, 'moved'));
          symlinkSync(target, join(to, 'docs'));
        };
        const options = { conflict: 'overwrite', platform: meddling(method, nth, swap) } as const;
        try {
          await restorePath(vault, taken, '', to, options);
        } catch (error) {
          if (!swapped) throw error;
        }
        assertSame(facts(target), before, `${method} ${nth}`);
        if (!swapped) break;
        swaps++;
        rmSync(`${to}.vault_stage`, { recursive: true, force: true });
      }
    }
    assert.ok(swaps > 60, `${swaps} swaps`);
  }));

test('a list that never ends is not written', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    const tree = await withWriter(vault, async (writer) => {
      const chunk = await writer.putChunk(Buffer.alloc(65_536, 'x'));
      const list = new ListBuilder((type, encoding) => writer.putMeta(type, encoding));
      for (let i = 0; i < 20_000; i++) await list.add({ id: chunk, length: 65_536 });
      const { id } = await list.finish();
      return writer.putMeta(
        ObjectType.tree,
        page([row(Buffer.from('f'), Kind.file, id, { 8: 10, 21: Flag.list })]),
      );
    });
    let written = 0;
    const counting = {
      ...platform,
      write(fd: number, data: Uint8Array, position?: number) {
        written += data.length;
        platform.write(fd, data, position);
      },
    };
    const options = { ...treeOptions(kept, tree), platform: counting };
    await refuses(restore(vault, { ...options, partial: false }), 'DAMAGED', /longer than the 10 bytes/);
    assert.ok(written < 65_536, `${written} bytes`);
    assert.equal(readdirSync(kept.base), ['root']);
  }));

test('folders without end, and more names than anybody has', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    const deep = await withWriter(vault, async (writer) => {
      let id = await writer.putMeta(ObjectType.tree, page([]));
      for (let i = 0; i < 4100; i++) {
        id = await writer.putMeta(ObjectType.tree, page([row(Buffer.from('d'), Kind.dir, id)]));
      }
      return id;
    });
    await refuses(restoreTree(kept, vault, deep), 'REFUSED', /nest deeper than 4096/);
    assert.not.ok(existsSync(join(kept.base, 'to')));
  }));

test('as deep as is allowed', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    const deep = await withWriter(vault, async (writer) => {
      let id = await writer.putMeta(ObjectType.tree, page([row(Buffer.from('f'), Kind.file, EMPTY_CONTENT)]));
      for (let i = 0; i < 4095; i++) {
        id = await writer.putMeta(ObjectType.tree, page([row(Buffer.from('d'), Kind.dir, id)]));
      }
      return id;
    });
    await restoreTree(kept, vault, deep);
    const destination = Buffer.from(join(kept.base, 'to') + '/d'.repeat(4095));
    assert.is(platform.lstat(Buffer.concat([destination, Buffer.from('/f')])).size, 0);
  }));

test('an entry that says less or more than its content has', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    for (const fields of [{ 8: 3 }, { 8: 5 }, { 18: EMPTY_CONTENT }]) {
      const tree = await withWriter(vault, async (writer) => {
        const id = await writer.putChunk(Buffer.from('four'));
        return writer.putMeta(ObjectType.tree, page([row(Buffer.from('f'), Kind.file, id, fields)]));
      });
      const options = { ...treeOptions(kept, tree), partial: false };
      await refuses(restore(vault, options), 'DAMAGED', /f: .*untouched/);
    }
    assert.equal(readdirSync(kept.base).sort(), ['root']);
  }));

test('a symlink without a target, a device without numbers, a target that is no name', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    const tree = await withWriter(vault, async (writer) => {
      const target = await writer.putChunk(Buffer.from('stored'));
      return writer.putMeta(
        ObjectType.tree,
        page([
          row(Buffer.from('fifo'), Kind.fifo, EMPTY_CONTENT),
          row(Buffer.from('link'), Kind.symlink, target),
          row(Buffer.from('out'), Kind.symlink, target, { 19: Buffer.from('../../../etc') }),
        ]),
      );
    });
    await restoreTree(kept, vault, tree);
    assert.is(platform.readlink(Buffer.from(join(kept.base, 'to', 'link'))).toString(), 'stored');
    assert.is(platform.readlink(Buffer.from(join(kept.base, 'to', 'out'))).toString(), '../../../etc');

    const bad = await withWriter(vault, (writer) =>
      writer.putMeta(
        ObjectType.tree,
        page([row(Buffer.from('a'), Kind.symlink, EMPTY_CONTENT, { 19: Buffer.from('nul\0') })]),
      ),
    );
    await refuses(
      restore(vault, {
        snapshot: bad,
        path: Buffer.alloc(0),
        entry: rootOf(bad),
        destination: Buffer.from(join(kept.base, 'to2')),
        threads: 1,
      }),
      'REFUSED',
    );
    assertNoStage(join(kept.base, 'to2'));
  }));

test('names that restores keep for themselves cannot come from a snapshot', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    writeFileSync(kept.at('mine'), 'x');
    for (const name of ['.vault', '.vault_restore', '.vault_restore_previous_x', 'x.vault_stage']) {
      const tree = await withWriter(vault, (writer) =>
        writer.putMeta(ObjectType.tree, page([row(Buffer.from(name), Kind.file, EMPTY_CONTENT)])),
      );
      await refuses(
        restore(vault, {
          snapshot: tree,
          path: Buffer.alloc(0),
          entry: rootOf(tree),
          destination: Buffer.from(kept.root),
          replace: true,
          threads: 1,
        }),
        'REFUSED',
        /kept for restores|in the way/,
      );
    }
    assert.equal(readdirSync(kept.root).sort(), ['.vault', 'mine']);
  }));

test('a plan counts without reading contents', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    const tree = await withWriter(vault, async (writer) => {
      const builder = new TreeBuilder((type, encoding) => writer.putMeta(type, encoding));
      const missing = Buffer.alloc(32, 7);
      await builder.add({ name: Buffer.from('a'), kind: Kind.file, id: missing, size: 10, nlink: 2 });
      await builder.add({ name: Buffer.from('b'), kind: Kind.char, id: EMPTY_CONTENT });
      await builder.add({ name: Buffer.from('c'), kind: Kind.file, id: missing, size: 5, flags: 1 });
      await builder.add({ name: Buffer.from('d'), kind: Kind.socket, id: EMPTY_CONTENT });
      await builder.add({ name: Buffer.from('e'), kind: Kind.symlink, id: missing });
      return (await builder.finish()).id;
    });
    const { plan } = await planRestore({ reader: vault.store, platform, root: rootOf(tree) });
    assert.equal(plan, {
      files: 2,
      dirs: 1,
      symlinks: 1,
      devices: 1,
      others: 1,
      bytes: 15,
      sparse: 1,
      linked: 1,
      actions: { create: 5, replace: 0, keep: 0, same: 0, beside: 0, delete: 0 },
    });
  }));

/** A platform that does something the n-th time a method is called, before it. */
function meddling(method: FaultMethod & keyof Platform, nth: number, act: () => void): Platform {
  let calls = 0;
  const call = platform[method] as (...args: unknown[]) => unknown;
  const meddle = (...args: unknown[]) => {
    if (++calls === nth) act();
    return call(...args);
  };
  return { ...platform, [method]: meddle };
}

test('a folder of the stage that becomes a symlink leads nowhere', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('a', 'b'), { recursive: true });
    for (const name of ['1', '2', 'b/1', 'b/2', 'z']) writeFileSync(kept.at('a', name), name);
    const vault = await kept.init();
    const taken = await take(vault);
    const to = join(kept.base, 'to');
    const target = join(kept.base, 'target');
    mkdirSync(target);
    let outcomes = 0;
    for (const method of ['createFile', 'mkdir', 'openFolder'] as const) {
      for (let nth = 1; nth <= 14; nth++) {
        let swapped = false;
        const swap = () => {
          const [run] = existsSync(`${to}.vault_stage`) ? readdirSync(`${to}.vault_stage`) : [];
          for (const folder of ['tree/a/b', 'tree/a']) {
            const path = join(`${to}.vault_stage`, run ?? '', folder);
            if (!run || !lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) continue;
            renameSync(path, join(kept.base, `moved-${method}-${nth}`));
            symlinkSync(target, path);
            swapped = true;
            return;
          }
        };
        try {
          await restorePath(vault, taken, '', to, { platform: meddling(method, nth, swap) });
          renameSync(to, join(kept.base, `done-${method}-${nth}`));
        } catch (error) {
          if (!swapped) throw error;
          assert.not.ok(existsSync(to), String(error));
        }
        if (swapped) outcomes++;
        assert.equal(readdirSync(target), [], `${method} ${nth}`);
      }
    }
    assert.ok(outcomes > 10, `${outcomes} swaps`);
  }));

test('a destination that appears meanwhile is not replaced', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('file'), 'ours');
    const vault = await kept.init();
    const taken = await take(vault);
    const to = join(kept.base, 'to');
    const appear = meddling('createFile', 2, () => writeFileSync(to, 'theirs'));
    await refuses(restorePath(vault, taken, '', to, { platform: appear }), 'REFUSED', /appeared meanwhile/);
    assert.is(readFileSync(to, 'utf8'), 'theirs');
    assertNoStage(to);
  }));

test.run();
