/** What the main thread and an unseal worker say to each other. Columns and transferred buffers, not objects. */
import type { ErrorCode } from '../errors.ts';
import type { BackendSpec } from '../store/backend/backend.ts';

/** `workerData` of an unseal worker. */
export interface UnsealSettings {
  spec: BackendSpec;
}

/** Columns of `ChunksJob.blocks`: pack (its place in `packs`), offset in the pack, stored length, decoded length. */
export const BLOCK_COLUMNS = 4;
/** Columns of `ChunksJob.chunks`: block (its row in `blocks`), offset in the decoded block, length. */
export const CHUNK_COLUMNS = 3;

/** Read, decode and verify these chunks. */
export interface ChunksJob {
  type: 'chunks';
  packs: string[];
  blocks: Float64Array;
  /** those of one block stand together, in the order of `blocks` */
  chunks: Uint32Array;
  /** n × 32 */
  ids: Uint8Array;
  /** per chunk: 0 where whoever reads the whole file again makes the comparison with the id superfluous */
  checked: Uint8Array;
}

/** Columns of `ChunksResult.places`: buffer (its place in `buffers`) and first byte in it. */
export const PLACE_COLUMNS = 2;
/** In place of a buffer: the chunk is among the failures. */
export const NO_BUFFER = 0xffff_ffff;

export interface ChunksResult {
  buffers: Uint8Array[];
  places: Uint32Array;
  failures: ChunkFailure[];
}

export interface ChunkFailure {
  /** row in `ChunksJob.chunks` */
  chunk: number;
  code: ErrorCode;
  message: string;
}

/** The SHA-256 of each of some open files' contents, read from the disk, n × 32; the descriptors stay the main thread's to close. */
export interface DigestJob {
  type: 'digest';
  fds: number[];
}

/** The same of one that is still being written: ask how far it can be read. */
export interface FollowJob {
  type: 'follow';
  fd: number;
  key: number;
}

/** Asked by such a job: what can be read behind byte `seen`? */
export interface GrownRequest {
  key: number;
  seen: number;
}

/** The answer, given when there is something. */
export interface Grown {
  /** bytes that can be read, from the file's beginning */
  until: number;
  /** there will not be more */
  isFinal: boolean;
}

/** Make durable what was written to the file system of an open folder. */
export interface SyncJob {
  type: 'sync';
  fd: number;
}

export type UnsealJob = ChunksJob | DigestJob | FollowJob | SyncJob;
