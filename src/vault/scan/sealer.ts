/**
 * The main thread's side of sealing: collects changed files into batches, runs them on the worker pool, answers what
 * the workers ask, and gives each file's content back to the scan.
 *
 * Bounds: a worker holds at most two jobs; the scan waits in `add` while all are taken; at most one large file a
 * worker, so that the blocks that large files hand over always find a place. Where all that has changed is a few small
 * files, they are sealed in this thread.
 */
import { ListBuilder } from '../../objects/list.ts';
import type { Xattr } from '../../objects/model.ts';
import type { PlatformXattr, Stat } from '../../platform/platform.ts';
import { getPlatform } from '../../platform/select.ts';
import type { Config } from '../../store/config.ts';
import { EMPTY_CONTENT, ID_LENGTH, type Id, ObjectType } from '../../store/id.ts';
import type { BlockObject, ObjectWriter } from '../../store/store.ts';
import { workerEntry } from '../../workers/location.ts';
import type { Parcel } from '../../workers/messages.ts';
import { POOL_DEPTH, WorkerPool } from '../../workers/pool.ts';
import { sealBatch } from '../../workers/seal-batch.ts';
import {
  BATCH_BYTES,
  BATCH_FILES,
  type BatchJob,
  type BatchResult,
  type BlockJob,
  type BlockResult,
  EXPECTED_COLUMNS,
  type FileNote,
  type LargeJob,
  type LargeResult,
  type SealedMessage,
  type SealRequest,
  type SealSettings,
  SMALL_FILE_LIMIT,
} from '../../workers/seal-protocol.ts';

/** What became of a file's content. */
export interface SealedFile {
  id: Id;
  list: boolean;
  sha256: Buffer;
  /** what was read, where it is not what was scanned */
  stat?: Stat;
  /** it changed each time it was read */
  unstable: boolean;
  xattrs: Xattr[] | undefined;
}

export type SealOutcome = { sealed: SealedFile } | { error: { code: string; message: string } };

interface QueuedFile {
  path: Buffer;
  stat: Stat;
  done: (outcome: SealOutcome) => void;
}

/** Who reads a large file is busy with that: its blocks go to the other workers as long as those have places. */
const LARGE_WEIGHT = POOL_DEPTH + 1;

/** Values that do not fit an entry's share are contents of their own: a page of 1,024 entries must fit a block. */
const INLINE_XATTR_BYTES = 4096;

/**
 * Blocks come and go on several threads, which leaves glibc's heap in pieces it keeps: 130 MB of 510 at the end of a
 * kernel tree. After so many bytes of them (three batches of new files) they are given back, which costs up to 5 ms.
 */
const BYTES_PER_RELEASE = 1.5 * 1024 * 1024;

/** Up to this much is sealed here when nothing else was: to start a thread costs 130 ms of CPU, this about 10. */
const INLINE_BYTES = 512 * 1024;

export class Sealer {
  readonly #writer: ObjectWriter;
  readonly #settings: SealSettings;
  readonly #pool: WorkerPool;
  readonly #largeLimit: number;
  readonly #large = new Map<number, ListBuilder>();
  readonly #running = new Set<Promise<void>>();
  #queue: QueuedFile[] = [];
  #queuedBytes = 0;
  #nextKey = 0;
  /** bytes of blocks since memory was given back */
  #unreleased = 0;
  #failure: unknown;

  constructor(
    config: Pick<Config, 'chunker' | 'compression' | 'block'>,
    writer: ObjectWriter,
    threads: number,
    signal?: AbortSignal,
  ) {
    this.#writer = writer;
    this.#largeLimit = threads;
    const { chunker, compression, block } = config;
    this.#settings = { chunker, level: compression.level, blockTarget: block.target };
    this.#pool = new WorkerPool({
      entry: workerEntry('seal'),
      size: threads,
      depth: POOL_DEPTH,
      workerData: this.#settings,
      onRequest: (request: SealRequest) => {
        signal?.throwIfAborted(); // the scan asks between files only, and a file may be as large as a disk
        return this.#answer(request);
      },
    });
  }

  /** Takes a file; `done` is called once, later. Resolves when there is room for more. */
  add(path: Buffer, stat: Stat, done: (outcome: SealOutcome) => void): Promise<void> | undefined {
    if (stat.size > SMALL_FILE_LIMIT) return this.#startLarge({ path, stat, done });
    this.#queue.push({ path, stat, done });
    this.#queuedBytes += stat.size;
    if (this.#queuedBytes < BATCH_BYTES && this.#queue.length < BATCH_FILES) return undefined;
    return this.#startBatch();
  }

  /** Resolves when every file that was added is done and its blocks are with the writer. */
  async finish(): Promise<void> {
    if (this.#queue.length > 0 && !this.#pool.started && this.#queuedBytes <= INLINE_BYTES)
      await this.#sealHere();
    else if (this.#queue.length > 0) await this.#startBatch();
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#assertSound();
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #assertSound(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #startBatch(): Promise<void> {
    const files = this.#takeQueue();
    await this.#pool.ready();
    const run = (payload: BatchJob) => this.#pool.run<BatchResult>({ payload });
    this.#track(this.#runBatch(files, run));
    this.#assertSound();
  }

  #sealHere(): Promise<void> {
    const request = async ({ payload }: Parcel) => this.#answer(payload as SealRequest);
    return this.#runBatch(this.#takeQueue(), async (job) => {
      const { payload } = await sealBatch(job, this.#settings, request);
      return payload as BatchResult;
    });
  }

  #takeQueue(): QueuedFile[] {
    const files = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    return files;
  }

  async #startLarge(file: QueuedFile): Promise<void> {
    while (this.#large.size >= this.#largeLimit) {
      this.#assertSound();
      await Promise.race(this.#running);
    }
    const key = this.#nextKey++;
    this.#large.set(key, this.#listBuilder());
    await this.#pool.ready();
    this.#track(this.#runLarge(key, file));
    this.#assertSound();
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error) => {
        this.#failure ??= error;
      })
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  async #runBatch(files: QueuedFile[], run: (job: BatchJob) => Promise<BatchResult>): Promise<void> {
    const job: BatchJob = { type: 'batch', ...packPaths(files), expected: expectedColumns(files) };
    const result = await run(job);
    await this.#store(result.blocks);
    await this.#settle(files, result);
    this.#release(result.blocks);
  }

  #release(blocks: readonly SealedMessage[]): void {
    for (const { bytes } of blocks) this.#unreleased += bytes.byteLength;
    if (this.#unreleased < BYTES_PER_RELEASE) return;
    this.#unreleased = 0;
    getPlatform().releaseMemory();
  }

  /** Gives each file of a batch its outcome. */
  async #settle(files: QueuedFile[], result: BatchResult): Promise<void> {
    const notes = new Map(result.notes.map((note) => [note.index, note]));
    const ids = asBuffer(result.chunkIds);
    const digests = asBuffer(result.digests);
    let chunk = 0;
    for (let i = 0; i < files.length; i++) {
      const note = notes.get(i);
      const file = files[i]!;
      const first = chunk;
      chunk += result.chunkCounts[i]!;
      if (note?.error) file.done({ error: note.error });
      else if (note?.tooLarge) await this.#startLarge(file);
      else {
        let id: Id = EMPTY_CONTENT;
        let list = false;
        if (chunk - first === 1) id = idAt(ids, first);
        else if (chunk > first) {
          const builder = this.#listBuilder();
          for (let c = first; c < chunk; c++) {
            await builder.add({ id: idAt(ids, c), length: result.chunkLengths[c]! });
          }
          ({ id, list } = await builder.finish());
        }
        const xattrs = note?.xattrs && (await storeXattrs(this.#writer, note.xattrs));
        file.done({ sealed: sealedFile(id, list, idAt(digests, i), note, xattrs) });
      }
    }
  }

  async #runLarge(key: number, file: QueuedFile): Promise<void> {
    const job: LargeJob = { type: 'large', key, path: file.path, expected: expectedColumns([file]) };
    const { digest, note } = await this.#pool.run<LargeResult>({ payload: job }, LARGE_WEIGHT);
    const builder = this.#large.get(key)!;
    this.#large.delete(key);
    if (note.error) {
      file.done({ error: note.error });
      return;
    }
    const { id, list } = await builder.finish();
    const xattrs = note.xattrs && (await storeXattrs(this.#writer, note.xattrs));
    file.done({ sealed: sealedFile(id, list, asBuffer(digest), note, xattrs) });
  }

  async #answer(request: SealRequest): Promise<unknown> {
    switch (request.type) {
      case 'claim': {
        const ids = asBuffer(request.ids);
        const builder = this.#large.get(request.key);
        if (builder) {
          for (let i = 0; i < request.lengths.length; i++) {
            await builder.add({ id: idAt(ids, i), length: request.lengths[i]! });
          }
        }
        return this.#writer.claimChunks(ids, request.lengths);
      }
      case 'restart':
        this.#large.set(request.key, this.#listBuilder());
        return undefined;
      case 'block':
        return this.#runBlock(request);
    }
  }

  async #runBlock(job: BlockJob): Promise<void> {
    const { blocks } = await this.#pool.run<BlockResult>({ payload: job });
    await this.#store(blocks);
  }

  async #store(blocks: SealedMessage[]): Promise<void> {
    for (const { bytes, rawLength, ids, lengths } of blocks) {
      const own = asBuffer(ids);
      const objects: BlockObject[] = Array.from(lengths, (length, i) => ({
        id: idAt(own, i),
        type: ObjectType.chunk,
        length,
      }));
      await this.#writer.addBlock({ bytes, rawLength, objects });
    }
  }

  #listBuilder(): ListBuilder {
    return new ListBuilder((type, encoding) => this.#writer.putMeta(type, encoding));
  }
}

function sealedFile(
  id: Id,
  list: boolean,
  sha256: Buffer,
  note: FileNote | undefined,
  xattrs: Xattr[] | undefined,
): SealedFile {
  return {
    id,
    list,
    sha256,
    ...(note?.stat && { stat: note.stat }),
    unstable: note?.unstable ?? false,
    xattrs,
  };
}

/** Attributes as an entry keeps them: long values become contents. */
export async function storeXattrs(writer: ObjectWriter, xattrs: PlatformXattr[]): Promise<Xattr[]> {
  const stored: Xattr[] = [];
  let room = INLINE_XATTR_BYTES;
  for (const { name, value } of xattrs) {
    const own = asBuffer(value);
    const key = asBuffer(name);
    if (own.length <= room) {
      stored.push({ name: key, value: own });
      room -= own.length;
    } else stored.push({ name: key, id: await writer.putChunk(own) });
  }
  return stored;
}

function packPaths(files: readonly QueuedFile[]): Pick<BatchJob, 'paths' | 'ends'> {
  const ends = new Uint32Array(files.length);
  let end = 0;
  for (let i = 0; i < files.length; i++) {
    end += files[i]!.path.length;
    ends[i] = end;
  }
  return { paths: Buffer.concat(files.map((file) => file.path)), ends };
}

function expectedColumns(files: readonly QueuedFile[]): Float64Array {
  const columns = new Float64Array(files.length * EXPECTED_COLUMNS);
  let at = 0;
  for (const { stat } of files) {
    columns[at++] = stat.size;
    columns[at++] = stat.mtimeS;
    columns[at++] = stat.mtimeNs;
    columns[at++] = stat.ctimeS;
    columns[at++] = stat.ctimeNs;
    columns[at++] = Number(stat.ino);
  }
  return columns;
}

function idAt(ids: Buffer, i: number): Id {
  return ids.subarray(i * ID_LENGTH, (i + 1) * ID_LENGTH);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
