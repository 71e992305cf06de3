import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Entry, Flag, Kind } from '../../src/objects/model.ts';
import { comparePaths } from '../../src/objects/names.ts';
import { TreeBuilder } from '../../src/objects/tree.ts';
import { changesBetween, type DiffOptions, diffTrees, sameEntry } from '../../src/objects/tree-diff.ts';
import { walkTree } from '../../src/objects/walk.ts';
import { EMPTY_CONTENT, type Id } from '../../src/store/id.ts';
import * as arbitrary from './arbitraries.ts';
import { collect, directory, fails, idOf, MemoryStore, type Sketch, storeTree } from './memory-store.ts';

async function diff(
  a: Sketch | undefined,
  b: Sketch | undefined,
  options: DiffOptions = {},
): Promise<string[]> {
  const store = new MemoryStore();
  const old = a && (await storeTree(store, a));
  const next = b && (await storeTree(store, b));
  const changes = (await collect(changesBetween(store, old, next, options))).flat();
  return changes.map(
    ({ letter, path, metadataOnly }) => `${letter} ${path}${metadataOnly ? ' metadata' : ''}`,
  );
}

test('added, modified, deleted, of another kind', async () => {
  assert.equal(
    await diff(
      { a: { same: 'x', gone: 'x', b: 'x' }, f: 'x', was: { dir: 'x' }, z: 'x' },
      { a: { same: 'x', b: 'y', new: 'x' }, f: { now: 'x' }, was: 'file', z: 'x' },
    ),
    ['M a/b', 'D a/gone', 'A a/new', 'T f', 'A f/now', 'T was', 'D was/dir'],
  );
});

test('a directory on one side is itself and all in it', async () => {
  assert.equal(await diff({ d: { id: 'x', kind: {} } }, {}), ['D d', 'D d/id', 'D d/kind']);
  assert.equal(await diff({}, { d: { e: { f: 'x' }, g: 'x' } }), ['A d', 'A d/e', 'A d/e/f', 'A d/g']);
  assert.equal(await diff({ d: { e: { f: 'x' }, g: 'x' } }, {}), ['D d', 'D d/e', 'D d/e/f', 'D d/g']);
  assert.equal(await diff(undefined, { d: { f: 'x' } }), ['A d', 'A d/f']);
  assert.equal(await diff({ d: { f: 'x' } }, undefined), ['D d', 'D d/f']);
  assert.equal(await diff(undefined, undefined), []);
});

test('a prefix, and without what is below', async () => {
  const a: Sketch = { d: { e: 'x' }, f: 'x' };
  const b: Sketch = { d: { e: 'y' }, f: 'y', g: { h: 'x' } };
  assert.equal(await diff(a, b, { prefix: Buffer.from('p') }), ['M p/d/e', 'M p/f', 'A p/g', 'A p/g/h']);
  const store = new MemoryStore();
  const pairs = await collect(
    diffTrees(store, await storeTree(store, a), await storeTree(store, b), { recursive: false }),
  );
  assert.equal(
    pairs.map(({ path }) => path.toString()),
    ['d', 'f', 'g'],
  );
});

test('metadata only', async () => {
  const file = { kind: Kind.file, id: idOf('x'), mode: 0o644 };
  const dir = { kind: Kind.dir, id: await storeTree(new MemoryStore(), {}), mode: 0o755, mtimeS: 1 };
  assert.equal(await diff({ f: file }, { f: { ...file, mode: 0o600 } }), ['M f metadata']);
  assert.equal(await diff({ f: file }, { f: { ...file, mode: 0o600, id: idOf('y') } }), ['M f']);
  assert.equal(await diff({ d: dir }, { d: { ...dir, mtimeS: 2, ctimeS: 3, ino: 4, nlink: 5 } }), []);
  assert.equal(await diff({ d: dir }, { d: { ...dir, mode: 0o700 } }), ['M d metadata']);
});

test('what differs and what does not', () => {
  const name = Buffer.from('f');
  const file: Entry = {
    name,
    kind: Kind.file,
    id: idOf('x'),
    sha256: idOf('x'),
    mtimeS: 1,
    mtimeNs: 1,
    mode: 0o644,
  };
  const xattr = { name: Buffer.from('user.a'), value: Buffer.from('1') };
  const same = (change: Partial<Entry>, base = file) => sameEntry(base, { ...base, ...change });
  for (const change of [
    {},
    { ctimeS: 5 },
    { btimeS: 5 },
    { ino: 5 },
    { nlink: 2 },
    { fs: 1 },
    { flags: Flag.racy },
    { xattrs: [] },
  ]) {
    assert.ok(same(change), JSON.stringify(change));
  }
  for (const change of [
    { id: idOf('y'), sha256: idOf('y') },
    { kind: Kind.symlink },
    { mode: 0o600 },
    { uid: 1 },
    { gid: 1 },
    { user: 'u' },
    { group: 'g' },
    { mtimeS: 2 },
    { mtimeNs: 2 },
    { xattrs: [xattr] },
    { rdevMinor: 1 },
  ]) {
    assert.not(same(change), JSON.stringify(change));
  }
  assert.ok(same({ id: idOf('list'), flags: Flag.list }), 'cut by other rules');
  assert.not(
    same({ flags: Flag.list }, { name, kind: Kind.file, id: idOf('x') }),
    'a chunk and a list of one id',
  );
  const marked = { ...file, xattrs: [xattr] };
  assert.ok(same({ xattrs: [{ ...xattr }] }, marked));
  assert.not(same({ xattrs: [{ ...xattr, value: Buffer.from('2') }] }, marked));
  assert.not(same({ xattrs: [{ name: xattr.name, id: idOf('x') }] }, marked));
});

const leaf = fc.record(
  {
    id: fc.constantFrom(idOf(1), idOf(2)),
    mode: fc.constantFrom(0o600, 0o644),
    kind: fc.constantFrom(Kind.file, Kind.symlink),
  },
  { noNullPrototype: true },
);
const names = fc.oneof(
  fc.constantFrom('a', 'b', 'a.txt', 'a-b', 'c'),
  arbitrary.name.map((name) => name.toString('ascii')).filter((name) => !/[\0/]|^\.*$/.test(name)),
);
const { sketches } = fc.letrec<{ sketches: Sketch }>((tie) => ({
  sketches: fc.dictionary(names, fc.oneof({ depthSize: 'small' }, leaf, tie('sketches')), {
    maxKeys: 6,
    noNullPrototype: true,
  }) as fc.Arbitrary<Sketch>,
}));

/** Every path of a sketch with its entry, as a plain comparison needs it. */
async function flat(store: MemoryStore, id: Id): Promise<Map<string, Entry>> {
  const all = await collect(walkTree(store, directory(id)));
  return new Map(all.map(({ path, entry }) => [path.toString('latin1'), entry]));
}

test('property: the same as comparing all paths of both sides', async () => {
  await fc.assert(
    fc.asyncProperty(sketches, sketches, async (a, b) => {
      const store = new MemoryStore();
      const [idA, idB] = [await storeTree(store, a), await storeTree(store, b)];
      const [old, next] = [await flat(store, idA), await flat(store, idB)];
      const all = [...new Set([...old.keys(), ...next.keys()])].sort((x, y) =>
        comparePaths(Buffer.from(x, 'latin1'), Buffer.from(y, 'latin1')),
      );
      const expected = all.filter((path) => {
        const [x, y] = [old.get(path), next.get(path)];
        return !x || !y || !sameEntry(x, y);
      });
      const pairs = await collect(diffTrees(store, idA, idB));
      assert.equal(
        pairs.map(({ path }) => path.toString('latin1')),
        expected,
      );
      for (const pair of pairs) {
        assert.equal(pair.old, old.get(pair.path.toString('latin1')));
        assert.equal(pair.new, next.get(pair.path.toString('latin1')));
      }
    }),
    { numRuns: 200 },
  );
});

async function large(store: MemoryStore, count: number, change: (i: number) => Entry[]): Promise<Id> {
  const builder = new TreeBuilder(store.put);
  for (let i = 0; i < count; i++) for (const entry of change(i)) await builder.add(entry);
  return (await builder.finish()).id;
}

const row = (i: number, id: Id = EMPTY_CONTENT): Entry => ({
  name: Buffer.from(`n${String(i).padStart(7, '0')}`),
  kind: Kind.file,
  id,
});

test('one change in a folder of 30,000 reads a few pages', async () => {
  const store = new MemoryStore();
  const count = 30_000;
  const at = 14_321;
  const before = await large(store, count, (i) => [row(i)]);
  const variants: [string, (i: number) => Entry[], number][] = [
    ['M', (i) => [row(i, i === at ? idOf('new') : EMPTY_CONTENT)], 6],
    ['D', (i) => (i === at ? [] : [row(i)]), 20],
    ['A', (i) => (i === at ? [row(i), { ...row(i), name: Buffer.from(`${row(i).name}x`) }] : [row(i)]), 20],
  ];
  for (const [letter, change, limit] of variants) {
    const after = await large(store, count, change);
    store.reads = 0;
    const changes = (await collect(changesBetween(store, before, after))).flat();
    assert.equal(
      changes.map((each) => each.letter),
      [letter],
    );
    assert.ok(store.reads <= limit, `${letter}: ${store.reads} pages`);
  }
});

test('property: large folders that differ anywhere, in size and height too', async () => {
  const store = new MemoryStore();
  const count = 3000;
  const edits = fc.array(fc.tuple(fc.nat(count), fc.constantFrom('M', 'D', 'A')), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 900, max: count }),
      fc.integer({ min: 900, max: count }),
      edits,
      async (m, n, edits) => {
        const edited = new Map(edits);
        const a = await large(store, m, (i) => [row(i)]);
        const b = await large(store, n, (i) => {
          const edit = edited.get(i);
          if (edit === 'D') return [];
          if (edit === 'M') return [row(i, idOf('new'))];
          return edit === 'A' ? [row(i), { ...row(i), name: Buffer.from(`${row(i).name}x`) }] : [row(i)];
        });
        const [old, next] = [await flat(store, a), await flat(store, b)];
        const expected = [...new Set([...old.keys(), ...next.keys()])].sort().filter((path) => {
          const [x, y] = [old.get(path), next.get(path)];
          return !x || !y || !x.id.equals(y.id);
        });
        const pairs = await collect(diffTrees(store, a, b));
        assert.equal(
          pairs.map(({ path }) => path.toString()),
          expected,
        );
      },
    ),
    { numRuns: 12 },
  );
});

test('equal trees and equal directories are not read', async () => {
  const store = new MemoryStore();
  const shared: Sketch = { deep: { deeper: { f: 'x' } } };
  const a = await storeTree(store, { shared, x: '1' });
  const b = await storeTree(store, { shared, x: '2' });
  store.reads = 0;
  assert.equal(await collect(diffTrees(store, a, a)), []);
  assert.is(store.reads, 0);
  assert.is((await collect(diffTrees(store, a, b))).length, 1);
  assert.is(store.reads, 2);
});

test('directories that nest too deep are damage', async () => {
  const store = new MemoryStore();
  let sketch: Sketch | Id = {};
  for (let i = 0; i < 4100; i++) {
    sketch = await storeTree(store, Buffer.isBuffer(sketch) ? { d: { kind: Kind.dir, id: sketch } } : sketch);
  }
  await fails(() => collect(diffTrees(store, undefined, sketch as Id)), 'DAMAGED', /nest deeper/);
});

test.run();
