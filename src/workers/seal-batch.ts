/** Seals many small files at once: they are read one behind the other into one buffer, so that blocks need no copying. */
import { createChunker } from '../objects/chunker.ts';
import type { Platform } from '../platform/platform.ts';
import { getPlatform } from '../platform/select.ts';
import { plainIds } from '../store/hash/ids.ts';
import { sha256All } from '../store/hash/many.ts';
import { ID_LENGTH } from '../store/id.ts';
import type { Parcel } from './messages.ts';
import { assertFile, isAsExpected, readFully, sameStat, withFile, xattrsOrUndefined } from './read-file.ts';
import { sealBlocks, transferOf } from './seal-blocks.ts';
import {
  BATCH_BYTES,
  type BatchJob,
  type BatchResult,
  bit,
  type ClaimRequest,
  EXPECTED_COLUMNS,
  type FileNote,
  type SealSettings,
  SMALL_FILE_LIMIT,
} from './seal-protocol.ts';
import type { Request } from './serve.ts';

/** Room for a batch whose last file is as large as a small file may be, and one byte to see that it has grown. */
const ARENA_BYTES = BATCH_BYTES + SMALL_FILE_LIMIT + 1;

/** A worker holds two jobs at a time, so two arenas are all it ever needs; they are kept between jobs. */
const spareArenas: Buffer[] = [];

export async function sealBatch(job: BatchJob, settings: SealSettings, request: Request): Promise<Parcel> {
  const arena = spareArenas.pop() ?? Buffer.allocUnsafeSlow(ARENA_BYTES);
  const batch = readBatch(job, settings, arena);
  const claim: ClaimRequest = { type: 'claim', key: -1, ids: batch.chunkIds, lengths: batch.chunkLengths };
  const wanted = (await request({ payload: claim })) as Uint8Array;
  const { chunkIds: ids, chunkStarts: starts, chunkLengths: lengths } = batch;
  const picked = [...lengths.keys()].filter((i) => bit(wanted, i));
  const blocks = sealBlocks(arena, { ids, starts, lengths }, picked, settings);
  spareArenas.push(arena);
  const { chunkStarts: _, ...columns } = batch;
  const payload: BatchResult = { ...columns, blocks };
  return { payload, transfer: transferOf(blocks) };
}

interface ReadBatch extends Omit<BatchResult, 'blocks'> {
  /** where each chunk lies in the arena */
  chunkStarts: Uint32Array;
}

function readBatch(job: BatchJob, settings: SealSettings, arena: Buffer): ReadBatch {
  const platform = getPlatform();
  const chunker = createChunker(settings.chunker);
  const count = job.ends.length;
  const paths = Buffer.from(job.paths.buffer, job.paths.byteOffset, job.paths.byteLength);
  const notes: FileNote[] = [];
  const chunkCounts = new Uint32Array(count);
  const starts: number[] = [];
  const lengths: number[] = [];
  const sizes = new Uint32Array(count);
  let used = 0;
  for (let i = 0; i < count; i++) {
    const path = paths.subarray(i === 0 ? 0 : job.ends[i - 1]!, job.ends[i]!);
    const size = readOne(platform, path, job.expected, i, arena, used, notes);
    if (size <= 0) continue;
    sizes[i] = size;
    const end = used + size;
    let start = used;
    while (start < end) {
      const cut = chunker.next(arena, start, end, true);
      starts.push(start);
      lengths.push(cut - start);
      chunkCounts[i]!++;
      start = cut;
    }
    used = end;
  }
  const chunks = {
    chunkCounts,
    chunkStarts: Uint32Array.from(starts),
    chunkLengths: Uint32Array.from(lengths),
  };
  return { ...chunks, notes, ...hashBatch(arena, sizes, chunks) };
}

/** Ids of the chunks, and the SHA-256 of each file: that of its chunk where it has one only. */
function hashBatch(
  arena: Buffer,
  sizes: Uint32Array,
  { chunkCounts, chunkStarts, chunkLengths }: Pick<ReadBatch, 'chunkCounts' | 'chunkStarts' | 'chunkLengths'>,
): { chunkIds: Buffer; digests: Buffer } {
  const chunks = Array.from(chunkStarts, (start, i) => arena.subarray(start, start + chunkLengths[i]!));
  const files: Buffer[] = [];
  for (let i = 0, at = 0; i < sizes.length; i++) {
    if (!isOneChunk(chunkCounts[i]!)) files.push(arena.subarray(at, at + sizes[i]!));
    at += sizes[i]!;
  }
  const ids = plainIds.chunks(chunks);
  const ownDigests = sha256All(files);
  const digests = Buffer.allocUnsafeSlow(sizes.length * ID_LENGTH);
  for (let i = 0, chunk = 0, own = 0; i < sizes.length; i++) {
    const digest = isOneChunk(chunkCounts[i]!) ? ids[chunk]! : ownDigests[own++]!;
    digests.set(digest, i * ID_LENGTH);
    chunk += chunkCounts[i]!;
  }
  return { chunkIds: Buffer.concat(ids), digests };
}

function isOneChunk(count: number): boolean {
  return count === 1 && plainIds.chunkIsSha256;
}

/** Reads file `i` to `arena[at…]`; its size, or -1 when a note says why there is no content. */
function readOne(
  platform: Platform,
  path: Buffer,
  expected: Float64Array,
  i: number,
  arena: Buffer,
  at: number,
  notes: FileNote[],
): number {
  if (expected[i * EXPECTED_COLUMNS]! >= arena.length - at) {
    // Files before it have grown since the scan and took its room.
    notes.push({ index: i, tooLarge: true });
    return -1;
  }
  try {
    return withFile(platform, path, (fd) => {
      const note: FileNote = { index: i };
      let size = readFully(platform, fd, arena, at, 0, expected[i * EXPECTED_COLUMNS]!);
      let stat = platform.fstat(fd);
      assertFile(stat);
      if (!isAsExpected(stat, expected, i)) {
        if (stat.size > SMALL_FILE_LIMIT || stat.size >= arena.length - at) {
          notes.push({ index: i, tooLarge: true });
          return -1;
        }
        // It changed since the scan: read it again; when it changes once more, what was read is kept and said.
        const before = stat;
        size = readFully(platform, fd, arena, at, 0, before.size);
        stat = platform.fstat(fd);
        note.stat = { ...stat, size };
        if (!sameStat(before, stat) || size !== stat.size) note.unstable = true;
      } else if (size !== stat.size) {
        note.unstable = true;
        note.stat = { ...stat, size };
      }
      const xattrs = xattrsOrUndefined(platform, fd);
      if (xattrs) note.xattrs = xattrs;
      if (note.stat || note.xattrs || note.unstable) notes.push(note);
      return size;
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    notes.push({ index: i, error: { code, message } });
    return -1;
  }
}
