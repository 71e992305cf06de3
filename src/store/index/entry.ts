/**
 * Keys and values of what the index knows about packs and objects. Integers are big-endian.
 *
 *     m + id, c + id             metadata object, chunk: 29 bytes, see `encodeEntry`
 *     d + (m or c) + id + u32    the same object in a further pack, whose ordinal ends the key
 *     p + u32                    a pack by its ordinal: name 32 · kind u8 · size u32 · objects u32
 *     n + name                   a pack's ordinal, u32
 *     #                          counters: next ordinal u32 · objects recorded u48 · objects of packs that are gone u48
 *     !                          the marker (index/folder.ts)
 *
 * `h`, `s`, `k` and `x` are taken by the history of paths. Metadata and chunks have key spaces of their own, so that no
 * file's content passes for a tree. Ordinals are given once; an entry whose ordinal is no pack's any more is void.
 */
import { ID_LENGTH, type ObjectType } from '../id.ts';
import type { PackKind, Space } from '../space.ts';
import type { Location } from '../store.ts';

const SPACE_BYTE = { meta: 0x6d, chunk: 0x63 } as const;
const DUPLICATE = 0x64;
const PACK = 0x70;
const NAME = 0x6e;

export const COUNTERS_KEY = Buffer.from('#');

/** Begins the keys of packs' records; of their names; of further places. */
export const PACKS = Buffer.of(PACK);
export const NAMES = Buffer.of(NAME);
export const DUPLICATES = Buffer.of(DUPLICATE);

export function spacePrefix(space: Space): Buffer {
  return Buffer.from([SPACE_BYTE[space]]);
}

/** `id` may be an id's first bytes. */
export function objectKey(space: Space, id: Uint8Array): Buffer {
  const key = Buffer.allocUnsafe(1 + id.length);
  key[0] = SPACE_BYTE[space];
  key.set(id, 1);
  return key;
}

/** The key of an object's further places; with an ordinal of one of them. */
export function duplicateKey(object: Buffer, ordinal?: number): Buffer {
  const key = Buffer.allocUnsafe(1 + object.length + (ordinal === undefined ? 0 : 4));
  key[0] = DUPLICATE;
  key.set(object, 1);
  if (ordinal !== undefined) key.writeUInt32BE(ordinal, 1 + object.length);
  return key;
}

export function packRecordKey(ordinal: number): Buffer {
  const key = Buffer.allocUnsafe(5);
  key[0] = PACK;
  key.writeUInt32BE(ordinal, 1);
  return key;
}

export function packNameKey(pack: string): Buffer {
  const key = Buffer.allocUnsafe(1 + ID_LENGTH);
  key[0] = NAME;
  key.write(pack, 1, 'hex');
  return key;
}

/** The pack of a name's key. */
export function nameOfKey(key: Buffer): string {
  return key.toString('hex', 1);
}

export const ENTRY_LENGTH = 25;

/** An object's place as the index has it: its pack by number. */
export interface IndexEntry extends Omit<Location, 'pack'> {
  ordinal: number;
}

/** ordinal u32 · block offset u32 · stored length u32 · raw length u32 · offset in the block u32 · length u32 · type u8 */
export function encodeEntry(target: Buffer, entry: IndexEntry): void {
  target.writeUInt32BE(entry.ordinal, 0);
  target.writeUInt32BE(entry.blockOffset, 4);
  target.writeUInt32BE(entry.blockLength, 8);
  target.writeUInt32BE(entry.blockRawLength, 12);
  target.writeUInt32BE(entry.offset, 16);
  target.writeUInt32BE(entry.length, 20);
  target[24] = entry.type;
}

export function decodeEntry(value: Buffer): IndexEntry {
  return {
    ordinal: value.readUInt32BE(0),
    blockOffset: value.readUInt32BE(4),
    blockLength: value.readUInt32BE(8),
    blockRawLength: value.readUInt32BE(12),
    offset: value.readUInt32BE(16),
    length: value.readUInt32BE(20),
    type: value[24] as ObjectType,
  };
}

export function entryOrdinal(value: Buffer): number {
  return value.readUInt32BE(0);
}

export interface PackRecord {
  pack: string;
  kind: PackKind;
  size: number;
  objects: number;
}

export function encodePackRecord({ pack, kind, size, objects }: PackRecord): Buffer {
  const value = Buffer.allocUnsafe(ID_LENGTH + 9);
  value.write(pack, 0, 'hex');
  value[ID_LENGTH] = kind;
  value.writeUInt32BE(size, ID_LENGTH + 1);
  value.writeUInt32BE(objects, ID_LENGTH + 5);
  return value;
}

export function decodePackRecord(value: Buffer): PackRecord {
  return {
    pack: value.toString('hex', 0, ID_LENGTH),
    kind: value[ID_LENGTH] as PackKind,
    size: value.readUInt32BE(ID_LENGTH + 1),
    objects: value.readUInt32BE(ID_LENGTH + 5),
  };
}

export interface Counters {
  nextOrdinal: number;
  /** rows recorded, those of packs that are gone included */
  objects: number;
  /** rows of packs that are gone */
  stale: number;
}

export function encodeCounters({ nextOrdinal, objects, stale }: Counters): Buffer {
  const value = Buffer.allocUnsafe(16);
  value.writeUInt32BE(nextOrdinal, 0);
  value.writeUIntBE(objects, 4, 6);
  value.writeUIntBE(stale, 10, 6);
  return value;
}

export function decodeCounters(value: Buffer | undefined): Counters {
  if (value === undefined) return { nextOrdinal: 0, objects: 0, stale: 0 };
  return {
    nextOrdinal: value.readUInt32BE(0),
    objects: value.readUIntBE(4, 6),
    stale: value.readUIntBE(10, 6),
  };
}
