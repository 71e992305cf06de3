import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Entry, Kind } from '../../src/objects/model.ts';
import {
  decodePage,
  FULL_BYTES,
  isBoundary,
  MAX_ROWS,
  MIN_ROWS,
  type Page,
} from '../../src/objects/paged.ts';
import { PagedCursor } from '../../src/objects/paged-cursor.ts';
import { hashKey, lookupEntry, readTree, TreeBuilder, treeFormat } from '../../src/objects/tree.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../src/store/id.ts';
import { liveHeapBytes } from '../support/live-heap.ts';
import { collect, fails, idOf, MemoryStore } from './memory-store.ts';

const entryOf = (i: number, id: Id = EMPTY_CONTENT): Entry => ({
  name: Buffer.from(`name-${String(i).padStart(8, '0')}`),
  kind: Kind.file,
  id,
});

/** A tree of `count` names; `change` may replace or leave out entries. */
async function build(
  store: MemoryStore,
  count: number,
  change: (i: number) => Entry[] = (i) => [entryOf(i)],
): Promise<{ id: Id; rows: number }> {
  const builder = new TreeBuilder(store.put);
  for (let i = 0; i < count; i++) {
    for (const entry of change(i)) {
      const flushed = builder.add(entry);
      if (flushed) await flushed;
    }
  }
  return builder.finish();
}

/** All pages of a tree, from the root down. */
async function pagesOf(store: MemoryStore, id: Id): Promise<Page<Entry>[]> {
  const page = decodePage(treeFormat, await store.readMeta(id, ObjectType.tree), id);
  const below = await Promise.all(page.children.map((child) => pagesOf(store, child.id)));
  return [page, ...below.flat()];
}

test('golden: pages of a tree', async () => {
  const store = new MemoryStore();
  const empty = await build(store, 0);
  assert.is(store.objects.get(`3 ${empty.id.toString('hex')}`)!.toString('hex'), '9401009090');
  const { id } = await build(store, 1030);
  // Made by an independent program that follows docs/format.md.
  assert.is(id.toString('hex'), 'edb5f30f177aad5705244dd6dec963f8edccbcc43750b2d4ef20dc0a51221c57');
});

test('up to 1,024 rows are one page, more are several of bounded size', async () => {
  for (const [count, levels] of [
    [0, 1],
    [1, 1],
    [1024, 1],
    [1025, 2],
    [20_000, 2],
  ] as const) {
    const store = new MemoryStore();
    const { id, rows } = await build(store, count);
    assert.is(rows, count);
    const pages = await pagesOf(store, id);
    assert.is(pages[0]!.level, levels - 1);
    assert.is(store.puts, pages.length);
    const leaves = pages.filter((page) => page.level === 0);
    for (const leaf of leaves.slice(0, -1)) {
      assert.ok(leaf.rows.length >= MIN_ROWS && leaf.rows.length <= MAX_ROWS);
      const last = leaf.rows.at(-1)!;
      assert.ok(leaf.rows.length === MAX_ROWS || isBoundary(hashKey(0, last.name)));
    }
    const all = await collect(readTree(store, id));
    assert.is(all.flat().length, count);
    assert.equal(
      all.flat().map((entry) => entry.name.toString()),
      Array.from({ length: count }, (_, i) => entryOf(i).name.toString()),
    );
  }
});

test('pages have 256 rows on average', async () => {
  const store = new MemoryStore();
  const { id } = await build(store, 100_000);
  const leaves = (await pagesOf(store, id)).filter((page) => page.level === 0);
  const average = 100_000 / leaves.length;
  assert.ok(average > 220 && average < 320, `${average}`);
});

test('metadata moves no boundary', async () => {
  const one = new MemoryStore();
  const two = new MemoryStore();
  const a = await pagesOf(one, (await build(one, 5000)).id);
  const b = await pagesOf(
    two,
    (await build(two, 5000, (i) => [{ ...entryOf(i, idOf(i)), size: i, mode: 0o600 }])).id,
  );
  assert.equal(
    a.map((page) => page.rows.length),
    b.map((page) => page.rows.length),
  );
});

test('one row changed among 300,000 rewrites a few pages, in little memory', async () => {
  const count = 300_000; // three levels
  const at = 254_321;
  const store = new MemoryStore();
  const before = liveHeapBytes();
  let peak = 0;
  const original = await build(store, count, (i) => {
    if (i % 50_000 === 0) peak = Math.max(peak, liveHeapBytes() - before);
    return [entryOf(i)];
  });
  // What the store itself holds is outside of the heap.
  assert.ok(peak < 10e6, `${peak} bytes`);
  assert.ok(store.puts > 900 && store.puts < 1500, `${store.puts} pages`);
  const known = store.objects.size;
  const changed = await build(store, count, (i) => [i === at ? entryOf(i, idOf('new')) : entryOf(i)]);
  assert.not.equal(changed.id, original.id);
  assert.is(store.objects.size - known, 3, 'one page a level');
  store.reads = 0;
  assert.equal(await lookupEntry(store, original.id, entryOf(at).name), entryOf(at));
  assert.is(store.reads, 3);
  for (const name of ['name-00254321a', 'a', 'z']) {
    assert.is(await lookupEntry(store, original.id, Buffer.from(name)), undefined);
  }
});

test('property: a row added or removed rewrites a few pages', async () => {
  const count = 20_000;
  const original = new MemoryStore();
  await build(original, count);
  await fc.assert(
    fc.asyncProperty(fc.nat(count - 1), fc.boolean(), async (at, isAdded) => {
      const between = { ...entryOf(at), name: Buffer.from(`${entryOf(at).name}b`) };
      // A store of its own: one place may come up twice, and the second time nothing would be new.
      const store = new MemoryStore();
      await build(store, count, (i) => (i !== at ? [entryOf(i)] : isAdded ? [entryOf(i), between] : []));
      const fresh = [...store.objects.keys()].filter((key) => !original.objects.has(key)).length;
      // The root and one page; a few more where a boundary moves until the next one that both have.
      assert.ok(fresh >= 2 && fresh <= 12, `${fresh} new pages`);
    }),
    { numRuns: 10 },
  );
});

test('names that were chosen to end every page stay within few levels', async () => {
  const chosen = 1200;
  const store = new MemoryStore();
  const builder = new TreeBuilder(store.put);
  let found = 0;
  for (let i = 0; found < chosen; i++) {
    const entry = entryOf(i);
    if (!isBoundary(hashKey(0, entry.name))) continue;
    found++;
    await builder.add(entry);
  }
  const { id } = await builder.finish();
  const pages = await pagesOf(store, id);
  assert.is(pages[0]!.level, 1);
  assert.is(pages.length, 1 + Math.ceil(chosen / MIN_ROWS));
  assert.is((await collect(readTree(store, id))).flat().length, chosen);
});

test('a page ends with 4 MiB of rows, so that long metadata cannot outgrow an object', async () => {
  const value = Buffer.alloc(4096, 7);
  const names = ['user.a', 'user.b', 'user.c', 'user.d', 'user.e'].map((name) => Buffer.from(name));
  const xattrs = names.map((name) => ({ name, value }));
  const rowsOf = async (count: number) => {
    const store = new MemoryStore();
    const { id } = await build(store, count, (i) => [{ ...entryOf(i), xattrs }]);
    for (const bytes of store.objects.values()) assert.ok(bytes.length < FULL_BYTES + 30_000);
    const pages = await pagesOf(store, id);
    return pages.filter((page) => page.level === 0).map((page) => page.rows.length);
  };
  // A row has 20,614 bytes, so 204 fill a page; by their hash pages end with rows 444, 570 and 795, counted from 0.
  assert.equal(await rowsOf(204), [204], 'nothing follows');
  assert.equal(await rowsOf(205), [204, 1]);
  assert.equal(await rowsOf(1000), [204, 204, 37, 126, 204, 21, 204]);
});

test('rows out of order, twice, or added too early are refused', async () => {
  const store = new MemoryStore();
  const builder = new TreeBuilder(store.put);
  builder.add(entryOf(5));
  await fails(() => builder.add(entryOf(5)), 'USAGE', /name-00000005.* again/);
  await fails(() => builder.add(entryOf(4)), 'USAGE', /out of order/);
  const eager = new TreeBuilder(store.put);
  await fails(() => {
    for (let i = 0; i < 5000; i++) eager.add(entryOf(i));
  }, 'BUG');
});

test('property: reading from a name gives what is not before it', async () => {
  const store = new MemoryStore();
  const { id } = await build(store, 5000, (i) => [entryOf(i * 2)]);
  await fc.assert(
    fc.asyncProperty(fc.nat(10_100), async (i) => {
      const from = entryOf(i).name;
      const rows = (await collect(readTree(store, id, from))).flat();
      const first = Math.min(Math.ceil(i / 2), 5000);
      assert.is(rows.length, 5000 - first);
      if (rows[0]) assert.equal(rows[0].name, entryOf(first * 2).name);
    }),
    { numRuns: 30 },
  );
  for (const end of [4998, 9998, 9999, 10_000]) {
    const rows = (await collect(readTree(store, id, entryOf(end).name))).flat();
    assert.is(rows.length, Math.max(5000 - Math.ceil(end / 2), 0));
  }
});

test('a cursor passes over pages without reading them', async () => {
  const store = new MemoryStore();
  const { id } = await build(store, 20_000);
  store.reads = 0;
  const cursor = await PagedCursor.open(treeFormat, store, id);
  let rows = 0;
  while (!cursor.done) {
    rows += cursor.child!.rows;
    cursor.skip();
  }
  assert.is(rows, 20_000);
  assert.is(store.reads, 1);
});

test.run();
