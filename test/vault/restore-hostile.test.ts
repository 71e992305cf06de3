/** Trees that somebody made to do harm, and folders that somebody changes while a restore works in them. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Packr } from 'msgpackr';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EMPTY_CONTENT, type Entry, type Id, Kind, ObjectType, type Repository } from '../../src/index.ts';
import { encodePage } from '../../src/objects/paged.ts';
import { TreeBuilder } from '../../src/objects/tree.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { getPlatform } from '../../src/platform/select.ts';
import type { ObjectWriter } from '../../src/store/store.ts';
import { restore } from '../../src/vault/restore.ts';
import { planRestore } from '../../src/vault/restore-plan.ts';
import { beginTransaction } from '../../src/vault/transactions.ts';
import { type Kept, take, withKept } from './kept.ts';
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

async function restoreTree(kept: Kept, vault: Repository, tree: Id): Promise<unknown> {
  return restore(vault, {
    snapshot: tree,
    path: Buffer.alloc(0),
    entry: rootOf(tree),
    destination: Buffer.from(join(kept.base, 'to')),
    threads: 1,
  });
}

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
];

for (const name of HOSTILE_NAMES) {
  for (const depth of [0, 2]) {
    test(`the name ${JSON.stringify(name.slice(0, 20))} in folder ${depth}`, () =>
      withKept(async (kept) => {
        const vault = await kept.init();
        const tree = await withWriter(vault, async (writer) => {
          const rows = [
            row(Buffer.from('0'), Kind.file, EMPTY_CONTENT),
            row(Buffer.from(name, 'latin1'), Kind.file, EMPTY_CONTENT),
          ];
          let id = await writer.putMeta(ObjectType.tree, page(name < '0' ? rows.reverse() : rows));
          for (let i = 0; i < depth; i++) {
            id = await writer.putMeta(ObjectType.tree, page([row(Buffer.from('d'), Kind.dir, id)]));
          }
          return id;
        });
        const before = facts(kept.base, ['root/.vault', 'cache']);
        await refuses(restoreTree(kept, vault, tree), 'REFUSED', /cannot be restored safely/);
        assertSame(facts(kept.base, ['root/.vault', 'cache']), before);
      }));
  }
}

test('names that are there twice, or out of order', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    for (const names of [
      ['a', 'a'],
      ['b', 'a'],
    ]) {
      const tree = await withWriter(vault, (writer) =>
        writer.putMeta(
          ObjectType.tree,
          page(names.map((name) => row(Buffer.from(name), Kind.file, EMPTY_CONTENT))),
        ),
      );
      await refuses(restoreTree(kept, vault, tree), 'REFUSED', /cannot be restored safely/);
    }
    assert.not.ok(existsSync(join(kept.base, 'to')));
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
    // And it can be replaced: the stage that goes away is as deep.
    const again = await restore(vault, {
      snapshot: deep,
      path: Buffer.alloc(0),
      entry: rootOf(deep),
      destination: Buffer.from(join(kept.base, 'to')),
      replace: true,
      threads: 1,
    });
    assert.ok(again.previous);
  }));

test('an entry that says less or more than its content has', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    for (const fields of [{ 8: 3 }, { 8: 5 }, { 18: EMPTY_CONTENT }]) {
      const tree = await withWriter(vault, async (writer) => {
        const id = await writer.putChunk(Buffer.from('four'));
        return writer.putMeta(ObjectType.tree, page([row(Buffer.from('f'), Kind.file, id, fields)]));
      });
      await refuses(restoreTree(kept, vault, tree), 'DAMAGED', /f: .*untouched/);
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
      'IO',
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
function meddling(method: 'createFile' | 'mkdir' | 'openFolder', nth: number, act: () => void): Platform {
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
