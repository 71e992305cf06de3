/**
 * Chunks that will be wanted, read ahead in worker threads. What lies in one block is read together, however far apart it
 * is wanted: in random order that decides how often a block is decoded.
 */
import { isVaultError, type VaultError } from '../../errors.ts';
import { getPlatform } from '../../platform/select.ts';
import type { Id } from '../../store/id.ts';
import type { Location } from '../../store/store.ts';
import { POOL_DEPTH } from '../../workers/pool.ts';
import { releaseMemoryEvery } from '../release-memory.ts';
import type { Repository } from '../repository.ts';
import { ContentReader, type Contents } from './content-reader.ts';

/** Wanted bytes, and blocks, at which a job is full … */
const JOB_BYTES = 3 * 1024 * 1024;
const JOB_BLOCKS = 16;
/** … but a few long chunks are hashed fastest with others beside them. */
const FEW_CHUNKS = 12;
const FEW_BYTES = 8 * 1024 * 1024;
/** Fewer bytes are read here, with the store's own cache: a job costs more, and threads take 40 ms to start. */
const LEAST_FOR_THREADS = 1024 * 1024;
/** Over so many decoded bytes it is judged whether what is wanted lies together. */
const MEMORY_BYTES = 64 * 1024 * 1024;
/** glibc keeps freed memory in pieces; after so many jobs it is asked to give it back (some milliseconds). */
const JOBS_PER_RELEASE = 32;
/** A chunk wanted so much later than the first of its block is copied, so that it keeps nothing else in memory. */
const NEAR = 512;

/** A chunk that was asked for. Once it is known, its bytes or why there are none. */
export class AheadChunk {
  readonly id: Id;
  readonly location: Location;
  /** compared with its id by the thread that reads it */
  readonly checked = true;
  /** counts what was wanted before */
  readonly order: number;
  value: Buffer | VaultError | undefined;
  /** Contents of a job that `value` is a view of. */
  share: Share | undefined;
  /** a copy: `value` has its memory for itself */
  isAlone = false;

  constructor(id: Id, location: Location, order: number) {
    this.id = id;
    this.location = location;
    this.order = order;
  }

  /** Frees the bytes: `value` is of no use from here on. */
  release(): void {
    if (this.share) this.share.release();
    else if (this.isAlone) (this.value as Buffer<ArrayBuffer>).buffer.transfer(0); // see `Contents.release`
    this.value = undefined;
  }
}

/** Contents of a job, freed when the last chunk that uses them is. */
class Share {
  readonly #contents: Contents;
  #users = 0;

  constructor(contents: Contents) {
    this.#contents = contents;
  }

  add(): void {
    this.#users++;
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) this.#contents.release();
  }
}

/** Of one block, in order. */
interface Group {
  chunks: AheadChunk[];
  bytes: number;
}

export class ReadAhead {
  readonly #repository: Repository;
  readonly #threads: number;
  readonly #onRead: () => void;
  /** by block; the block that was wanted first comes first */
  readonly #groups = new Map<string, Group>();
  /** what was wanted last: in the order of a tree most lies beside it */
  #last: { location: Location; group: Group } | undefined;
  #bytes = 0;
  #order = 0;
  #running = 0;
  #jobs = 0;
  /** bytes that were wanted of blocks lately, and that were decoded for it */
  #used = 0;
  #decoded = 0;
  #reader: ContentReader | undefined;
  #failure: unknown;

  /** @param onRead called when chunks are known that were not before, and after a failure */
  constructor(repository: Repository, threads: number, onRead: () => void) {
    this.#repository = repository;
    this.#threads = threads;
    this.#onRead = onRead;
  }

  want(id: Id, location: Location): AheadChunk {
    const chunk = new AheadChunk(id, location, this.#order++);
    const group = this.#groupOf(location);
    group.chunks.push(chunk);
    group.bytes += location.length;
    this.#bytes += location.length;
    return chunk;
  }

  #groupOf(location: Location): Group {
    const { pack, blockOffset } = location;
    const last = this.#last;
    if (last?.location.blockOffset === blockOffset && last.location.pack === pack) return last.group;
    const block = `${blockOffset}:${pack}`;
    let group = this.#groups.get(block);
    if (!group) {
      group = { chunks: [], bytes: 0 };
      this.#groups.set(block, group);
    }
    this.#last = { location, group };
    return group;
  }

  /** Begins to read as much as there are threads for. @throws what a thread or the storage failed with */
  start(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#groups.size > 0 && this.#running === 0 && this.#bytes < LEAST_FOR_THREADS) {
      this.#run(this.#readHere(this.#take()));
    }
    while (this.#groups.size > 0 && this.#running < this.#threads * POOL_DEPTH) {
      this.#run(this.#readInThread(this.#take()));
    }
  }

  /** Most of what is decoded is not wanted together: the further ahead wants are known, the fewer blocks are decoded twice. */
  get isScattered(): boolean {
    return this.#decoded > this.#used * 2;
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }

  /** The groups that come first, for one job. */
  #take(): AheadChunk[] {
    const taken: AheadChunk[] = [];
    this.#last = undefined; // its group may be among them
    let blocks = 0;
    let bytes = 0;
    for (const [block, group] of this.#groups) {
      for (const chunk of group.chunks) taken.push(chunk);
      bytes += group.bytes;
      this.#decoded += group.chunks[0]!.location.blockRawLength;
      this.#groups.delete(block);
      const most = taken.length < FEW_CHUNKS ? FEW_BYTES : JOB_BYTES;
      if (++blocks === JOB_BLOCKS || bytes >= most) break;
    }
    this.#bytes -= bytes;
    this.#used += bytes;
    if (this.#decoded > MEMORY_BYTES) {
      this.#decoded /= 2;
      this.#used /= 2;
    }
    return taken;
  }

  #run(reading: Promise<void>): void {
    this.#running++;
    reading
      .catch((error) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#running--;
        this.#onRead();
      });
  }

  async #readHere(chunks: AheadChunk[]): Promise<void> {
    const { store } = this.#repository;
    for (const chunk of chunks) {
      try {
        chunk.value = await store.readChunk(chunk.id);
      } catch (error) {
        if (!isVaultError(error)) throw error;
        chunk.value = error;
      }
    }
  }

  async #readInThread(chunks: AheadChunk[]): Promise<void> {
    this.#reader ??= new ContentReader(this.#repository, getPlatform(), this.#threads);
    const contents = await this.#reader.read(chunks);
    const share = new Share(contents);
    share.add();
    const far = chunks[0]!.order + NEAR;
    for (let i = 0; i < chunks.length; i++) {
      const chunk = chunks[i]!;
      const bytes = contents.at(i);
      if (chunk.order > far && Buffer.isBuffer(bytes)) {
        chunk.value = Buffer.allocUnsafeSlow(bytes.length);
        bytes.copy(chunk.value);
        chunk.isAlone = true;
      } else {
        chunk.value = bytes;
        chunk.share = share;
        share.add();
      }
    }
    share.release();
    releaseMemoryEvery(JOBS_PER_RELEASE, ++this.#jobs);
  }
}
