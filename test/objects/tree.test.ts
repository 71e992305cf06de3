import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Kind } from '../../src/objects/model.ts';
import { lookupPath, readTree } from '../../src/objects/tree.ts';
import { collect, directory, fails, MemoryStore, storeTree } from './memory-store.ts';

const names = (path: string) => (path === '' ? [] : path.split('/').map((name) => Buffer.from(name)));

const store = new MemoryStore();
const root = directory(await storeTree(store, { a: { b: { 'c.txt': 'hello' } }, 'a.txt': 'x', empty: {} }));

test('a path leads to its entry', async () => {
  assert.is(await lookupPath(store, root, []), root);
  const file = await lookupPath(store, root, names('a/b/c.txt'));
  assert.is(file?.kind, Kind.file);
  assert.is(file?.size, 5);
  assert.is((await lookupPath(store, root, names('a/b')))?.kind, Kind.dir);
});

test('what is not there is undefined', async () => {
  for (const path of ['b', 'a/x', 'a/b/c', 'empty/x', 'x/y/z']) {
    assert.is(await lookupPath(store, root, names(path)), undefined, path);
  }
});

test('a path into a file is refused, with the name of the file', async () => {
  await fails(() => lookupPath(store, root, names('a.txt/b')), 'BAD_PATH', /^"a\.txt" is not a directory/);
  await fails(() => lookupPath(store, root, names('a/b/c.txt/d')), 'BAD_PATH', /^"a\/b\/c\.txt"/);
});

test('an empty tree has one page without rows', async () => {
  const empty = await lookupPath(store, root, names('empty'));
  assert.equal((await collect(readTree(store, empty!.id))).flat(), []);
});

test.run();
