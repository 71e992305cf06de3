import { randomBytes } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LiveSet } from '../../src/store/live-set.ts';

test('adds once, finds once, and tells what has no place', () => {
  const set = new LiveSet();
  const ids = Array.from({ length: 20_000 }, () => randomBytes(32));
  for (const id of ids) assert.ok(set.add('chunk', id));
  for (const id of ids) assert.not(set.add('chunk', id));
  assert.equal([set.size, set.lost], [20_000, 20_000]);
  for (const id of ids.slice(1)) assert.ok(set.has('chunk', id) && set.find('chunk', id));
  assert.equal(
    [set.find('chunk', ids[1]!), set.isFound('chunk', ids[1]!), set.isFound('chunk', ids[0]!)],
    [false, true, false],
  );
  assert.equal([set.lost, set.firstLost()], [1, ids[0]!.toString('hex', 0, 16)]);
  assert.not(set.has('meta', ids[0]!));
  assert.not(set.find('chunk', randomBytes(32)));
  set.forgetFound();
  assert.equal([set.lost, set.isFound('chunk', ids[1]!)], [20_000, false]);
});

test('spaces are apart, and ids may lie in a table', () => {
  const set = new LiveSet();
  const table = Buffer.concat([randomBytes(5), randomBytes(32), randomBytes(32)]);
  assert.ok(set.add('meta', table, 5));
  assert.ok(set.has('meta', Buffer.from(table.subarray(5, 37))));
  assert.not(set.has('meta', table, 37));
  assert.ok(set.add('chunk', table, 5));
  assert.is(set.size, 2);
  assert.ok(set.find('chunk', table, 5));
  assert.not(set.isFound('meta', table, 5));
});

test('an id takes at most 31 bytes', () => {
  const set = new LiveSet();
  for (let i = 0; i < 120_000; i++) {
    set.add(i % 3 === 0 ? 'meta' : 'chunk', randomBytes(32));
    if (i % 10_000 === 9_999 && i > 50_000) assert.ok(set.bytes / set.size < 31, `${set.bytes / set.size}`);
  }
});

test.run();
