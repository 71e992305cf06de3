import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VaultError } from '../../src/errors.ts';
import { decode, encode, fromInt, int, skipValue, text } from '../../src/objects/encoding.ts';
import { Malformed } from '../../src/objects/malformed.ts';

const hex = (value: Parameters<typeof encode>[0]) => encode(value).toString('hex');
const bad = (bytes: Buffer, reason: RegExp) =>
  assert.throws(
    () => decode(bytes),
    (error: unknown) => error instanceof Malformed && reason.test(error.message),
  );

test('integers take the fewest bytes up to 32 bits, and nine from there', () => {
  const golden: [number | bigint, string][] = [
    [0, '00'],
    [0x1f, '1f'],
    [0x20, '20'],
    [0x7f, '7f'],
    [0x80, 'cc80'],
    [0xff, 'ccff'],
    [0x100, 'cd0100'],
    [0xffff, 'cdffff'],
    [0x10000, 'ce00010000'],
    [0xffffffff, 'ceffffffff'],
    [2 ** 32, 'd30000000100000000'],
    [Number.MAX_SAFE_INTEGER, 'd3001fffffffffffff'],
    [2n ** 53n + 1n, 'd30020000000000001'],
    [2n ** 63n, 'cf8000000000000000'],
    [2n ** 64n - 1n, 'cfffffffffffffffff'],
    [5n, '05'],
    [-1, 'ff'],
    [-32, 'e0'],
    [-33, 'd0df'],
    [-128, 'd080'],
    [-129, 'd1ff7f'],
    [-32768, 'd18000'],
    [-32769, 'd2ffff7fff'],
    [-(2 ** 31), 'd280000000'],
    [-(2 ** 31) - 1, 'd3ffffffff7fffffff'],
    [-(2n ** 63n), 'd38000000000000000'],
  ];
  for (const [value, bytes] of golden) {
    assert.is(hex(int(value)), bytes, String(value));
    const back = decode(Buffer.from(bytes, 'hex')) as number | bigint;
    assert.is(typeof back === 'bigint' ? fromInt(back) : back, fromInt(BigInt(value)), String(value));
  }
});

test('what is no integer of 64 bits is refused', () => {
  for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 64, 1n << 64n, -(1n << 63n) - 1n]) {
    assert.throws(
      () => int(value),
      (error: unknown) => error instanceof VaultError && error.code === 'USAGE',
    );
  }
});

test('the bytes of everything else', () => {
  assert.is(hex([null, true, false]), '93c0c3c2');
  assert.is(hex([]), '90');
  assert.is(hex(Array(16).fill(1)), `dc0010${'01'.repeat(16)}`);
  assert.is(hex(Buffer.from('ab')), 'c4026162');
  assert.is(hex(Buffer.alloc(256, 1)), `c50100${'01'.repeat(256)}`);
  assert.is(hex(Buffer.alloc(65536, 1)).slice(0, 12), 'c60001000001');
  assert.is(hex('ab'), 'a26162');
  assert.is(hex('x'.repeat(31)), `bf${'78'.repeat(31)}`);
  assert.is(hex('x'.repeat(32)), `d920${'78'.repeat(32)}`);
  assert.is(hex('é'.repeat(16)), `d920${'c3a9'.repeat(16)}`, 'the header counts bytes, not characters');
  assert.is(hex('€'.repeat(100)), `da012c${'e282ac'.repeat(100)}`);
  assert.is(hex(text('a\ud800')), 'a461efbfbd');
});

test('no map, float, undefined or class is ever written', () => {
  for (const value of [{ a: 1 }, new Map([[1, 2]]), 1.5, 2 ** 32, undefined, new Date(0), [[{}]]]) {
    assert.throws(
      () => encode(value as never),
      (error: unknown) => error instanceof VaultError && error.code === 'BUG',
    );
  }
});

test('no other type is ever read', () => {
  for (const head of [
    '80',
    '8101',
    'ca00000000',
    'cb0000000000000000',
    'c1',
    'c70100',
    'd40000',
    'd60000000000',
    'de',
    'df',
  ]) {
    bad(Buffer.from(`91${head}`, 'hex'), /forbidden type|ends early/);
  }
  bad(Buffer.from('d47200', 'hex'), /forbidden type/);
});

test('a promise of more than there is, is noticed before anything is allocated', () => {
  const before = process.memoryUsage().heapUsed;
  bad(Buffer.from('ddffffffff', 'hex'), /ends early/);
  bad(Buffer.from('dcffff00', 'hex'), /ends early/);
  bad(Buffer.from('c6ffffffff00', 'hex'), /ends early/);
  bad(Buffer.from('dbffffffff00', 'hex'), /ends early/);
  // 72 KB of arrays that each promise all that is left: the input that exhausts the heap of a trusting decoder.
  const liar = Buffer.alloc(72_000);
  for (let i = 0; i + 5 <= liar.length; i += 5) {
    liar[i] = 0xdd;
    liar.writeUInt32BE(liar.length - i - 5, i + 1);
  }
  bad(liar, /nests too deep/);
  // The same without depth: siblings that promise what the others have used.
  const siblings = Buffer.concat([
    Buffer.from('dd00003a98', 'hex'),
    Buffer.from('dc11170000'.repeat(14_000), 'hex'),
  ]);
  bad(siblings, /ends early|nests too deep/);
  bad(Buffer.concat([Buffer.from('dd00200000', 'hex'), Buffer.alloc(0x200000)]), /too many values/);
  bad(Buffer.alloc(1 << 20, 0x91), /nests too deep/);
  assert.ok(process.memoryUsage().heapUsed - before < 64e6);
});

test('every truncation and every trailing byte is noticed', () => {
  const whole = encode([
    1,
    [Buffer.from('abc'), 'text', null],
    int(2 ** 40),
    Buffer.alloc(300),
    'y'.repeat(40),
  ]);
  for (let length = 0; length < whole.length; length++) bad(whole.subarray(0, length), /ends early/);
  bad(Buffer.concat([whole, Buffer.alloc(1)]), /behind its end/);
  assert.is(skipValue(Buffer.concat([whole, whole]), whole.length), whole.length * 2);
});

test('depth 8 is allowed, 9 is not', () => {
  assert.equal(decode(Buffer.from('9191919191919190', 'hex')), [[[[[[[[]]]]]]]]);
  bad(Buffer.from('919191919191919190', 'hex'), /nests too deep/);
});

test('property: decode gives what was encoded, and random bytes never do harm', () => {
  const leaf = fc.oneof(
    fc.constantFrom(null, true, false),
    fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n }).map(int),
    fc.string({ unit: 'grapheme', maxLength: 400 }),
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  );
  const value = fc.array(fc.oneof(leaf, fc.array(leaf, { maxLength: 20 })), { maxLength: 20 });
  fc.assert(fc.property(value, (given) => assert.equal(decode(encode(given)), given)));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (array) => {
      try {
        decode(Buffer.from(array));
      } catch (error) {
        assert.instance(error, Malformed);
      }
    }),
    { numRuns: 2000 },
  );
});

test.run();
