import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sortNames } from '../../src/platform/linux/name-sort.ts';

interface Columns {
  bytes: Buffer;
  starts: Uint32Array;
}

function columnsOf(names: Buffer[]): Columns {
  const bytes = Buffer.concat(names.map((name) => Buffer.concat([name, Buffer.from([0])])));
  const starts = new Uint32Array(names.length);
  let start = 0;
  names.forEach((name, i) => {
    starts[i] = start;
    start += name.length + 1;
  });
  return { bytes, starts };
}

function namesOf({ bytes, starts }: Columns): Buffer[] {
  return [...starts].map((from) => bytes.subarray(from, bytes.indexOf(0, from)));
}

/** Sorts names as the folder does and gives them back. */
function sorted(names: Buffer[]): Buffer[] {
  const columns = columnsOf(names);
  sortNames(columns.bytes, columns.starts);
  return namesOf(columns);
}

/** Bytes that sorting reads, and how many calls are open at once at most, looked at every 499 bytes. */
function costOf(names: Buffer[]): { reads: number; depth: number; sum: number } {
  const { bytes, starts } = columnsOf(names);
  const cost = { reads: 0, depth: 0, sum: bytes.length };
  const limit = Error.stackTraceLimit;
  const counted = new Proxy(bytes, {
    get(target, at) {
      if (cost.reads++ % 499 === 0) {
        const calls = new Error().stack!.match(/\bsortRange\b/g)?.length ?? 0;
        cost.depth = Math.max(cost.depth, calls);
      }
      return Reflect.get(target, at);
    },
  });
  Error.stackTraceLimit = 100_000;
  try {
    sortNames(counted, starts);
  } finally {
    Error.stackTraceLimit = limit;
  }
  return cost;
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

test('what is bad for a pivot is read a few times, and the recursion is shallow', () => {
  // Every depth has one name that differs, so that each step takes off only a few.
  const bad = (count: number) =>
    Array.from({ length: count }, (_, i) => Buffer.from(`${'a'.repeat(i % 250)}b${i}`));
  check(bad(6000));
  const kinds: Record<string, (count: number) => Buffer[]> = {
    bad,
    ascending: (count) => bad(count).sort(Buffer.compare),
    descending: (count) => bad(count).sort(Buffer.compare).reverse(),
    equal: (count) => Array<Buffer>(count).fill(Buffer.alloc(100, 'a')),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    const { reads, depth, sum } = costOf(make(4000));
    assert.ok(reads <= 4 * sum, `${kind}: ${reads} reads of ${sum} bytes`);
    assert.ok(depth <= 1 + Math.log2(4000), `${kind}: ${depth} calls`);
  }
});

test.run();
