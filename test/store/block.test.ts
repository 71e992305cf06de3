import { randomBytes } from 'node:crypto';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { plainIds } from '../../src/store/hash/ids.ts';
import { ObjectType } from '../../src/store/id.ts';
import { BLOCK_HEADER_LENGTH, MAX_BLOCK_OBJECTS, openBlock, sealBlock } from '../../src/store/pack/block.ts';
import type { BlockObject } from '../../src/store/store.ts';
import { throws } from './backend-suite.ts';

function objectsOf(parts: readonly Uint8Array[]): BlockObject[] {
  return parts.map((part) => ({ id: plainIds.chunk(part), type: ObjectType.chunk, length: part.byteLength }));
}

function seal(...parts: Uint8Array[]): Buffer {
  return Buffer.from(sealBlock(objectsOf(parts), Buffer.concat(parts), 3).bytes);
}

test('golden bytes of a raw block', () => {
  const sealed = sealBlock(objectsOf([Buffer.from('ab'), Buffer.from('c')]), Buffer.from('abc'), 3);
  const header = '56424c4b 00 000000 00000003 00000003'.replaceAll(' ', '');
  assert.is(Buffer.from(sealed.bytes).toString('hex'), `${header}616263`);
  assert.is(sealed.rawLength, 3);
});

test('the header of a compressed block', () => {
  const raw = Buffer.alloc(1000, 'x');
  const bytes = seal(raw);
  assert.is(bytes.toString('latin1', 0, 4), 'VBLK');
  assert.is(bytes.toString('hex', 4, 8), '01000000');
  assert.is(bytes.readUInt32BE(8), 1000);
  assert.is(bytes.readUInt32BE(12), bytes.length - BLOCK_HEADER_LENGTH);
  assert.ok(bytes.length < 100);
  assert.ok(openBlock(bytes, 1000, 'test').equals(raw));
});

test('what zstd does not make shorter by 3 % is stored raw', () => {
  const random = randomBytes(10_000);
  assert.is(seal(random)[4], 0);
  assert.ok(openBlock(seal(random), random.length, 'test').equals(random));
  assert.is(seal(Buffer.concat([random, Buffer.alloc(100)]))[4], 0);
  assert.is(seal(Buffer.concat([random, Buffer.alloc(1000)]))[4], 1);
});

test('sealed bytes are alone in their memory', () => {
  for (const { bytes } of [
    sealBlock(objectsOf([Buffer.from('abc')]), Buffer.from('abc'), 3),
    sealBlock(objectsOf([Buffer.alloc(500)]), Buffer.alloc(500), 3),
  ]) {
    assert.is(bytes.byteLength, bytes.buffer.byteLength);
  }
});

test('what is sealed is opened', () => {
  const part = fc.uint8Array({ minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 9 }),
      (parts, level) => {
        const raw = Buffer.concat(parts);
        const sealed = sealBlock(objectsOf(parts), raw, level);
        assert.ok(openBlock(Buffer.from(sealed.bytes), raw.length, 'test').equals(raw));
      },
    ),
  );
});

test('a changed bit gives damage or other bytes than were sealed, or changes nothing', () => {
  for (const raw of [Buffer.from('a few raw bytes'), Buffer.alloc(300, 'compressible ')]) {
    const bytes = seal(raw);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      try {
        const opened = openBlock(changed, raw.length, 'test');
        assert.is(opened.length, raw.length);
        assert.ok(bit >= BLOCK_HEADER_LENGTH * 8, `bit ${bit} of the header does not matter`);
      } catch (error) {
        assert.match(String((error as { code: string }).code), /^(DAMAGED|UNKNOWN_FORMAT)$/);
      }
    }
  }
});

test('a block cut short or made longer is damage', () => {
  const bytes = seal(Buffer.alloc(300, 'compressible '));
  for (let length = 0; length < bytes.length; length++) {
    throws(() => openBlock(bytes.subarray(0, length), 300, 'test'), 'DAMAGED');
  }
  throws(() => openBlock(Buffer.concat([bytes, Buffer.alloc(1)]), 300, 'test'), 'DAMAGED');
  throws(() => openBlock(bytes, 299, 'test'), 'DAMAGED');
});

test('what is no block is not sealed', () => {
  const raw = Buffer.from('abc');
  throws(() => sealBlock([], Buffer.alloc(0), 3), 'BUG');
  throws(() => sealBlock([], raw, 3), 'BUG');
  throws(() => sealBlock(objectsOf([Buffer.from('ab')]), raw, 3), 'BUG');
  const tiny = objectsOf([Buffer.from('a')])[0]!;
  const many = Array.from({ length: MAX_BLOCK_OBJECTS + 1 }, () => tiny);
  throws(() => sealBlock(many, Buffer.alloc(many.length, 'a'), 3), 'BUG');
});

function prototypeWith(object: object, name: string): object {
  let at = object;
  while (!Object.hasOwn(at, name)) at = Object.getPrototypeOf(at);
  return at;
}

test('a compressor that errs is caught before its block leaves', () => {
  type Write = (...args: unknown[]) => void;
  const stream = zlib.createZstdCompress() as unknown as { _handle: { writeSync: Write } };
  const prototype = prototypeWith(stream._handle, 'writeSync') as { writeSync: Write };
  const original = prototype.writeSync;
  prototype.writeSync = function (...args) {
    original.apply(this, args);
    const [output, offset] = args.slice(4) as [Uint8Array, number];
    output[offset + 20]! ^= 1;
  };
  try {
    const raw = Buffer.from('the same words again and again, '.repeat(100));
    const id = plainIds.chunk(raw);
    // A level of its own: encoders are kept.
    assert.throws(
      () => sealBlock([{ id, type: ObjectType.chunk, length: raw.length }], raw, 13),
      /did not decode/,
    );
  } finally {
    prototype.writeSync = original;
  }
});

test.run();
