import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Chunker, type ChunkerParams, createChunker } from '../../src/objects/chunker.ts';
import { gearTable } from '../../src/objects/gear.ts';
import { DEFAULT_CHUNKER } from '../../src/store/config.ts';
import { sha256 } from '../../src/store/hash/hash.ts';
import { fails } from './memory-store.ts';

const SMALL: ChunkerParams = { min: 256, avg: 1024, max: 4096 };

/** The same bytes in every run, and in any language: 32-bit words of xorshift (13, 17, 5), little-endian. */
function noise(length: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  let x = seed;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return Buffer.from(words.buffer, 0, length);
}

/** Ends of the chunks of `bytes`. */
function cuts(chunker: Chunker, bytes: Uint8Array): number[] {
  const ends: number[] = [];
  let start = 0;
  while (start < bytes.length) {
    start = chunker.next(bytes, start, bytes.length, true);
    ends.push(start);
  }
  return ends;
}

/** The same, when bytes arrive in the given sizes, through a buffer that is compacted in between. */
function cutsOfStream(chunker: Chunker, bytes: Buffer, sizes: number[], max: number): number[] {
  const ends: number[] = [];
  const window = Buffer.alloc(max + Math.max(...sizes));
  let held = 0;
  let taken = 0;
  let cut = 0;
  for (let read = 0; taken < bytes.length || held > 0; read++) {
    const size = Math.min(sizes[read % sizes.length]!, bytes.length - taken);
    bytes.copy(window, held, taken, taken + size);
    taken += size;
    held += size;
    let start = 0;
    for (;;) {
      const end = start < held ? chunker.next(window, start, held, taken === bytes.length) : -1;
      if (end < 0) break;
      cut += end - start;
      ends.push(cut);
      start = end;
    }
    window.copyWithin(0, start, held);
    held -= start;
  }
  return ends;
}

// The values were made by an independent program that follows docs/format.md.
const digest = (table: Int32Array) => sha256(new Uint8Array(table.buffer)).toString('hex');

test('golden: the gear table', () => {
  const table = gearTable();
  assert.equal([...table.subarray(0, 3)], [261355696, 1036189227, -1773437085]);
  assert.is(digest(table), '74618bc29a2fc9bf45001a027b697696a77a27cedfa843ba37bd2b0dfbd14555');
  const keyed = gearTable(Buffer.alloc(32, 7));
  assert.is(digest(keyed), '0475752f2d3ebc447f1677c4ec64e319e272e6d8639b73cef017122729abdc13');
});

test('golden: where noise is cut', () => {
  assert.equal(
    cuts(createChunker(DEFAULT_CHUNKER), noise(8 << 20)),
    [
      552959, 1113380, 1822741, 2371860, 2763757, 3456083, 3654248, 4183412, 4757495, 5310416, 6062713,
      6639814, 7204485, 7769681, 7939158, 8388608,
    ],
  );
  assert.equal(
    cuts(createChunker(SMALL), noise(20_000)),
    [
      1574, 2844, 4185, 5397, 6318, 7505, 8027, 8970, 10153, 11354, 12427, 13535, 14583, 16196, 17243, 18615,
      19829, 20000,
    ],
  );
  assert.equal(
    cuts(createChunker(SMALL, Buffer.alloc(32, 7)), noise(8000)),
    [1037, 2530, 3732, 4997, 5626, 7660, 8000],
  );
});

test('the more it is normalised, the nearer to the average chunks are', () => {
  const bytes = noise(4 << 20);
  const spread = [0, 1, 2, 3].map((normalization) => {
    const ends = cuts(createChunker({ ...SMALL, normalization }), bytes);
    const sizes = ends.map((end, i) => end - (ends[i - 1] ?? 0));
    const mean = bytes.length / sizes.length;
    return Math.sqrt(sizes.reduce((sum, size) => sum + (size - mean) ** 2, 0) / sizes.length);
  });
  for (const [i, deviation] of spread.slice(1).entries()) assert.ok(deviation < spread[i]!, `${spread}`);
  assert.equal(
    cuts(createChunker(SMALL), bytes),
    cuts(createChunker({ ...SMALL, normalization: 2 }), bytes),
    'level 2 unless given',
  );
});

test('what has no structure is cut at the maximum, what is short is one chunk', () => {
  assert.equal(cuts(createChunker(SMALL), Buffer.alloc(10_000)), [4096, 8192, 10_000]);
  for (const length of [1, 255, 256]) assert.equal(cuts(createChunker(SMALL), noise(length)), [length]);
  assert.equal(cuts(createChunker(SMALL), Buffer.alloc(0)), []);
});

test('while more will come, a chunk needs as many bytes as it may have', () => {
  const chunker = createChunker(SMALL);
  const bytes = noise(4096);
  assert.is(chunker.next(bytes, 0, 4095, false), -1);
  assert.ok(chunker.next(bytes, 0, 4096, false) > 0);
  assert.is(chunker.next(bytes, 0, 0, false), -1);
});

test('chunks are as long as they should be', () => {
  const length = 64 << 20;
  const ends = cuts(createChunker(DEFAULT_CHUNKER), noise(length));
  const sizes = ends.map((end, i) => end - (ends[i - 1] ?? 0)).slice(0, -1);
  for (const size of sizes) assert.ok(size > DEFAULT_CHUNKER.min && size <= DEFAULT_CHUNKER.max);
  const mean = length / ends.length;
  assert.ok(mean > 480 * 1024 && mean < 700 * 1024, `${mean}`);
  // What normalisation is for: most are near the average.
  const near = sizes.filter((size) => size > 450 * 1024 && size < 800 * 1024).length;
  assert.ok(near > sizes.length * 0.6, `${near} of ${sizes.length}`);
});

test('property: chunks are the input, whatever the read sizes', () => {
  const given = fc.tuple(
    fc.nat(60_000),
    fc.integer({ min: 1 }),
    fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 5 }),
  );
  const chunker = createChunker(SMALL);
  fc.assert(
    fc.property(given, ([length, seed, sizes]) => {
      const bytes = noise(length, seed);
      const ends = cuts(chunker, bytes);
      assert.equal(cutsOfStream(chunker, bytes, sizes, SMALL.max), ends);
      assert.is(ends.at(-1) ?? 0, length);
      for (const [i, end] of ends.entries()) {
        const size = end - (ends[i - 1] ?? 0);
        assert.ok(size <= SMALL.max && (size > SMALL.min || end === length));
      }
    }),
  );
});

test('property: an insertion changes a few chunks, wherever it is', () => {
  const bytes = noise(2 << 20);
  const chunker = createChunker(SMALL);
  const idsOf = (content: Buffer) => {
    const ends = cuts(chunker, content);
    return ends.map((end, i) => sha256(content.subarray(ends[i - 1] ?? 0, end)).toString('hex'));
  };
  const known = new Set(idsOf(bytes));
  fc.assert(
    fc.property(fc.nat(bytes.length), fc.uint8Array({ minLength: 1, maxLength: 100 }), (at, inserted) => {
      const changed = Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);
      const fresh = idsOf(changed).filter((id) => !known.has(id)).length;
      assert.ok(fresh <= 12, `${fresh} new chunks`);
    }),
    { numRuns: 50 },
  );
});

test('a key changes where cuts are', () => {
  const bytes = noise(100_000);
  const plain = new Set(cuts(createChunker(SMALL), bytes));
  const keyed = cuts(createChunker(SMALL, Buffer.alloc(32, 1)), bytes);
  assert.ok(keyed.filter((end) => plain.has(end)).length < keyed.length / 2);
});

test('impossible sizes are refused', async () => {
  for (const params of [
    { min: 63, avg: 128, max: 256 },
    { min: 128, avg: 128, max: 256 },
    { min: 128, avg: 256, max: 256 },
    { min: 128, avg: 256.5, max: 512 },
    { min: 128, avg: 256, max: 2 ** 27 },
    { min: Number.NaN, avg: 256, max: 512 },
  ]) {
    await fails(() => createChunker(params), 'USAGE', /chunk sizes/);
  }
  for (const normalization of [-1, 4, 1.5]) {
    await fails(() => createChunker({ ...SMALL, normalization }), 'USAGE', /normalised/);
  }
});

test.run();
