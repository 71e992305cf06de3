import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sortNames } from '../../src/platform/linux/name-sort.ts';

/** Sorts names as the folder does and gives them back. */
function sorted(names: Buffer[]): Buffer[] {
  const columns = Buffer.concat(names.map((name) => Buffer.concat([name, Buffer.from([0])])));
  const starts = new Uint32Array(names.length);
  let start = 0;
  names.forEach((name, i) => {
    starts[i] = start;
    start += name.length + 1;
  });
  sortNames(columns, starts);
  return [...starts].map((from) => columns.subarray(from, columns.indexOf(0, from)));
}

function check(names: Buffer[]): void {
  assert.equal(
    sorted(names).map((name) => name.toString('hex')),
    [...names].sort(Buffer.compare).map((name) => name.toString('hex')),
  );
}

const byte = (max: number) => fc.integer({ min: 1, max });
const name = (bytes: fc.Arbitrary<number>) =>
  fc.array(bytes, { minLength: 1, maxLength: 12 }).map((list) => Buffer.from(list));

test('any names, bytewise', () => {
  fc.assert(fc.property(fc.array(name(byte(255)), { maxLength: 300 }), check));
});

test('names of few letters share long beginnings, and some come twice', () => {
  fc.assert(fc.property(fc.array(name(byte(2)), { maxLength: 300 }), check));
});

test('long common beginnings, ascending, descending, all equal', () => {
  const numbered = Array.from({ length: 3000 }, (_, i) => Buffer.from(`${'x'.repeat(240)}${i}`));
  check(numbered);
  check([...numbered].reverse());
  check(Array<Buffer>(3000).fill(Buffer.from('same')));
  check(Array.from({ length: 250 }, (_, i) => Buffer.alloc(i + 1, 'a')));
});

test('what is bad for a pivot stays fast and shallow', () => {
  // Every depth has one name that differs, so that each step takes off only a few.
  const names = Array.from({ length: 60_000 }, (_, i) => Buffer.from(`${'a'.repeat(i % 250)}b${i}`));
  const began = performance.now();
  check(names);
  assert.ok(performance.now() - began < 5000);
});

test.run();
