/**
 * A block is the unit of compression: some consecutive objects, or one large chunk.
 *
 *     magic "VBLK" · codec u8 · 3 zero bytes · raw length u32 BE · coded length u32 BE · coded bytes
 *
 * Sealing runs in worker threads: synchronous, nothing shared. What was compressed is decoded and compared before it
 * leaves, since from then on these bytes are the only copy that anybody will look at.
 */
import { invariant, VaultError } from '../../errors.ts';
import { damaged } from '../object-errors.ts';
import type { BlockObject, SealedBlock } from '../store.ts';
import { Codec, compressView, decode, decodesTo } from './codec.ts';

export const BLOCK_HEADER_LENGTH = 16;

/** Longest raw length of a block, and so of an object. A chunk is at most 8 MiB. */
export const MAX_BLOCK_RAW = 16 * 1024 * 1024;

/** Most objects in a block. */
export const MAX_BLOCK_OBJECTS = 65_536;

const MAGIC = 0x56424c4b; // "VBLK"

/** zstd must save a 32nd (3.1 %), else the block is stored raw and read without it. */
const SAVING_SHIFT = 5;

/**
 * Seals objects whose bytes lie in `raw` one after the other. The block's bytes are alone in their memory, so that a
 * worker can transfer them.
 * @param level zstd's level
 */
export function sealBlock(objects: readonly BlockObject[], raw: Uint8Array, level: number): SealedBlock {
  assertObjects(objects, raw.byteLength);
  const packed = compressView(raw, level);
  const pays = packed.length + (raw.byteLength >>> SAVING_SHIFT) < raw.byteLength;
  const coded = pays ? packed : raw;
  if (pays) assertDecodes(packed, raw);
  const bytes = Buffer.allocUnsafeSlow(BLOCK_HEADER_LENGTH + coded.byteLength);
  bytes.writeUInt32BE(MAGIC, 0);
  bytes.writeUInt32BE((pays ? Codec.zstd : Codec.raw) << 24, 4);
  bytes.writeUInt32BE(raw.byteLength, 8);
  bytes.writeUInt32BE(coded.byteLength, 12);
  bytes.set(coded, BLOCK_HEADER_LENGTH);
  return { bytes, rawLength: raw.byteLength, objects };
}

/**
 * The objects' bytes of a stored block, one after the other. Not yet verified against any id.
 * @param where names the block in errors: `pack <hex> at <offset>`
 * @throws DAMAGED, UNKNOWN_FORMAT
 */
export function openBlock(bytes: Buffer, rawLength: number, where: string): Buffer {
  const sound =
    rawLength <= MAX_BLOCK_RAW &&
    bytes.length >= BLOCK_HEADER_LENGTH &&
    bytes.readUInt32BE(0) === MAGIC &&
    bytes.readUIntBE(5, 3) === 0 &&
    bytes.readUInt32BE(8) === rawLength &&
    bytes.readUInt32BE(12) === bytes.length - BLOCK_HEADER_LENGTH;
  if (!sound) throw broken(where);
  return decode(bytes[4]!, bytes.subarray(BLOCK_HEADER_LENGTH), rawLength, where);
}

/** The codec that a block's first bytes name. @throws DAMAGED when they are no block's */
export function blockCodec(header: Buffer, where: string): number {
  if (header.length < BLOCK_HEADER_LENGTH || header.readUInt32BE(0) !== MAGIC) throw broken(where);
  return header[4]!;
}

/** What any block must be, also one that came from a worker. */
export function assertObjects(objects: readonly BlockObject[], rawLength: number): void {
  const count = objects.length;
  invariant(count > 0 && count <= MAX_BLOCK_OBJECTS, `a block of ${count} objects`);
  invariant(rawLength > 0 && rawLength <= MAX_BLOCK_RAW, `a block of ${rawLength} bytes`);
  let sum = 0;
  for (const { length } of objects) sum += length;
  invariant(sum === rawLength, `a block of ${rawLength} bytes whose objects have ${sum}`);
}

function assertDecodes(packed: Buffer, raw: Uint8Array): void {
  if (decodesTo(packed, raw)) return;
  throw new VaultError('BUG', 'compressed bytes did not decode to what they were made from', {
    hint: 'nothing was stored; check the memory of this machine',
  });
}

function broken(where: string): VaultError {
  return damaged(`the block in ${where} is damaged`, where);
}
