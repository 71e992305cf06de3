/** Reads blocks of packs, decodes them, and verifies the chunks that are wanted of them. */
import { isVaultError, type VaultError } from '../errors.ts';
import { readKey } from '../store/backend/at-once.ts';
import type { Backend } from '../store/backend/backend.ts';
import { foreignBytes, plainIds } from '../store/hash/ids.ts';
import { ID_LENGTH, ObjectType } from '../store/id.ts';
import { packKey } from '../store/layout.ts';
import { openBlock } from '../store/pack/block.ts';
import { BlockCache } from '../store/pack/block-cache.ts';
import { blockName } from '../store/pack/pack-reader.ts';
import type { Location } from '../store/store.ts';
import type { Parcel } from './messages.ts';
import {
  BLOCK_COLUMNS,
  CHUNK_COLUMNS,
  type ChunksJob,
  type ChunksResult,
  NO_BUFFER,
  PLACE_COLUMNS,
} from './unseal-protocol.ts';

/** Decoded blocks that were wanted only in part: the next job may want the rest. */
const CACHE_BYTES = 8 * 1024 * 1024;

/** A block goes to the main thread as it is when at least this part of it is wanted; else the wanted bytes are copied. */
const WHOLE_SHARE = 0.75;

/** Below this an ArrayBuffer may be shared with others (Node's pool), and copying costs nothing. */
const LEAST_TRANSFERRED = 16 * 1024;

/** A decoded block, and the chunks `first … end` of a job that lie in it. */
interface ReadBlock {
  location: Location;
  first: number;
  end: number;
  bytes: Buffer;
}

export class ChunkReader {
  readonly #backend: Backend;
  readonly #cache = new BlockCache(CACHE_BYTES, free);

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** A chunk that cannot be had is a failure in the result, and the others are read. */
  async read(job: ChunksJob): Promise<Parcel> {
    const count = job.chunks.length / CHUNK_COLUMNS;
    const result: ChunksResult = {
      buffers: [],
      places: new Uint32Array(count * PLACE_COLUMNS),
      failures: [],
    };
    const blocks = await this.#readBlocks(job, count, result);
    const damaged = damagedChunks(job, blocks);
    for (const block of blocks) this.#deliver(job, block, damaged, result);
    return { payload: result, transfer: result.buffers.map(({ buffer }) => buffer as ArrayBuffer) };
  }

  async #readBlocks(job: ChunksJob, count: number, result: ChunksResult): Promise<ReadBlock[]> {
    const blocks: ReadBlock[] = [];
    for (let first = 0, end = 0; first < count; first = end) {
      const row = job.chunks[first * CHUNK_COLUMNS]!;
      while (end < count && job.chunks[end * CHUNK_COLUMNS] === row) end++;
      const location = locationOf(job, row);
      try {
        const bytes = this.#takeCached(location) ?? (await this.#decode(location));
        blocks.push({ location, first, end, bytes });
      } catch (error) {
        if (!isVaultError(error, 'DAMAGED', 'NOT_FOUND', 'UNKNOWN_FORMAT')) throw error;
        for (let chunk = first; chunk < end; chunk++) fail(result, chunk, error);
      }
    }
    return blocks;
  }

  #deliver(job: ChunksJob, block: ReadBlock, damaged: ReadonlySet<number>, result: ChunksResult): void {
    const { location, first, end, bytes } = block;
    const good: number[] = [];
    let wanted = 0;
    for (let chunk = first; chunk < end; chunk++) {
      if (damaged.has(chunk)) {
        fail(result, chunk, foreignBytes(idOf(job, chunk), ObjectType.chunk, blockName(location)));
      } else {
        good.push(chunk);
        wanted += job.chunks[chunk * CHUNK_COLUMNS + 2]!;
      }
    }
    if (good.length === 0) return;
    const whole = wanted >= bytes.length * WHOLE_SHARE && isAlone(bytes);
    if (whole) {
      handOver(job, good, bytes, result);
    } else {
      copyOut(job, good, bytes, wanted, result);
      this.#cache.set(location.pack, location.blockOffset, bytes);
    }
  }

  /** Out of the cache: its memory may go away with the result, and the cache must not free what is still to be delivered. */
  #takeCached({ pack, blockOffset }: Location): Buffer | undefined {
    const bytes = this.#cache.get(pack, blockOffset);
    if (bytes) this.#cache.delete(pack, blockOffset);
    return bytes;
  }

  /** A block, not verified. */
  async #decode(location: Location): Promise<Buffer> {
    const { pack, blockOffset, blockLength, blockRawLength } = location;
    const stored = await readKey(this.#backend, packKey(pack), blockOffset, blockLength);
    const bytes = openBlock(stored, blockRawLength, blockName(location));
    if (bytes.buffer !== stored.buffer) free(stored);
    return bytes;
  }
}

function locationOf(job: ChunksJob, block: number): Location {
  const row = job.blocks.subarray(block * BLOCK_COLUMNS, (block + 1) * BLOCK_COLUMNS);
  return {
    pack: job.packs[row[0]!]!,
    blockOffset: row[1]!,
    blockLength: row[2]!,
    blockRawLength: row[3]!,
    type: ObjectType.chunk,
    offset: 0,
    length: row[3]!,
  };
}

/** Those of the chunks that have to be checked, or do not lie in their block, and are not those of their ids. */
function damagedChunks(job: ChunksJob, blocks: readonly ReadBlock[]): Set<number> {
  const chunks: number[] = [];
  const contents: Buffer[] = [];
  for (const { first, end, bytes } of blocks) {
    for (let chunk = first; chunk < end; chunk++) {
      const offset = job.chunks[chunk * CHUNK_COLUMNS + 1]!;
      const length = job.chunks[chunk * CHUNK_COLUMNS + 2]!;
      if (job.checked[chunk] === 0 && offset + length <= bytes.length) continue;
      chunks.push(chunk);
      contents.push(bytes.subarray(offset, offset + length));
    }
  }
  // All in one go, so that they are hashed side by side.
  const ids = plainIds.chunks(contents);
  return new Set(chunks.filter((chunk, i) => !ids[i]!.equals(idOf(job, chunk))));
}

function idOf(job: ChunksJob, chunk: number): Buffer {
  return Buffer.from(job.ids.buffer, job.ids.byteOffset + chunk * ID_LENGTH, ID_LENGTH);
}

/** The block goes as it is: no copy, and nobody here may use it any more. */
function handOver(job: ChunksJob, good: readonly number[], bytes: Buffer, result: ChunksResult): void {
  const buffer = result.buffers.push(bytes) - 1;
  for (const chunk of good) {
    result.places[chunk * PLACE_COLUMNS] = buffer;
    result.places[chunk * PLACE_COLUMNS + 1] = job.chunks[chunk * CHUNK_COLUMNS + 1]!;
  }
}

function copyOut(
  job: ChunksJob,
  good: readonly number[],
  bytes: Buffer,
  wanted: number,
  result: ChunksResult,
): void {
  const copy = Buffer.allocUnsafeSlow(wanted);
  const buffer = result.buffers.push(copy) - 1;
  let at = 0;
  for (const chunk of good) {
    const offset = job.chunks[chunk * CHUNK_COLUMNS + 1]!;
    const length = job.chunks[chunk * CHUNK_COLUMNS + 2]!;
    bytes.copy(copy, at, offset, offset + length);
    result.places[chunk * PLACE_COLUMNS] = buffer;
    result.places[chunk * PLACE_COLUMNS + 1] = at;
    at += length;
  }
}

/** True when a transfer takes nobody else's bytes along, and little beyond its own. */
function isAlone(bytes: Buffer): boolean {
  return bytes.length >= LEAST_TRANSFERRED && bytes.buffer.byteLength - bytes.length < 4096;
}

/** Gives the memory back at once, where it is nobody else's: see `Contents.release`. */
function free(bytes: Buffer): void {
  if (isAlone(bytes)) (bytes.buffer as ArrayBuffer).transfer(0);
}

function fail(result: ChunksResult, chunk: number, { code, message }: VaultError): void {
  result.places[chunk * PLACE_COLUMNS] = NO_BUFFER;
  result.failures.push({ chunk, code, message });
}
