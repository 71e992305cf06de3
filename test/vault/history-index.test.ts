import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ChangesBuilder, changesFormat, readChanges } from '../../src/objects/changes.ts';
import { type Change, Kind } from '../../src/objects/model.ts';
import { comparePaths } from '../../src/objects/names.ts';
import { lookupRow } from '../../src/objects/paged-cursor.ts';
import { readSnapshot } from '../../src/objects/snapshot.ts';
import type { Id } from '../../src/store/id.ts';
import { IndexDb, prefixRange } from '../../src/store/index/db.ts';
import { ancestors } from '../../src/vault/history/ancestry.ts';
import { HistoryIndex, type PathEvent } from '../../src/vault/history/history-index.ts';
import { idOf, MemoryObjects } from '../refs/memory-objects.ts';
import { withFolder } from '../store/temporary.ts';

const VAULT = 'ab'.repeat(32);

function openIndex(folder: string, name = 'index', vaultId = VAULT): IndexDb {
  return new IndexDb({ places: [{ path: `${folder}/${name}`, tmp: `${folder}/tmp` }], vaultId });
}

/** Snapshots with made-up changes: `M a/b` lists a letter and a path, `m` a change of metadata only. */
class Histories {
  readonly objects = new MemoryObjects();
  #made = 0;

  async snapshot(parents: Id[], changes: string[]): Promise<Id> {
    const n = ++this.#made;
    const generations = await Promise.all(
      parents.map(async (id) => (await readSnapshot(this.objects, id)).generation),
    );
    return this.objects.snapshot({
      parents,
      generation: Math.max(-1, ...generations) + 1,
      timeS: 1_767_225_600 + n,
      ...(parents.length > 0 && { changes: await this.#changes(changes, n) }),
    });
  }

  async #changes(lines: string[], n: number): Promise<Id> {
    const builder = new ChangesBuilder(this.objects.put);
    const changes = lines.map((line): Change => {
      const letter = line[0]!.toUpperCase() as Change['letter'];
      const metadataOnly = line[0] === 'm';
      return {
        letter,
        path: Buffer.from(line.slice(2)),
        kind: Kind.file,
        id: idOf(n.toString(16).padStart(8, '0')),
        metadataOnly,
      };
    });
    for (const change of changes.sort((a, b) => comparePaths(a.path, b.path))) await builder.add(change);
    return (await builder.finish()).id;
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** The same answer from the snapshots themselves. */
async function naive({ objects }: Histories, path: Buffer, tip: Id): Promise<PathEvent[]> {
  const events: PathEvent[] = [];
  for await (const { id, snapshot } of ancestors(objects, [tip])) {
    if (!snapshot.changes) {
      events.push({ kind: 'root', snapshot: id });
      continue;
    }
    const change = await lookupRow(changesFormat, objects, snapshot.changes, path);
    const inside = (await all(readChanges(objects, snapshot.changes)))
      .flat()
      .some((other) => other.path.toString('latin1').startsWith(`${path.toString('latin1')}/`));
    if (change) {
      const { letter, id: entry } = change;
      events.push({
        kind: 'change',
        snapshot: id,
        letter,
        metadataOnly: change.metadataOnly && !inside,
        id: entry,
      });
    } else if (inside) events.push({ kind: 'change', snapshot: id, letter: 'M', metadataOnly: false });
  }
  return events;
}

function short(events: PathEvent[], names: Map<string, string>): string {
  return events
    .map((event) => {
      const name = names.get(event.snapshot.toString('hex'));
      return event.kind === 'root' ? `root:${name}` : `${event.metadataOnly ? 'm' : event.letter}:${name}`;
    })
    .join(' ');
}

test('history index: files, folders, forks and merges', () =>
  withFolder(async (folder) => {
    const it = new Histories();
    const names = new Map<string, string>();
    const make = async (name: string, parents: Id[], ...changes: string[]): Promise<Id> => {
      const id = await it.snapshot(parents, changes);
      names.set(id.toString('hex'), name);
      return id;
    };
    const r = await make('r', []);
    const a = await make('a', [r], 'A src/x', 'A y');
    const b = await make('b', [a], 'M src/x');
    const fork = await make('f', [a], 'm src', 'D src/x');
    const c = await make('c', [b], 'M y', 'm src');
    const merged = await make('g', [c, fork], 'T src/lib/deep');
    const db = openIndex(folder);
    const history = new HistoryIndex(db, it.objects);
    const log = async (path: string, tip: Id) =>
      short(await all(history.events(Buffer.from(path), tip)), names);
    assert.is(await log('src/x', b), 'M:b A:a root:r');
    assert.is(await log('src/x', fork), 'D:f A:a root:r');
    assert.is(await log('src/x', merged), 'D:f M:b A:a root:r');
    assert.is(await log('src', merged), 'M:g m:c M:f M:b M:a root:r');
    assert.is(await log('src/lib', merged), 'M:g root:r');
    assert.is(await log('y', merged), 'M:c A:a root:r');
    assert.is(await log('none', merged), 'root:r');
    assert.is(await log('y', r), 'root:r');
    await db.close();
  }));

test('history index: agrees with the snapshots for any histories, filled in any order, by several', () =>
  withFolder(async (folder) => {
    const paths = ['a', 'a/b', 'a/b/c', 'a.txt', 'd/e', 'd/e/f', 'a/z', 'd'];
    const node = fc.record({
      parents: fc.array(fc.nat(), { maxLength: 3 }),
      changes: fc.uniqueArray(fc.constantFrom(...paths), { maxLength: 4 }),
      letter: fc.constantFrom('A', 'M', 'D', 'T', 'm'),
      asked: fc.boolean(),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(node, { minLength: 1, maxLength: 24 }), async (nodes) => {
        const it = new Histories();
        const ids: Id[] = [];
        const dbs = [openIndex(folder, `index-${++run}`), openIndex(folder, `index-${run}`)];
        const ask = async (tip: Id, i: number): Promise<void> => {
          const history = new HistoryIndex(dbs[i % 2]!, it.objects);
          for (const path of paths.slice(i % 3, 5 + (i % 3)).map((text) => Buffer.from(text))) {
            assert.equal(await all(history.events(path, tip)), await naive(it, path, tip));
          }
          await dbs[i % 2]!.release();
        };
        for (const [i, { parents, changes, letter, asked }] of nodes.entries()) {
          // Mostly the one before, so that chains become long.
          const chosen = i === 0 ? [] : parents.map((n) => ids[n % 4 === 0 ? n % i : i - 1]!);
          const id = await it.snapshot(
            [...new Set(chosen)],
            changes.map((path) => `${letter} ${path}`),
          );
          ids.push(id);
          if (asked) await ask(id, i);
        }
        await ask(ids.at(-1)!, 0);
        await ask(ids[Math.floor(ids.length / 2)]!, 1);
        for (const db of dbs) await db.close();
      }),
      { numRuns: 25 },
    );
  }));

test('history index: the time does not grow with snapshots that left the path alone', () =>
  withFolder(async (folder) => {
    const it = new Histories();
    let tip = await it.snapshot([], []);
    for (let i = 0; i < 400; i++) tip = await it.snapshot([tip], [i === 7 ? 'A rare' : 'M busy']);
    const db = openIndex(folder);
    const history = new HistoryIndex(db, it.objects);
    await history.fill(tip);
    it.objects.reads = 0;
    assert.is((await all(history.events(Buffer.from('rare'), tip))).length, 2);
    assert.is(it.objects.reads, 0);
    assert.is((await all(history.events(Buffer.from('busy'), tip))).length, 400);
    await db.close();
  }));

test('history index: a snapshot with many changes, and a fill that is killed in it', () =>
  withFolder(async (folder) => {
    const it = new Histories();
    const root = await it.snapshot([], []);
    const many = Array.from({ length: 20_000 }, (_, i) => `A d${i % 50}/f${i}`);
    const big = await it.snapshot([root], many);
    const tip = await it.snapshot([big], ['M d1/f1']);
    const other = await it.snapshot([root], ['A d1/f1']);
    const db = openIndex(folder);
    let written = 0;
    const failing = new Proxy(db, {
      get(target, property) {
        if (property === 'write' && ++written > 1) return () => Promise.reject(new Error('killed'));
        const value = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await assertRejects(new HistoryIndex(failing, it.objects).fill(tip), 'killed');
    const history = new HistoryIndex(db, it.objects);
    for (const [path, at] of [
      ['d1/f1', tip],
      ['d1/f1', other],
      ['d49/f19999', tip],
      ['d7', tip],
      ['d7', other],
    ] as const) {
      assert.equal(await all(history.events(Buffer.from(path), at)), await naive(it, Buffer.from(path), at));
    }
    await db.close();
  }));

test('history index: lost, of another vault, or with holes: it is filled anew', () =>
  withFolder(async (folder) => {
    const it = new Histories();
    let tip = await it.snapshot([], []);
    for (let i = 0; i < 100; i++) tip = await it.snapshot([tip], ['M busy']);
    const expected = await naive(it, Buffer.from('busy'), tip);
    const ask = async (vaultId: string, spoil: (db: IndexDb) => Promise<void>): Promise<void> => {
      const db = openIndex(folder, 'index', vaultId);
      const history = new HistoryIndex(db, it.objects);
      const found: PathEvent[] = [];
      for await (const event of history.events(Buffer.from('busy'), tip)) {
        if (found.push(event) === 10) await spoil(db);
      }
      assert.equal(found, expected);
      await db.close();
    };
    await ask(VAULT, async () => {});
    await ask('cd'.repeat(32), async () => {});
    await ask(VAULT, async (db) => db.replace(await db.read((index) => index.generation)));
    for (const prefix of ['k', 's']) {
      await ask(VAULT, (db) =>
        db.write(async (writer) => {
          for (const [key] of await writer.entries(prefixRange(Buffer.from(prefix)), 10_000)) writer.del(key);
        }),
      );
    }
  }));

test('history index: a snapshot with a parent and without changes is damage', () =>
  withFolder(async (folder) => {
    const it = new Histories();
    const root = await it.snapshot([], []);
    const bad = await it.objects.snapshot({ parents: [root], generation: 1 });
    const db = openIndex(folder);
    await assertRejects(new HistoryIndex(db, it.objects).fill(bad), 'does not say what has changed');
    await db.close();
  }));

async function assertRejects(promise: Promise<unknown>, message: string): Promise<void> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, Error);
  assert.match((error as Error).message, message);
}

test.run();
