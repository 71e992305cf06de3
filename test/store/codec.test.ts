import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Codec, compress, decode } from '../../src/store/pack/codec.ts';
import { throws } from './backend-suite.ts';

test('what is compressed is decoded', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 5000 }),
      fc.integer({ min: 1, max: 9 }),
      (bytes, level) => {
        const decoded = decode(Codec.zstd, compress(bytes, level), bytes.length, 'test');
        assert.ok(decoded.equals(bytes));
      },
    ),
  );
});

test('raw bytes are what they are', () => {
  const bytes = Buffer.from('abc');
  assert.is(decode(Codec.raw, bytes, 3, 'test'), bytes);
  throws(() => decode(Codec.raw, bytes, 4, 'test'), 'DAMAGED');
});

test('another length than stated is damage, whichever is longer', () => {
  const packed = compress(Buffer.alloc(100_000, 'abc'), 3);
  for (const length of [0, 1, 99_999, 100_001, 1_000_000]) {
    throws(() => decode(Codec.zstd, packed, length, 'test'), 'DAMAGED');
  }
});

test('a frame stays what it is when others are made', () => {
  const bytes = Buffer.alloc(100_000, 'abc');
  const packed = compress(bytes, 3);
  compress(randomBytes(100_000), 3);
  compress(Buffer.alloc(10, 'x'), 3);
  assert.ok(decode(Codec.zstd, packed, bytes.length, 'test').equals(bytes));
});

test('garbage, truncation and unknown codecs are refused', () => {
  const packed = compress(randomBytes(1000), 3);
  throws(() => decode(Codec.zstd, packed.subarray(0, 900), 1000, 'test'), 'DAMAGED');
  throws(() => decode(Codec.zstd, randomBytes(1000), 1000, 'test'), 'DAMAGED');
  throws(() => decode(Codec.zstd, Buffer.alloc(0), 1000, 'test'), 'DAMAGED');
  throws(() => decode(2, packed, 1000, 'test'), 'UNKNOWN_FORMAT');
});

test('a frame that wants a larger window than any block has is refused', () => {
  const { ZSTD_c_windowLog, ZSTD_c_contentSizeFlag } = zlib.constants;
  const params = { [ZSTD_c_windowLog]: 27, [ZSTD_c_contentSizeFlag]: 0 };
  const half = zlib.createZstdCompress({ params });
  half.write(Buffer.alloc(1000));
  half.end();
  return new Promise<void>((resolve, reject) => {
    const parts: Buffer[] = [];
    half.on('data', (part) => parts.push(part));
    half.on('error', reject);
    half.on('end', () => {
      throws(() => decode(Codec.zstd, Buffer.concat(parts), 1000, 'test'), 'DAMAGED');
      resolve();
    });
  });
});

test('the longest blocks are decoded, at every level', () => {
  const bytes = Buffer.alloc(16 * 1024 * 1024, 'a block of sixteen MiB');
  for (const level of [1, 3, 19, 22]) {
    assert.ok(decode(Codec.zstd, compress(bytes, level), bytes.length, 'test').equals(bytes));
  }
});

test('level 3 is as small as the one of zstd itself, within a hundredth', () => {
  const source = readFileSync(fileURLToPath(import.meta.resolve('fast-check')));
  const { ZSTD_c_compressionLevel } = zlib.constants;
  for (const bytes of [source, Buffer.concat(Array(9).fill(source)), source.subarray(0, 10_000)]) {
    const plain = zlib.zstdCompressSync(bytes, { params: { [ZSTD_c_compressionLevel]: 3 } });
    const frame = compress(bytes, 3);
    assert.ok(frame.length <= plain.length * 1.01, `${frame.length}, not ${plain.length}`);
    assert.ok(decode(Codec.zstd, frame, bytes.length, 'test').equals(bytes));
  }
});

test('what came before, damaged or whole, changes nothing', () => {
  const damaged = (frame: Buffer, at: number): Buffer => {
    const copy = Buffer.from(frame);
    copy[at % frame.length]! ^= 1 << (at % 8);
    return copy;
  };
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 3000 }),
      fc.nat(),
      fc.constantFrom(1, 3, 9),
      (bytes, at, level) => {
        const frame = compress(bytes, level);
        assert.ok(compress(bytes, level).equals(frame));
        for (const broken of [frame.subarray(0, at % frame.length), damaged(frame, at)]) {
          try {
            decode(Codec.zstd, broken, bytes.length, 'test');
          } catch {
            // or not: a bit may mean nothing
          }
          assert.ok(decode(Codec.zstd, frame, bytes.length, 'test').equals(bytes));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test.run();
