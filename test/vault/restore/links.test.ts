import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Entry, Kind } from '../../../src/index.ts';
import { HardLinks } from '../../../src/vault/restore/stage/links.ts';

function file(ino: number, nlink: number, content = 1, fields: Partial<Entry> = {}): Entry {
  return { name: Buffer.from('x'), kind: Kind.file, id: Buffer.alloc(32, content), ino, nlink, ...fields };
}

test('names of one file find their group', () => {
  const links = new HardLinks();
  const first = links.take(file(7, 3));
  assert.ok(typeof first === 'object' && first.first);
  for (let i = 0; i < 2; i++) {
    const next = links.take(file(7, 3));
    assert.ok(typeof next === 'object' && !next.first && next.group === first.group);
  }
  // All three have come: the number may be another file's.
  const other = links.take(file(7, 2, 2));
  assert.ok(typeof other === 'object' && other.first);
});

test('files with one name, other contents, kinds and file systems', () => {
  const links = new HardLinks();
  links.take(file(7, 9));
  assert.is(links.take(file(8, 1)), undefined);
  assert.is(links.take({ ...file(7, 9), kind: Kind.dir }), undefined);
  assert.is(links.take(file(7, 9, 2)), undefined);
  assert.is(links.take(file(7, 9, 1, { kind: Kind.fifo })), undefined);
  const elsewhere = links.take(file(7, 9, 1, { fs: 1 }));
  assert.ok(typeof elsewhere === 'object' && elsewhere.first);
  const { ino: _, ...unknown } = file(7, 9);
  assert.is(links.take(unknown), undefined);
});

test('more groups than are remembered', () => {
  const links = new HardLinks(2);
  for (const ino of [1, 2]) assert.type(links.take(file(ino, 2)), 'object');
  assert.is(links.take(file(3, 2)), 'forgotten');
  links.take(file(1, 2));
  assert.type(links.take(file(4, 2)), 'object');
});

test.run();
