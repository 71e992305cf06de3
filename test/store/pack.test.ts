import zlib from 'node:zlib';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isVaultError } from '../../src/errors.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { sha256 } from '../../src/store/hash/hash.ts';
import { plainIds } from '../../src/store/hash/ids.ts';
import { ObjectType } from '../../src/store/id.ts';
import { packKey } from '../../src/store/layout.ts';
import { openBlock, sealBlock } from '../../src/store/pack/block.ts';
import { ROW_LENGTH, rowId, rowLength, rowType } from '../../src/store/pack/object-table.ts';
import {
  decodeFooter,
  decodeHeader,
  encodeFooter,
  footerLength,
  MAX_PACK_LENGTH,
  PACK_HEADER_LENGTH,
  PACK_TRAILER_LENGTH,
  type PackContents,
  visitObjects,
} from '../../src/store/pack/pack.ts';
import { PackBuilder } from '../../src/store/pack/pack-builder.ts';
import { readContents } from '../../src/store/pack/pack-reader.ts';
import { PackKind } from '../../src/store/space.ts';
import { rejects, throws } from './backend-suite.ts';
import { bytesOf } from './store-rig.ts';

const SALT = Buffer.from(Array.from({ length: 32 }, (_, i) => i));

/** A pack of blocks of objects; chunks, or trees in a meta pack. */
function build(kind: PackKind, blocks: readonly (readonly Uint8Array[])[]): { name: string; bytes: Buffer } {
  const builder = new PackBuilder(kind, SALT);
  const type = kind === PackKind.data ? ObjectType.chunk : ObjectType.tree;
  for (const parts of blocks) {
    const objects = parts.map((part) => {
      const id = type === ObjectType.chunk ? plainIds.chunk(part) : plainIds.meta(type, part);
      return { id, type, length: part.byteLength };
    });
    builder.add(sealBlock(objects, Buffer.concat(parts), 3));
  }
  const estimate = builder.size;
  const { name, parts } = builder.finish(3);
  const bytes = Buffer.concat(parts);
  assert.ok(bytes.length <= estimate, 'a pack is not longer than was estimated');
  return { name, bytes };
}

function contentsOf(bytes: Buffer): PackContents {
  const trailer = bytes.subarray(bytes.length - PACK_TRAILER_LENGTH);
  const stored = footerLength(trailer, bytes.length, 'test');
  const end = bytes.length - PACK_TRAILER_LENGTH;
  decodeHeader(bytes.subarray(0, PACK_HEADER_LENGTH), 'test');
  return decodeFooter(bytes.subarray(end - stored, end), trailer, bytes.length, 'test');
}

/** Every object of a pack, verified; throws what reading it throws. */
function readAll(bytes: Buffer): Buffer[] {
  const contents = contentsOf(bytes);
  const found: Buffer[] = [];
  visitObjects(contents, (row, blockOffset, blockLength, blockRawLength, offset) => {
    const block = openBlock(bytes.subarray(blockOffset, blockOffset + blockLength), blockRawLength, 'test');
    const object = block.subarray(offset, offset + rowLength(contents.objects, row));
    const type = rowType(contents.objects, row);
    const id = type === ObjectType.chunk ? plainIds.chunk(object) : plainIds.meta(type, object);
    if (!id.equals(rowId(contents.objects, row))) throw new Error('not the id');
    found.push(object);
  });
  return found;
}

test('golden bytes of a small pack', () => {
  const { name, bytes } = build(PackKind.data, [[Buffer.from('abc')]]);
  const id = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  const header = `5641554c5450414b 01 01 000000000000 ${SALT.toString('hex')}`;
  const block = '56424c4b 00 000000 00000003 00000003 616263';
  const footer = `94 01 c6 00000010 00000030 00000013 00000003 00000001 c6 00000025 ${id} 01 00000003 90`;
  const stored = Buffer.from(footer.replaceAll(' ', ''), 'hex');
  const crc = zlib.crc32(stored).toString(16).padStart(8, '0');
  const trailer = `00000042 00000042 ${crc} 00 000000 5641554c54454e44`;
  assert.is(bytes.toString('hex'), [header, block, footer, trailer].join('').replaceAll(' ', ''));
  assert.is(name, sha256(bytes).toString('hex'));
});

test('what a pack says it holds is what was put in', () => {
  const part = fc.uint8Array({ minLength: 1, maxLength: 200 });
  const blocks = fc.array(fc.array(part, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(blocks, fc.constantFrom(PackKind.data, PackKind.meta), (parts, kind) => {
      const { name, bytes } = build(kind, parts);
      assert.is(name, sha256(bytes).toString('hex'));
      assert.is(contentsOf(bytes).kind, kind);
      const found = readAll(bytes);
      assert.is(found.length, parts.flat().length);
      assert.ok(Buffer.concat(found).equals(Buffer.concat(parts.flat())));
    }),
    { numRuns: 60 },
  );
});

test('a changed bit or a lost end is detected, or every object is still right', () => {
  const parts = [
    [Buffer.from('raw object')],
    [Buffer.alloc(300, 'one '), Buffer.alloc(200, 'two ')],
    Array.from({ length: 12 }, (_, i) => bytesOf(i, 30)),
  ];
  const { name, bytes } = build(PackKind.data, parts);
  const whole = Buffer.concat(parts.flat());
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    assert.is.not(sha256(changed).toString('hex'), name);
    try {
      assert.ok(Buffer.concat(readAll(changed)).equals(whole), `bit ${bit} gave other bytes`);
    } catch (error) {
      const isTold =
        isVaultError(error, 'DAMAGED', 'UNKNOWN_FORMAT') || (error as Error).message === 'not the id';
      if (!isTold) throw error;
    }
  }
  for (let length = 0; length < bytes.length; length++) {
    throws(() => contentsOf(bytes.subarray(0, length)), 'DAMAGED');
  }
});

/** A pack with this footer, for a reader that meets it without a known name. */
function decodeRaw(raw: Buffer, blocksLength: number, codec = 0, rawLength = raw.length): PackContents {
  const trailer = Buffer.alloc(PACK_TRAILER_LENGTH);
  trailer.writeUInt32BE(raw.length, 0);
  trailer.writeUInt32BE(rawLength, 4);
  trailer.writeUInt32BE(zlib.crc32(raw), 8);
  trailer[12] = codec;
  trailer.write('VAULTEND', 16, 'latin1');
  return decodeFooter(
    raw,
    trailer,
    PACK_HEADER_LENGTH + blocksLength + raw.length + PACK_TRAILER_LENGTH,
    'test',
  );
}

function footerOf(blocks: number[][], objects: [type: number, length: number][]): Buffer {
  const blockRows = Buffer.alloc(blocks.length * 16);
  blocks.forEach((row, i) => {
    row.forEach((value, k) => {
      blockRows.writeUInt32BE(value, i * 16 + k * 4);
    });
  });
  const objectRows = Buffer.alloc(objects.length * ROW_LENGTH, 7);
  objects.forEach(([type, length], i) => {
    objectRows[i * ROW_LENGTH + 32] = type;
    objectRows.writeUInt32BE(length, i * ROW_LENGTH + 33);
  });
  const [footer, trailer] = encodeFooter(blockRows, objectRows, 3);
  return trailer[12] === 0 ? footer : zlib.zstdDecompressSync(footer);
}

test('a footer whose numbers do not agree is damage', () => {
  const sound = footerOf(
    [[48, 100, 30, 2]],
    [
      [1, 10],
      [1, 20],
    ],
  );
  assert.is(decodeRaw(sound, 100).kind, PackKind.data);
  // biome-ignore format: a table
  const unsound: [string, Buffer][] = [
    ['no block', footerOf([], [])],
    ['a gap before the first block', footerOf([[49, 99, 30, 1]], [[1, 30]])],
    ['a block behind the end', footerOf([[48, 101, 30, 1]], [[1, 30]])],
    ['a block that leaves a gap', footerOf([[48, 99, 30, 1]], [[1, 30]])],
    ['blocks that overlap', footerOf([[48, 60, 30, 1], [100, 48, 30, 1]], [[1, 30], [1, 30]])],
    ['a block too short for its header', footerOf([[48, 16, 30, 1], [64, 84, 30, 1]], [[1, 30], [1, 30]])],
    ['a block without objects', footerOf([[48, 50, 30, 1], [98, 50, 0, 0]], [[1, 30]])],
    ['more objects than rows', footerOf([[48, 100, 30, 2]], [[1, 30]])],
    ['more objects than there can be', footerOf([[48, 100, 30, 0xffffffff]], [[1, 30]])],
    ['more rows than objects', footerOf([[48, 100, 30, 1]], [[1, 30], [1, 1]])],
    ['objects longer than their block', footerOf([[48, 100, 30, 1]], [[1, 31]])],
    ['objects shorter than their block', footerOf([[48, 100, 30, 1]], [[1, 29]])],
    ['an empty object', footerOf([[48, 100, 30, 2]], [[1, 30], [1, 0]])],
    ['a block longer than any', footerOf([[48, 100, 2 ** 24 + 1, 1]], [[1, 2 ** 24 + 1]])],
    ['chunks beside trees', footerOf([[48, 100, 30, 2]], [[1, 10], [3, 20]])],
    ['an object without type', footerOf([[48, 100, 30, 1]], [[0, 30]])],
    ['no footer at all', Buffer.alloc(0)],
    ['another array', Buffer.concat([Buffer.of(0x93), sound.subarray(1)])],
    ['a table that is cut', sound.subarray(0, 20)],
    ['a table behind the end', Buffer.concat([sound.subarray(0, 3), Buffer.alloc(4, 0xff), sound.subarray(7)])],
    ['nothing behind the tables', sound.subarray(0, sound.length - 1)],
  ];
  for (const [what, raw] of unsound) {
    try {
      decodeRaw(raw, 100);
      assert.unreachable(what);
    } catch (error) {
      assert.ok(isVaultError(error, 'DAMAGED'), `${what}: ${error}`);
    }
  }
});

test('types and extensions of newer versions are let through, a newer version is not', () => {
  const footer = footerOf([[48, 100, 30, 1]], [[9, 30]]);
  assert.is(decodeRaw(footer, 100).kind, PackKind.meta);
  const extended = Buffer.concat([footer.subarray(0, footer.length - 1), Buffer.from('91920102', 'hex')]);
  assert.is(decodeRaw(extended, 100).objects.length, ROW_LENGTH);
  const newer = Buffer.from(footer);
  newer[1] = 2;
  throws(() => decodeRaw(newer, 100), 'UNKNOWN_FORMAT');
  const header = Buffer.alloc(PACK_HEADER_LENGTH);
  header.write('VAULTPAK\x02\x01', 'latin1');
  throws(() => decodeHeader(header, 'test'), 'UNKNOWN_FORMAT');
});

test('a footer cannot make its reader take more memory than it says, nor much', () => {
  const bomb = zlib.zstdCompressSync(Buffer.alloc(30_000_000));
  throws(() => decodeRaw(bomb, 100, 1, 1000), 'DAMAGED');
  throws(() => decodeRaw(bomb, 100, 1, 0xffffffff), 'DAMAGED');
  throws(() => footerLength(Buffer.alloc(PACK_TRAILER_LENGTH), 1000, 'test'), 'DAMAGED');
  const trailer = Buffer.alloc(PACK_TRAILER_LENGTH);
  trailer.write('VAULTEND', 16, 'latin1');
  throws(() => footerLength(trailer, MAX_PACK_LENGTH, 'test'), 'DAMAGED');
  trailer.writeUInt32BE(929, 0);
  throws(() => footerLength(trailer, 1000, 'test'), 'DAMAGED');
});

test('a footer longer than what is read at first is read whole', async () => {
  const backend = new MemoryBackend();
  const parts = Array.from({ length: 5000 }, (_, i) => bytesOf(i, 8));
  const { name, bytes } = build(PackKind.meta, [parts.slice(0, 2500), parts.slice(2500)]);
  await backend.create(packKey(name), [bytes]);
  const contents = await readContents(backend, name, bytes.length);
  assert.is(contents.objects.length, 5000 * ROW_LENGTH);
  assert.ok(contents.size - contents.blocks.readUInt32BE(16) > 64 * 1024);
  await rejects(readContents(backend, name, 10), 'DAMAGED');
  await rejects(readContents(backend, name, bytes.length - 1), 'DAMAGED');
  await rejects(readContents(backend, 'f'.repeat(64), 1000), 'NOT_FOUND');
});

test.run();
