/**
 * The contents that a restore writes: read, decoded and verified in worker threads ahead of the thread that writes
 * them. The workers read the packs themselves, so that only decoded bytes travel, by transfer.
 *
 * Where a worker cannot open the storage (a vault in memory), and for a few bytes, the same code runs here.
 */
import { VaultError } from '../../errors.ts';
import type { Platform } from '../../platform/platform.ts';
import type { Backend, BackendSpec } from '../../store/backend/backend.ts';
import { ID_LENGTH, type Id } from '../../store/id.ts';
import type { BulkReader, Location } from '../../store/store.ts';
import { workerEntry } from '../../workers/location.ts';
import { POOL_DEPTH, WorkerPool } from '../../workers/pool.ts';
import { ChunkReader } from '../../workers/unseal-chunks.ts';
import { digestFiles } from '../../workers/unseal-file.ts';
import {
  BLOCK_COLUMNS,
  CHUNK_COLUMNS,
  type ChunkFailure,
  type ChunksJob,
  type ChunksResult,
  type FollowJob,
  type GrownRequest,
  NO_BUFFER,
  PLACE_COLUMNS,
  type UnsealJob,
  type UnsealSettings,
} from '../../workers/unseal-protocol.ts';
import type { Growth } from './growth.ts';

/** What a restore needs of a vault. */
export interface ContentSource {
  readonly store: BulkReader;
  readonly backend: Backend;
  readonly spec: BackendSpec;
}

/** A chunk to be read, and where it lies. */
export interface Wanted {
  id: Id;
  location: Location;
  /** false: the whole file is compared with its checksum later, so the chunk need not be with its id */
  checked: boolean;
}

export class ContentReader {
  /** that it reads with; 0: none */
  readonly threads: number;
  readonly #source: ContentSource;
  readonly #platform: Platform;
  readonly #pool: WorkerPool | undefined;
  readonly #here: ChunkReader;
  readonly #growths = new Map<number, Growth>();
  #nextKey = 1;

  /** @param threads 0: none, all is done here */
  constructor(source: ContentSource, platform: Platform, threads: number) {
    this.#source = source;
    this.#platform = platform;
    this.#here = new ChunkReader(source.backend);
    this.threads = source.spec.type === 'memory' ? 0 : threads;
    if (this.threads === 0) return;
    this.#pool = new WorkerPool({
      entry: workerEntry('unseal'),
      size: threads,
      depth: POOL_DEPTH,
      workerData: { spec: source.spec } satisfies UnsealSettings,
      onRequest: ({ key, seen }: GrownRequest) => this.#growths.get(key)!.next(seen),
    });
  }

  /** Starts the threads, for what is about to be read. */
  start(): void {
    this.#pool?.start();
  }

  /** Reads the chunks, in any order; what cannot be had is an error in its place. */
  async read(wanted: readonly Wanted[]): Promise<Contents> {
    if (wanted.length === 0) return new Contents([], []);
    const { job, order } = groupByBlock(wanted);
    const result = await this.#run<ChunksResult>(job);
    const chunks: (Buffer | VaultError)[] = new Array(wanted.length);
    const buffers = result.buffers.map(asBuffer);
    for (let row = 0; row < order.length; row++) {
      const slot = order[row]!;
      const buffer = result.places[row * PLACE_COLUMNS]!;
      if (buffer === NO_BUFFER) continue;
      const start = result.places[row * PLACE_COLUMNS + 1]!;
      chunks[slot] = buffers[buffer]!.subarray(start, start + wanted[slot]!.location.length);
    }
    for (const failure of result.failures) {
      const slot = order[failure.chunk]!;
      chunks[slot] = await this.#readAgain(wanted[slot]!.id, failure);
    }
    return new Contents(chunks, result.buffers);
  }

  /** SHA-256 of what each of some open files holds. */
  async digest(fds: readonly number[]): Promise<Buffer[]> {
    const digests = asBuffer(await this.#run<Uint8Array>({ type: 'digest', fds: [...fds] }));
    return fds.map((_, i) => digests.subarray(i * ID_LENGTH, (i + 1) * ID_LENGTH));
  }

  get canFollow(): boolean {
    return this.#pool !== undefined;
  }

  /** The same of one while it is still being written; where `canFollow`. */
  async follow(fd: number, growth: Growth): Promise<Buffer> {
    const key = this.#nextKey++;
    this.#growths.set(key, growth);
    try {
      return asBuffer(
        await this.#pool!.run<Uint8Array>({ payload: { type: 'follow', fd, key } satisfies UnsealJob }),
      );
    } finally {
      this.#growths.delete(key);
    }
  }

  /** Makes durable all that was written to the file system of an open folder. */
  async sync(fd: number): Promise<void> {
    await this.#run<void>({ type: 'sync', fd });
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }

  async #run<T>(job: Exclude<UnsealJob, FollowJob>): Promise<T> {
    if (this.#pool) return this.#pool.run<T>({ payload: job });
    switch (job.type) {
      case 'chunks':
        return (await this.#here.read(job)).payload as T;
      case 'digest':
        return Buffer.concat(digestFiles(this.#platform, job.fds)) as Uint8Array as T;
      case 'sync':
        return this.#platform.syncFileSystem(job.fd) as T;
    }
  }

  /** The store knows of other places, and of packs that came since; it is asked before a chunk is called lost. */
  async #readAgain(id: Id, { code, message }: ChunkFailure): Promise<Buffer | VaultError> {
    try {
      return await this.#source.store.readChunk(id);
    } catch (error) {
      return error instanceof VaultError ? error : new VaultError(code, message, { cause: error });
    }
  }
}

/** Chunks as `ContentReader.read` got them, by their place in what was wanted. */
export class Contents {
  readonly #chunks: readonly (Buffer | VaultError)[];
  readonly #buffers: readonly Uint8Array[];

  constructor(chunks: readonly (Buffer | VaultError)[], buffers: readonly Uint8Array[]) {
    this.#chunks = chunks;
    this.#buffers = buffers;
  }

  at(i: number): Buffer | VaultError {
    return this.#chunks[i]!;
  }

  /**
   * Frees the memory at once, by a transfer to nothing: left to the garbage collector, 1.3 GB of contents cost it a hundred
   * full collections and keep 100 MB more.
   */
  release(): void {
    for (const { buffer } of this.#buffers) (buffer as ArrayBuffer).transfer(0);
  }
}

/** A job in which the chunks of one block stand together; `order[row]` is the place in `wanted`. */
function groupByBlock(wanted: readonly Wanted[]): { job: ChunksJob; order: number[] } {
  const packs = new Map<string, number>();
  const rows = new Map<string, number>();
  const blocks: number[] = [];
  const slots: number[][] = [];
  let previous: Location | undefined;
  let block = 0;
  for (let slot = 0; slot < wanted.length; slot++) {
    const { location } = wanted[slot]!;
    if (!previous || !sameBlock(previous, location)) block = blockRow(location, packs, rows, blocks, slots);
    previous = location;
    slots[block]!.push(slot);
  }
  const order = slots.flat();
  const chunks = new Uint32Array(order.length * CHUNK_COLUMNS);
  const ids = Buffer.allocUnsafeSlow(order.length * ID_LENGTH);
  const checked = new Uint8Array(order.length);
  let row = 0;
  for (let block = 0; block < slots.length; block++) {
    for (const slot of slots[block]!) {
      const { id, location, checked: isChecked } = wanted[slot]!;
      chunks[row * CHUNK_COLUMNS] = block;
      chunks[row * CHUNK_COLUMNS + 1] = location.offset;
      chunks[row * CHUNK_COLUMNS + 2] = location.length;
      ids.set(id, row * ID_LENGTH);
      checked[row] = isChecked ? 1 : 0;
      row++;
    }
  }
  const job: ChunksJob = {
    type: 'chunks',
    packs: [...packs.keys()],
    blocks: Float64Array.from(blocks),
    chunks,
    ids,
    checked,
  };
  return { job, order };
}

function sameBlock(a: Location, b: Location): boolean {
  return a.blockOffset === b.blockOffset && a.pack === b.pack;
}

/** The row of a location's block, added if it is new. */
function blockRow(
  { pack, blockOffset, blockLength, blockRawLength }: Location,
  packs: Map<string, number>,
  rows: Map<string, number>,
  blocks: number[],
  slots: number[][],
): number {
  const key = pack + blockOffset;
  let row = rows.get(key);
  if (row === undefined) {
    if (!packs.has(pack)) packs.set(pack, packs.size);
    row = blocks.length / BLOCK_COLUMNS;
    blocks.push(packs.get(pack)!, blockOffset, blockLength, blockRawLength);
    slots.push([]);
    rows.set(key, row);
  }
  return row;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
