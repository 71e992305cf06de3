import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Entry, Kind } from '../../src/objects/model.ts';
import { putEntry } from '../../src/objects/tree-edit.ts';
import type { Id } from '../../src/store/id.ts';
import { EMPTY_CONTENT } from '../../src/store/id.ts';
import { fails, MemoryStore, type Sketch, storeTree } from './memory-store.ts';

const bytes = (name: string): Buffer => Buffer.from(name);
const folder = (name: Buffer): Entry => ({ name, kind: Kind.dir, id: EMPTY_CONTENT });

/** The tree with a file of content `x` put at `path`. */
async function put(store: MemoryStore, root: Id | undefined, path: string): Promise<Id> {
  const names = path.split('/').map(bytes);
  const id = store.keep(1, bytes('x'));
  const entry: Entry = { name: names.at(-1)!, kind: Kind.file, id, size: 1 };
  return putEntry(store, store.put, root, names.slice(0, -1), entry, folder);
}

/** Without what `storeTree` says of files and folders beyond names and contents, so that both ways give one tree. */
async function sketch(store: MemoryStore, tree: Sketch): Promise<Id> {
  let root: Id | undefined;
  for (const path of paths(tree, '')) root = await put(store, root, path);
  return root!;
}

function paths(tree: Sketch, prefix: string): string[] {
  return Object.entries(tree).flatMap(([name, value]) =>
    typeof value === 'string' ? [prefix + name] : paths(value as Sketch, `${prefix}${name}/`),
  );
}

test('the order of putting does not matter', async () => {
  const store = new MemoryStore();
  const tree = { a: { b: { c: 'x', d: 'x' }, e: 'x' }, 'a.txt': 'x', z: 'x' };
  const wanted = await sketch(store, tree);
  for (const order of [paths(tree, '').reverse(), ['z', 'a/e', 'a/b/d', 'a.txt', 'a/b/c', 'z']]) {
    let root: Id | undefined;
    for (const path of order) root = await put(store, root, path);
    assert.equal(root, wanted);
  }
});

test('only the folders above are written anew', async () => {
  const store = new MemoryStore();
  const root = await storeTree(store, { a: { b: { c: 'old' }, other: { x: '1' } }, more: { y: '2' } });
  store.puts = 0;
  await put(store, root, 'a/b/c');
  assert.is(store.puts, 3);
});

test('a large folder keeps its other pages', async () => {
  const store = new MemoryStore();
  const names = Array.from({ length: 5000 }, (_, i) => [`file-${String(i).padStart(5, '0')}`, 'x'] as const);
  const root = await storeTree(store, Object.fromEntries(names));
  const before = store.objects.size;
  assert.equal(await put(store, root, 'file-02500'), root, 'the same content again');
  assert.is(store.objects.size, before);
  assert.not.equal(await put(store, root, 'file-02500-b'), root);
  assert.ok(store.objects.size - before <= 3, 'its page, and those above');
});

test('a path through a file is refused', async () => {
  const store = new MemoryStore();
  const root = await storeTree(store, { a: 'a file' });
  await fails(() => put(store, root, 'a/b'), 'BAD_PATH', /^"a" is not a folder/);
});

test.run();
