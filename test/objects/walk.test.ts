import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Entry, Kind } from '../../src/objects/model.ts';
import { comparePaths } from '../../src/objects/names.ts';
import { TreeBuilder } from '../../src/objects/tree.ts';
import { MAX_WALK_DEPTH, walkRuns, walkTree } from '../../src/objects/walk.ts';
import { EMPTY_CONTENT, type Id } from '../../src/store/id.ts';
import { collect, directory, fails, MemoryStore, type Sketch, storeTree } from './memory-store.ts';

async function paths(sketch: Sketch, options: Parameters<typeof walkTree>[2] = {}): Promise<string[]> {
  const store = new MemoryStore();
  const root = directory(await storeTree(store, sketch));
  return (await collect(walkTree(store, root, options))).map(({ path }) => path.toString());
}

const sketch: Sketch = { a: { b: { c: 'x' }, z: 'x' }, 'a-b': 'x', 'a.txt': 'x', empty: {}, z: { y: 'x' } };

test('depth first, in the order of names, a directory before its content', async () => {
  const walked = await paths(sketch);
  assert.equal(walked, ['a', 'a/b', 'a/b/c', 'a/z', 'a-b', 'a.txt', 'empty', 'z', 'z/y']);
  const sorted = walked.map((path) => Buffer.from(path)).sort(comparePaths);
  assert.equal(walked, sorted.map(String), 'that is walk order');
});

test('with a prefix, and without what is below', async () => {
  assert.equal(await paths({ a: { b: 'x' } }, { prefix: Buffer.from('p/q') }), ['p/q/a', 'p/q/a/b']);
  assert.equal(await paths(sketch, { recursive: false }), ['a', 'a-b', 'a.txt', 'empty', 'z']);
  assert.equal(await paths({}), []);
});

test('in runs that end with a directory', async () => {
  const store = new MemoryStore();
  const root = directory(await storeTree(store, sketch));
  const runs = await collect(walkRuns(store, root));
  assert.equal(
    runs.map(({ folder, entries }) => `${folder}: ${entries.map(({ name }) => name).join(' ')}`),
    [': a', 'a: b', 'a/b: c', 'a: z', ': a-b a.txt empty', ': z', 'z: y'],
  );
});

test('large directories are walked page by page', async () => {
  const store = new MemoryStore();
  const names = Array.from({ length: 5000 }, (_, i) => `f${String(i).padStart(5, '0')}`);
  const root = directory(await storeTree(store, { d: Object.fromEntries(names.map((name) => [name, 'x'])) }));
  const walked = await collect(walkTree(store, root));
  assert.equal(
    walked.map(({ path }) => path.toString()),
    ['d', ...names.map((name) => `d/${name}`)],
  );
  store.reads = 0;
  for await (const { path } of walkTree(store, root)) if (path.toString() === 'd/f00000') break;
  assert.is(store.reads, 3);
});

/** The tree of a directory that holds one that holds one …, `depth` in all. */
async function nested(store: MemoryStore, depth: number): Promise<Id> {
  let inner: Entry | undefined;
  for (let i = 0; i < depth; i++) {
    const builder = new TreeBuilder(store.put);
    if (inner) builder.add(inner);
    inner = { name: Buffer.from('d'), kind: Kind.dir, id: (await builder.finish()).id };
  }
  return inner?.id ?? EMPTY_CONTENT;
}

test('directories nest up to the limit, and no deeper', async () => {
  const store = new MemoryStore();
  const deepest = await nested(store, MAX_WALK_DEPTH);
  let count = 0;
  for await (const _ of walkTree(store, directory(deepest))) count++;
  assert.is(count, MAX_WALK_DEPTH - 1);
  const deeper = await nested(store, MAX_WALK_DEPTH + 1);
  await fails(() => collect(walkTree(store, directory(deeper))), 'DAMAGED', /nest deeper/);
});

test.run();
