/**
 * Keys and values of the history of paths in the index (src/store/index/db.ts). Integers are big-endian.
 *
 *     s + id                    a snapshot's place: chain u32 · height u32 · complete u8
 *     k                         number of chains, u32
 *     k + chain                 where the chain begins and ends: base chain u32 (2^32 − 1: none) · base height u32 · head u32
 *     k + chain + height        the snapshot there: id 32 · generation u64 · seconds i64 · nanoseconds u32
 *     x + chain + ~height       its parents but the first: 32 each
 *     h + path + chain + ~height   a change of the path: letter u8 · metadata only u8 · new id 32, or none
 *
 * `chain` and `height` are u32 in keys, `~height` is 2^32 − 1 − height, so that the newest is listed first; `path` is
 * the first half of the path's SHA-256.
 */
import type { ChangeLetter } from '../../objects/model.ts';
import { sha256 } from '../../store/hash/hash.ts';
import { ID_LENGTH, type Id } from '../../store/id.ts';
import { type KeyRange, keyAfter } from '../../store/index/db.ts';

/** Where a snapshot lies: `height` snapshots above the root along first parents. */
export interface Place {
  chain: number;
  height: number;
}

export interface SnapshotPlace extends Place {
  /** its changes and all its ancestors are recorded */
  isComplete: boolean;
}

/** Snapshots of which each is the first parent of the next, from above its base to its head. */
export interface Chain {
  /** the first parent of its lowest; undefined when that is a root */
  base: Place | undefined;
  /** height of its highest */
  head: number;
}

/** What of a snapshot orders it among others. */
export interface SnapshotAt {
  id: Id;
  generation: number;
  timeS: number;
  timeNs: number;
}

export interface RecordedChange {
  letter: ChangeLetter;
  metadataOnly: boolean;
  /** absent: a folder that itself is as it was, only something in it has changed */
  id?: Id;
}

const PATH_HASH_LENGTH = 16;

const NO_CHAIN = 0xffff_ffff;
const MAX_HEIGHT = 0xffff_ffff;

const SNAPSHOT = 0x73;
const CHAIN = 0x6b;
const PARENTS = 0x78;
const CHANGE = 0x68;

export const CHAIN_COUNT_KEY = Buffer.of(CHAIN);

export function hashPath(path: Buffer): Buffer {
  return sha256(path).subarray(0, PATH_HASH_LENGTH);
}

export function snapshotKey(id: Id): Buffer {
  const key = Buffer.allocUnsafe(1 + ID_LENGTH);
  key[0] = SNAPSHOT;
  key.set(id, 1);
  return key;
}

export function chainKey(chain: number): Buffer {
  const key = Buffer.allocUnsafe(5);
  key[0] = CHAIN;
  key.writeUInt32BE(chain, 1);
  return key;
}

export function placeKey({ chain, height }: Place): Buffer {
  const key = Buffer.allocUnsafe(9);
  key[0] = CHAIN;
  key.writeUInt32BE(chain, 1);
  key.writeUInt32BE(height, 5);
  return key;
}

export function parentsKey({ chain, height }: Place): Buffer {
  const key = Buffer.allocUnsafe(9);
  key[0] = PARENTS;
  key.writeUInt32BE(chain, 1);
  key.writeUInt32BE(MAX_HEIGHT - height, 5);
  return key;
}

export function changeKey(pathHash: Buffer, { chain, height }: Place): Buffer {
  const key = Buffer.allocUnsafe(1 + PATH_HASH_LENGTH + 8);
  key[0] = CHANGE;
  key.set(pathHash, 1);
  key.writeUInt32BE(chain, 1 + PATH_HASH_LENGTH);
  key.writeUInt32BE(MAX_HEIGHT - height, 5 + PATH_HASH_LENGTH);
  return key;
}

/** The height at the end of a parents' or a change's key. */
export function heightOfKey(key: Buffer): number {
  return MAX_HEIGHT - key.readUInt32BE(key.length - 4);
}

/** Keys of one chain at heights from `high` down to, but without, `low` (−1: down to 0). */
export function heightRange(
  keyOf: (place: Place) => Buffer,
  chain: number,
  high: number,
  low: number,
): KeyRange {
  const gte = keyOf({ chain, height: high });
  if (low >= 0) return { gte, lt: keyOf({ chain, height: low }) };
  return { gte, lt: keyAfter(keyOf({ chain, height: 0 })) };
}

export function encodePlace({ chain, height, isComplete }: SnapshotPlace): Buffer {
  const value = Buffer.allocUnsafe(9);
  value.writeUInt32BE(chain, 0);
  value.writeUInt32BE(height, 4);
  value[8] = isComplete ? 1 : 0;
  return value;
}

export function decodePlace(value: Buffer): SnapshotPlace {
  return { chain: value.readUInt32BE(0), height: value.readUInt32BE(4), isComplete: value[8] === 1 };
}

export function encodeChainCount(count: number): Buffer {
  const value = Buffer.allocUnsafe(4);
  value.writeUInt32BE(count, 0);
  return value;
}

export function decodeChainCount(value: Buffer | undefined): number {
  return value?.readUInt32BE(0) ?? 0;
}

export function encodeChain({ base, head }: Chain): Buffer {
  const value = Buffer.allocUnsafe(12);
  value.writeUInt32BE(base?.chain ?? NO_CHAIN, 0);
  value.writeUInt32BE(base?.height ?? 0, 4);
  value.writeUInt32BE(head, 8);
  return value;
}

export function decodeChain(value: Buffer): Chain {
  const chain = value.readUInt32BE(0);
  const base = chain === NO_CHAIN ? undefined : { chain, height: value.readUInt32BE(4) };
  return { base, head: value.readUInt32BE(8) };
}

export function encodeSnapshotAt({ id, generation, timeS, timeNs }: SnapshotAt): Buffer {
  const value = Buffer.allocUnsafe(ID_LENGTH + 20);
  value.set(id);
  value.writeBigUInt64BE(BigInt(generation), ID_LENGTH);
  value.writeBigInt64BE(BigInt(timeS), ID_LENGTH + 8);
  value.writeUInt32BE(timeNs, ID_LENGTH + 16);
  return value;
}

export function decodeSnapshotAt(value: Buffer): SnapshotAt {
  return {
    id: value.subarray(0, ID_LENGTH),
    generation: Number(value.readBigUInt64BE(ID_LENGTH)),
    timeS: Number(value.readBigInt64BE(ID_LENGTH + 8)),
    timeNs: value.readUInt32BE(ID_LENGTH + 16),
  };
}

/** Splits the value of a parents' key. */
export function decodeParents(value: Buffer): Id[] {
  const parents: Id[] = [];
  for (let at = 0; at + ID_LENGTH <= value.length; at += ID_LENGTH)
    parents.push(value.subarray(at, at + ID_LENGTH));
  return parents;
}

export function encodeChange({ letter, metadataOnly, id }: RecordedChange): Buffer {
  const value = Buffer.allocUnsafe(id ? 2 + ID_LENGTH : 2);
  value[0] = letter.charCodeAt(0);
  value[1] = metadataOnly ? 1 : 0;
  if (id) value.set(id, 2);
  return value;
}

export function decodeChange(value: Buffer): RecordedChange {
  const letter = String.fromCharCode(value[0]!) as ChangeLetter;
  return { letter, metadataOnly: value[1] === 1, ...(value.length > 2 && { id: value.subarray(2) }) };
}
