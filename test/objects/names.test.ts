import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  compareNames,
  comparePaths,
  joinPath,
  nameFault,
  pathFault,
  quote,
} from '../../src/objects/names.ts';
import * as arbitrary from './arbitraries.ts';

const sorted = (paths: string[]) =>
  paths
    .map((path) => Buffer.from(path))
    .sort(comparePaths)
    .map(String);

test('walk order: a folder, all that is in it, then names that go on where it ends', () => {
  const order = ['', 'a', 'a/b', 'a/b/c', 'a/c', 'a b', 'a-b', 'a.txt', 'ab', 'b'];
  assert.equal(sorted([...order].reverse()), order);
});

test('joining: the root of a tree is empty, that of the disk a slash', () => {
  const join = (folder: string, name: string) => joinPath(Buffer.from(folder), Buffer.from(name)).toString();
  assert.equal(
    [join('', 'a'), join('/', 'a'), join('/a', 'b'), join('a', 'b'), join('/', '')],
    ['a', '/a', '/a/b', 'a/b', '/'],
  );
});

test('property: walk order is that of the names, one after the other', () => {
  const names = fc.array(arbitrary.name, { minLength: 1, maxLength: 5 });
  const join = (parts: Buffer[]) =>
    parts.reduce((path, name) => joinPath(path, name), Buffer.alloc(0) as Buffer);
  fc.assert(
    fc.property(names, names, (a, b) => {
      let expected = 0;
      for (let i = 0; expected === 0 && i < Math.max(a.length, b.length); i++) {
        expected = !a[i] ? -1 : !b[i] ? 1 : Buffer.compare(a[i]!, b[i]!);
      }
      assert.is(Math.sign(comparePaths(join(a), join(b))), expected);
    }),
  );
});

test('property: names compare as bytes', () => {
  fc.assert(
    fc.property(arbitrary.name, arbitrary.name, (a, b) => {
      assert.is(Math.sign(compareNames(a, b)), Buffer.compare(a, b));
    }),
  );
});

test('names and paths that mean something else are found', () => {
  for (const name of ['a', '...', '.a', ' ', '\xff', 'a'.repeat(4096)]) {
    assert.is(nameFault(Buffer.from(name, 'latin1')), undefined);
  }
  for (const name of ['', '.', '..', 'a/b', '/', 'a\0', 'a'.repeat(4097)])
    assert.ok(nameFault(Buffer.from(name)));
  for (const path of ['', 'a', 'a/b', '.a/..b']) assert.is(pathFault(Buffer.from(path)), undefined, path);
  for (const path of ['/', '/a', 'a/', 'a//b', './a', 'a/..', 'a/\0'])
    assert.ok(pathFault(Buffer.from(path)), path);
  const longest = Buffer.from('d/'.repeat(524_288)).subarray(0, -1);
  assert.is(pathFault(longest), undefined);
  assert.is(pathFault(Buffer.concat([longest, Buffer.from('/d')])), 'is longer than 1048576 bytes');
});

test('names are quoted for messages', () => {
  assert.is(quote(Buffer.from('a"\n')), '"a\\"\\n"');
});

test.run();
