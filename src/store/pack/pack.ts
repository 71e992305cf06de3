/**
 * A pack: blocks and, at the end, the table of what lies in them. Its name is the SHA-256 of all its bytes.
 *
 *     header 48    magic "VAULTPAK" · version u8 = 1 · kind u8 (1 data, 2 meta) · 6 zero bytes · salt 32
 *     blocks       one after the other, no gaps
 *     footer       msgpack [1, blocks: bin, objects: bin, extensions: []], coded
 *     trailer 24   stored length u32 · raw length u32 · CRC-32 of the stored footer u32 · codec u8 · 3 zero bytes ·
 *                  magic "VAULTEND"
 *
 * `blocks` has 16 bytes a block: offset, stored length, raw length, number of objects, each u32. `objects` are the rows
 * of object-table.ts, block after block; an object begins in its decoded block where the one before it ends. Integers
 * are big-endian. Both binaries are written as `bin 32`, so that no msgpack decoder is needed where bytes are hostile.
 */
import zlib from 'node:zlib';
import { VaultError } from '../../errors.ts';
import { ObjectType } from '../id.ts';
import { damaged } from '../object-errors.ts';
import { PackKind } from '../space.ts';
import { BLOCK_HEADER_LENGTH, MAX_BLOCK_OBJECTS, MAX_BLOCK_RAW } from './block.ts';
import { Codec, compress, decode } from './codec.ts';
import { ROW_LENGTH, rowLength, rowType } from './object-table.ts';

export const PACK_HEADER_LENGTH = 48;
export const PACK_TRAILER_LENGTH = 24;
export const SALT_LENGTH = 32;

/** A pack is shorter than this. */
export const MAX_PACK_LENGTH = 64 * 1024 * 1024;

/** Most objects in a pack: it bounds the footer, and what the index writes at once. */
export const MAX_PACK_OBJECTS = 262_144;

export const BLOCK_ROW_LENGTH = 16;

const MAGIC = Buffer.from('VAULTPAK');
const END_MAGIC = Buffer.from('VAULTEND');
const VERSION = 1;

/** Bytes of the footer around the two tables: array, version, two `bin 32` heads, an empty array. */
const FOOTER_FRAME = 13;
const FIXARRAY_4 = 0x94;
const BIN_32 = 0xc6;
const EMPTY_ARRAY = 0x90;

/** Rows of objects, and as many blocks, with room for extensions of newer versions. */
const MAX_FOOTER_RAW = MAX_PACK_OBJECTS * (ROW_LENGTH + BLOCK_ROW_LENGTH) + 65_536;

/** What a pack says it holds, checked against itself and its length. */
export interface PackContents {
  kind: PackKind;
  /** bytes of the whole pack */
  size: number;
  /** 16 bytes a block */
  blocks: Buffer;
  /** 37 bytes an object */
  objects: Buffer;
}

export function encodeHeader(kind: PackKind, salt: Buffer): Buffer {
  const header = Buffer.alloc(PACK_HEADER_LENGTH);
  MAGIC.copy(header);
  header[8] = VERSION;
  header[9] = kind;
  salt.copy(header, 16);
  return header;
}

/**
 * The kind that a pack's first 48 bytes state.
 * @throws DAMAGED, UNKNOWN_FORMAT
 */
export function decodeHeader(header: Buffer, where: string): PackKind {
  if (header.length < PACK_HEADER_LENGTH || !header.subarray(0, 8).equals(MAGIC))
    throw broken(where, 'its header');
  if (header[8] !== VERSION) throw unknownVersion(where, header[8]!);
  const kind = header[9];
  const known = kind === PackKind.data || kind === PackKind.meta;
  if (!known || header.readUIntBE(10, 6) !== 0) throw broken(where, 'its header');
  return kind;
}

/** The random bytes of a header that `decodeHeader` took for one: they keep a name from being made twice. */
export function headerSalt(header: Buffer): Buffer {
  return header.subarray(PACK_HEADER_LENGTH - SALT_LENGTH, PACK_HEADER_LENGTH);
}

/** The footer as it is stored, and the trailer. What was compressed is decoded and compared. */
export function encodeFooter(
  blocks: Buffer,
  objects: Buffer,
  level: number,
): [footer: Buffer, trailer: Buffer] {
  const raw = Buffer.allocUnsafe(FOOTER_FRAME + blocks.length + objects.length);
  raw[0] = FIXARRAY_4;
  raw[1] = VERSION;
  const next = writeBin(raw, 2, blocks);
  const end = writeBin(raw, next, objects);
  raw[end] = EMPTY_ARRAY;
  const packed = compress(raw, level);
  const pays = packed.length < raw.length && decode(Codec.zstd, packed, raw.length, 'a new pack').equals(raw);
  const footer = pays ? packed : raw;
  const trailer = Buffer.alloc(PACK_TRAILER_LENGTH);
  trailer.writeUInt32BE(footer.length, 0);
  trailer.writeUInt32BE(raw.length, 4);
  trailer.writeUInt32BE(zlib.crc32(footer), 8);
  trailer[12] = pays ? Codec.zstd : Codec.raw;
  END_MAGIC.copy(trailer, 16);
  return [footer, trailer];
}

/**
 * The stored length of the footer that a pack's last 24 bytes state.
 * @param size bytes of the whole pack
 * @throws DAMAGED
 */
export function footerLength(trailer: Buffer, size: number, where: string): number {
  const sound =
    trailer.length === PACK_TRAILER_LENGTH &&
    trailer.subarray(16).equals(END_MAGIC) &&
    trailer.readUIntBE(13, 3) === 0 &&
    size < MAX_PACK_LENGTH &&
    trailer.readUInt32BE(0) <= size - PACK_HEADER_LENGTH - PACK_TRAILER_LENGTH &&
    trailer.readUInt32BE(4) <= MAX_FOOTER_RAW;
  if (!sound) throw broken(where, 'its end');
  return trailer.readUInt32BE(0);
}

/**
 * What a pack holds, from its stored footer and trailer. Every number is checked against the others.
 * @throws DAMAGED, UNKNOWN_FORMAT
 */
export function decodeFooter(footer: Buffer, trailer: Buffer, size: number, where: string): PackContents {
  const stored = footerLength(trailer, size, where);
  if (footer.length !== stored || zlib.crc32(footer) !== trailer.readUInt32BE(8))
    throw broken(where, 'its footer');
  const raw = decode(trailer[12]!, footer, trailer.readUInt32BE(4), where);
  if (raw[0] !== FIXARRAY_4 || raw.length < FOOTER_FRAME) throw broken(where, 'its footer');
  if (raw[1] !== VERSION) throw unknownVersion(where, raw[1]!);
  const blocks = readBin(raw, 2, where);
  const objects = readBin(raw, 7 + blocks.length, where);
  const blocksEnd = size - PACK_TRAILER_LENGTH - stored;
  if (!areConsistent(blocks, objects, blocksEnd)) throw broken(where, 'its footer');
  const kind = kindOf(objects);
  if (kind === undefined) throw broken(where, 'its footer');
  return { kind, size, blocks, objects };
}

/** A block's row in the footer; lengths and offset in bytes. */
export interface BlockRow {
  offset: number;
  length: number;
  rawLength: number;
  objects: number;
}

export function blockRows({ blocks }: PackContents): BlockRow[] {
  const rows: BlockRow[] = [];
  for (let at = 0; at < blocks.length; at += BLOCK_ROW_LENGTH) {
    rows.push({
      offset: blocks.readUInt32BE(at),
      length: blocks.readUInt32BE(at + 4),
      rawLength: blocks.readUInt32BE(at + 8),
      objects: blocks.readUInt32BE(at + 12),
    });
  }
  return rows;
}

/** Called once per object, in order. Offsets and lengths are in bytes; `offset` is in the decoded block. */
export type ObjectVisitor = (
  row: number,
  blockOffset: number,
  blockLength: number,
  blockRawLength: number,
  offset: number,
) => void;

export function visitObjects(contents: PackContents, visit: ObjectVisitor): void {
  let row = 0;
  for (const { offset: blockOffset, length, rawLength, objects } of blockRows(contents)) {
    const end = row + objects;
    for (let offset = 0; row < end; row++) {
      visit(row, blockOffset, length, rawLength, offset);
      offset += rowLength(contents.objects, row);
    }
  }
}

function writeBin(target: Buffer, at: number, bytes: Buffer): number {
  target[at] = BIN_32;
  target.writeUInt32BE(bytes.length, at + 1);
  bytes.copy(target, at + 5);
  return at + 5 + bytes.length;
}

function readBin(raw: Buffer, at: number, where: string): Buffer {
  const sound = at + 5 < raw.length && raw[at] === BIN_32 && raw.readUInt32BE(at + 1) < raw.length - at - 5;
  if (!sound) throw broken(where, 'its footer');
  return raw.subarray(at + 5, at + 5 + raw.readUInt32BE(at + 1));
}

/** Blocks fill the pack from its header to its footer, objects fill the blocks. */
function areConsistent(blocks: Buffer, objects: Buffer, blocksEnd: number): boolean {
  if (blocks.length === 0 || blocks.length % BLOCK_ROW_LENGTH !== 0 || objects.length % ROW_LENGTH !== 0)
    return false;
  const count = objects.length / ROW_LENGTH;
  if (count > MAX_PACK_OBJECTS) return false;
  let next = PACK_HEADER_LENGTH;
  let row = 0;
  for (let at = 0; at < blocks.length; at += BLOCK_ROW_LENGTH) {
    const length = blocks.readUInt32BE(at + 4);
    const rawLength = blocks.readUInt32BE(at + 8);
    const objectsHere = blocks.readUInt32BE(at + 12);
    if (blocks.readUInt32BE(at) !== next || length <= BLOCK_HEADER_LENGTH || rawLength > MAX_BLOCK_RAW)
      return false;
    if (objectsHere === 0 || objectsHere > MAX_BLOCK_OBJECTS || objectsHere > count - row) return false;
    let left = rawLength;
    for (const end = row + objectsHere; row < end; row++) {
      const objectLength = rowLength(objects, row);
      if (objectLength === 0 || objectLength > left) return false;
      left -= objectLength;
    }
    if (left !== 0) return false;
    next += length;
  }
  return row === count && next === blocksEnd;
}

/** Chunks lie in data packs, everything else in meta packs, also types that only a newer version knows. */
function kindOf(objects: Buffer): PackKind | undefined {
  const kind = rowType(objects, 0) === ObjectType.chunk ? PackKind.data : PackKind.meta;
  for (let i = 0; i < objects.length / ROW_LENGTH; i++) {
    const type: number = rowType(objects, i);
    if (type === 0 || (type === ObjectType.chunk) !== (kind === PackKind.data)) return undefined;
  }
  return kind;
}

function broken(where: string, what: string): VaultError {
  return damaged(`${where} is damaged: ${what} is not that of a pack`, where);
}

function unknownVersion(where: string, version: number): VaultError {
  return new VaultError(
    'UNKNOWN_FORMAT',
    `${where} has format version ${version}; this version knows ${VERSION}`,
    {
      hint: 'use a newer version of vault',
      subject: where,
    },
  );
}
