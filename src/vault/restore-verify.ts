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
import { VaultError } from '../errors.ts';
import { contentChunks } from '../objects/list.ts';
import { type Entry, Flag } from '../objects/model.ts';
import type { Platform } from '../platform/platform.ts';
import type { ObjectReader } from '../store/store.ts';
import type { Artifacts } from './restore-artifacts.ts';
import { Growth } from './restore-growth.ts';
import type { RestoreReport } from './restore-report.ts';

/** Files that are open for it at once, besides those of one batch; the writing of further ones waits. */
const MOST_OPEN = 8;

/** A file that is read again while it is written. */
export interface Following {
  /** Bytes that can be read. */
  growTo(length: number): void;
  /** It is complete; takes charge of the open file. */
  end(length: number, entry: Entry, path: Buffer): void;
  /** It is of no interest any more; takes charge of the open file. */
  abandon(): void;
}

export interface VerifierOptions {
  platform: Platform;
  store: ObjectReader;
  report: RestoreReport;
  /** undefined: nothing is written down */
  artifacts: Artifacts | undefined;
  /** SHA-256 of an open file, of `growth` as it comes or as it is */
  digest(fd: number, growth?: Growth): Promise<Buffer>;
  /** digests can follow */
  canFollow: boolean;
  /** files have been given their recorded times */
  times: boolean;
}

export class Verifier {
  readonly #options: VerifierOptions;
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Takes charge of an open file that is complete. */
  add(fd: number, entry: Entry, path: Buffer): void {
    this.#run(fd, this.#compare(fd, this.#options.digest(fd), entry, path));
  }

  /** Begins to read a file that is being written. Undefined where that cannot be done. */
  follow(fd: number): Following | undefined {
    if (!this.#options.canFollow) return undefined;
    const growth = new Growth();
    const digest = this.#options.digest(fd, growth);
    digest.catch(() => {}); // awaited at the end, or not at all
    return {
      growTo: (length) => growth.add(length, false),
      end: (length, entry, path) => {
        growth.add(length, true);
        this.#run(fd, this.#compare(fd, digest, entry, path));
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
    await this.settle();
    this.#throwFailure();
  }

  /** The same without throwing: when the restore has failed already. */
  async settle(): Promise<void> {
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

  async #compare(fd: number, digest: Promise<Buffer>, entry: Entry, path: Buffer): Promise<void> {
    const { report, artifacts } = this.#options;
    const fault = await this.#faultOf(fd, digest, entry);
    artifacts?.verified(path, fault ? 'mismatch' : 'verified', 'content');
    if (fault) report.fail(path, fault.code, fault.message);
  }

  async #faultOf(
    fd: number,
    digest: Promise<Buffer>,
    entry: Entry,
  ): Promise<{ code: string; message: string } | undefined> {
    const recorded = entry.sha256!;
    if (recorded.equals(await digest)) return undefined;
    try {
      await this.#writeAgain(fd, entry);
    } catch (error) {
      if (error instanceof VaultError) return error;
      throw error;
    }
    if (recorded.equals(await this.#options.digest(fd))) return undefined;
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
