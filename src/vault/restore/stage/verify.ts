/**
 * Compares what was written with the recorded SHA-256.
 *
 * A file of one chunk needs no second look in a plain vault: its chunk's id is the SHA-256 of the file, and the worker
 * that read it has compared it with the very bytes that were written. Reading all of a kernel tree again would cost 4 s of
 * hashing in a restore of 6 s. A file of several chunks is read back by the workers, beside the writing of the next
 * ones; its chunks then need not be compared with their ids, so that each byte is hashed once. A long file is followed while it
 * is written: hashing it is what takes longest.
 *
 * When a file differs, it is written again chunk by chunk, each verified: that finds another copy of a damaged chunk, or
 * names the chunk that is lost.
 */
import { VaultError } from '../../../errors.ts';
import { contentChunks } from '../../../objects/list.ts';
import { type Entry, Flag } from '../../../objects/model.ts';
import type { Platform } from '../../../platform/platform.ts';
import type { ObjectReader } from '../../../store/store.ts';
import { Growth } from '../../contents/growth.ts';
import type { Fault, RestoreReport } from '../journal/report.ts';
import type { Artifacts } from '../records/artifacts.ts';

/** Complete files that are read again together, side by side, and their bytes: a worker is busy with them for a quarter of a second. */
const TOGETHER = 8;
const TOGETHER_BYTES = 64 * 1024 * 1024;
/** Files that are open for it at once, besides those that wait for company; the writing of further ones waits. */
const MOST_OPEN = 3 * TOGETHER;

/** A file that was written. */
export interface Written {
  entry: Entry;
  /** from the snapshot's root */
  path: Buffer;
  /** its further names, as they are made */
  further: readonly Buffer[];
}

/** A file that is read again while it is written. */
export interface Following {
  /** Bytes that can be read. */
  growTo(length: number): void;
  /** It is complete; takes charge of the open file. */
  end(length: number, file: Written): void;
  /** It is of no interest any more; takes charge of the open file. */
  abandon(): void;
}

export interface VerifierOptions {
  platform: Platform;
  store: ObjectReader;
  report: RestoreReport;
  /** undefined: nothing is written down */
  artifacts: Artifacts | undefined;
  /** SHA-256 of each of some open files */
  digest(fds: readonly number[]): Promise<Buffer[]>;
  /** the same of one as it grows, where that can be done */
  follow: ((fd: number, growth: Growth) => Promise<Buffer>) | undefined;
  /** files have been given their recorded times */
  times: boolean;
}

export class Verifier {
  readonly #options: VerifierOptions;
  #complete: { fd: number; file: Written }[] = [];
  #completeBytes = 0;
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;
  /** files that are not what was recorded */
  readonly wrong: Written[] = [];

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Takes charge of an open file that is complete. It is read again with the next ones. */
  add(fd: number, file: Written): void {
    this.#complete.push({ fd, file });
    this.#completeBytes += file.entry.size ?? 0;
    if (this.#complete.length === TOGETHER || this.#completeBytes >= TOGETHER_BYTES) this.#begin();
  }

  #begin(): void {
    const files = this.#complete;
    if (files.length === 0) return;
    this.#complete = [];
    this.#completeBytes = 0;
    const digests = this.#options.digest(files.map(({ fd }) => fd));
    files.forEach(({ fd, file }, i) => {
      const digest = digests.then((all) => all[i]!);
      this.#run(fd, this.#compare(fd, digest, file));
    });
  }

  /** Begins to read a file that is being written. Undefined where that cannot be done. */
  follow(fd: number): Following | undefined {
    const { follow } = this.#options;
    if (!follow) return undefined;
    const growth = new Growth();
    const digest = follow(fd, growth);
    digest.catch(() => {}); // awaited at the end, or not at all
    return {
      growTo: (length) => growth.add(length, false),
      end: (length, file) => {
        growth.add(length, true);
        this.#run(fd, this.#compare(fd, digest, file));
      },
      abandon: () => {
        growth.add(0, true);
        this.#run(
          fd,
          digest.then(() => {}),
        );
      },
    };
  }

  /** Resolves when few enough files are open for more. Throws what went wrong in reading one. */
  async room(): Promise<void> {
    while (this.#running.size >= MOST_OPEN) await Promise.race(this.#running);
    this.#throwFailure();
  }

  /** Resolves when all are done. */
  async finish(): Promise<void> {
    this.#begin();
    await this.settle();
    this.#throwFailure();
  }

  /** The same without throwing: when the restore has failed already. */
  async settle(): Promise<void> {
    for (const { fd } of this.#complete.splice(0)) this.#options.platform.close(fd);
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #run(fd: number, work: Promise<void>): void {
    const running = work
      .catch((error) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#options.platform.close(fd);
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  async #compare(fd: number, digest: Promise<Buffer>, file: Written): Promise<void> {
    const { report, artifacts } = this.#options;
    const { entry, path } = file;
    const fault = await this.#faultOf(fd, digest, entry);
    artifacts?.verified(path, fault ? 'mismatch' : 'verified', 'content');
    if (!fault) return;
    report.fail(path, entry, fault);
    this.wrong.push(file);
  }

  async #faultOf(fd: number, first: Promise<Buffer>, entry: Entry): Promise<Fault | undefined> {
    const recorded = entry.sha256!;
    if (recorded.equals(await first)) return undefined;
    try {
      await this.#writeAgain(fd, entry);
    } catch (error) {
      if (error instanceof VaultError) return error;
      throw error;
    }
    const [digest] = await this.#options.digest([fd]);
    if (recorded.equals(digest!)) return undefined;
    return { code: 'DAMAGED', message: 'what was written differs from its recorded SHA-256' };
  }

  async #writeAgain(fd: number, { id, flags = 0, mtimeS, mtimeNs = 0 }: Entry): Promise<void> {
    const { platform, store, times } = this.#options;
    for await (const chunk of contentChunks(store, id, (flags & Flag.list) !== 0)) {
      platform.write(fd, await store.readChunk(chunk.id), chunk.offset);
    }
    if (times && mtimeS !== undefined) platform.setTimesFd(fd, mtimeS, mtimeNs);
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
