/** What the main thread and a seal worker say to each other. Columns and transferred buffers, not objects: see docs/architecture.md. */
import type { ChunkerParams } from '../objects/chunker.ts';
import type { PlatformXattr, Stat } from '../platform/platform.ts';

/** `workerData` of a seal worker. */
export interface SealSettings {
  chunker: ChunkerParams;
  /** zstd level */
  level: number;
  /** a block is closed when it holds this many bytes */
  blockTarget: number;
}

/** Files up to this size are read whole, many in a job; larger ones are a job of their own, read in windows. */
export const SMALL_FILE_LIMIT = 2 * 1024 * 1024;
/** A batch is closed when its files hold this many bytes … */
export const BATCH_BYTES = 2 * 1024 * 1024;
/** … or it has this many files. */
export const BATCH_FILES = 256;

/** Columns of `BatchJob.expected`: what `lstat` said when the folder was scanned. */
export const EXPECTED_COLUMNS = 6;

export interface BatchJob {
  type: 'batch';
  /** the files' paths, concatenated */
  paths: Uint8Array;
  /** end of each path in `paths` */
  ends: Uint32Array;
  /** per file: size, mtime s, mtime ns, ctime s, ctime ns, inode */
  expected: Float64Array;
}

export interface LargeJob {
  type: 'large';
  /** repeated in the job's claims */
  key: number;
  path: Uint8Array;
  expected: Float64Array;
}

/**
 * Claimed chunks of a large file, to be sealed by whichever worker is free. Asked by the large job, which is answered when their block is
 * with the writer.
 */
export interface BlockJob {
  type: 'block';
  /** the reader's, unchanged as long as this runs */
  window: SharedArrayBuffer;
  /** where the chunks begin in it, one behind the other */
  start: number;
  ids: Uint8Array;
  lengths: Uint32Array;
}

export type SealJob = BatchJob | LargeJob | BlockJob;

export interface SealedMessage {
  bytes: Uint8Array;
  rawLength: number;
  ids: Uint8Array;
  lengths: Uint32Array;
}

/** What is not as expected about one file of a batch. */
export interface FileNote {
  index: number;
  /** it could not be read */
  error?: { code: string; message: string };
  /** grown beyond a batch: give it a job of its own */
  tooLarge?: boolean;
  /** it is not what was scanned; this is what was read */
  stat?: Stat;
  /** it changed each time it was read */
  unstable?: boolean;
  xattrs?: PlatformXattr[];
}

export interface BatchResult {
  /** per file; 0 for an empty one and for one that failed */
  chunkCounts: Uint32Array;
  /** n × 32: SHA-256 of each file's content */
  digests: Uint8Array;
  chunkIds: Uint8Array;
  chunkLengths: Uint32Array;
  notes: FileNote[];
  blocks: SealedMessage[];
}

export interface LargeResult {
  digest: Uint8Array;
  note: FileNote;
}

export interface BlockResult {
  blocks: SealedMessage[];
}

/** Asked by a job: which of these chunks must be stored? The answer is a bitmap (bit i of byte i>>3). */
export interface ClaimRequest {
  type: 'claim';
  /** of a large job: its chunks come in order; -1 for a batch */
  key: number;
  ids: Uint8Array;
  lengths: Uint32Array;
}

/** Asked by a large job: a new attempt begins, forget the chunks claimed in order so far. */
export interface RestartRequest {
  type: 'restart';
  key: number;
}

export type SealRequest = ClaimRequest | RestartRequest | BlockJob;

export function bit(bitmap: Uint8Array, i: number): boolean {
  return ((bitmap[i >> 3]! >> (i & 7)) & 1) === 1;
}
