/**
 * How much of one content is in another: by lines, or for large ones by the chunks that both share.
 *
 * The measure is that of git (diffcore-delta.c): pieces end at a line feed or after 64 bytes, what both have as often as
 * either has it counts with its bytes, and the sum is set against the larger of the two. In a text the CR before a line
 * feed is passed over and counts for nothing, so that other line ends alone make no other file. Pieces are told apart by a
 * 32-bit hash: a collision makes two files look a little more alike, nothing else follows from it.
 */
import { isList } from '../../objects/entry-flags.ts';
import { contentChunks } from '../../objects/list.ts';
import type { Entry } from '../../objects/model.ts';
import { isBinary } from './binary.ts';
import { contentStart } from './content-diff.ts';
import type { Side } from './diff.ts';

/** Larger contents are compared by their chunks, which need not be read. */
export const MOST_LINE_BYTES = 1024 * 1024;
const LONGEST_PIECE = 64;
/** Chunks of one content that are compared: with the default chunker 32 GiB. */
const MOST_CHUNKS = 65_536;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Hashes of pieces in ascending order, and how many bytes the pieces of each have. */
export interface Fingerprint {
  hashes: Uint32Array;
  bytes: Float64Array;
  size: number;
}

/** `lines` reads the content, at most `MOST_LINE_BYTES` of it; `chunks` its list. */
export type FingerprintKind = 'lines' | 'chunks';

/** @throws MISSING_OBJECT, DAMAGED, and Node's errors of files on disk that have changed meanwhile */
export async function fingerprintOf(
  side: Side,
  path: Buffer,
  entry: Entry,
  kind: FingerprintKind,
): Promise<Fingerprint> {
  const pieces = new Map<number, number>();
  const add = (hash: number, length: number): void => void pieces.set(hash, (pieces.get(hash) ?? 0) + length);
  if (kind === 'lines') addLines(await contentStart(side, path, entry, MOST_LINE_BYTES), add);
  else await addChunks(side, entry, add);
  const hashes = Uint32Array.from(pieces.keys()).sort();
  return { hashes, bytes: Float64Array.from(hashes, (hash) => pieces.get(hash)!), size: entry.size ?? 0 };
}

/** FNV-1a of each piece. */
function addLines(content: Buffer, add: (hash: number, length: number) => void): void {
  const isText = !isBinary(content);
  let hash = 0x811c9dc5;
  let length = 0;
  for (let i = 0; i < content.length; i++) {
    const byte = content[i]!;
    if (byte === CARRIAGE_RETURN && isText && content[i + 1] === LINE_FEED) continue;
    hash = Math.imul(hash ^ byte, 0x01000193);
    length++;
    if (byte !== LINE_FEED && length < LONGEST_PIECE) continue;
    add(hash >>> 0, length);
    hash = 0x811c9dc5;
    length = 0;
  }
  if (length > 0) add(hash >>> 0, length);
}

async function addChunks(
  { reader, disk }: Side,
  entry: Entry,
  add: (hash: number, length: number) => void,
): Promise<void> {
  // What is on disk only has no chunk in the vault to ask for its length.
  if (!isList(entry) && disk) return add(entry.id.readUInt32BE(0), entry.size ?? 0);
  let count = 0;
  for await (const { id, length } of contentChunks(reader, entry.id, isList(entry))) {
    if (count++ === MOST_CHUNKS) return;
    add(id.readUInt32BE(0), length);
  }
}

/** Whole percent of the larger one, rounded down. */
export function similarity(a: Fingerprint, b: Fingerprint): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.hashes.length && j < b.hashes.length; ) {
    const difference = a.hashes[i]! - b.hashes[j]!;
    if (difference === 0) shared += Math.min(a.bytes[i++]!, b.bytes[j++]!);
    else if (difference < 0) i++;
    else j++;
  }
  const larger = Math.max(a.size, b.size);
  return larger === 0 ? 0 : Math.min(100, Math.floor((100 * shared) / larger));
}

/** Whether sizes alone leave it possible that two contents are so alike. */
export function sizesAllow(a: number, b: number, percent: number): boolean {
  return Math.min(a, b) * 100 >= Math.max(a, b) * percent;
}
