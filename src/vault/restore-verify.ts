/**
 * Compares what was written with the recorded SHA-256.
 *
 * A file of one chunk needs no second look in a plain vault: its chunk's id is the SHA-256 of the file, and the worker
 * that read it has compared it with the very bytes that were written. Reading all of a kernel tree again would cost 4 s
 * of hashing in a restore of 5 s. A file of several chunks is put together here, so it is read back, by the workers,
 * beside the writing of the next ones.
 */
import type { Entry } from '../objects/model.ts';
import type { Platform } from '../platform/platform.ts';

/** Files that are open for it at once; the writing of further ones waits. */
const MOST_OPEN = 8;

export class Verifier {
  readonly #platform: Platform;
  readonly #digest: (fd: number) => Promise<Buffer>;
  readonly #onDifferent: (path: Buffer) => void;
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  /** @param onDifferent called with the path of a file that is not what was recorded */
  constructor(
    platform: Platform,
    digest: (fd: number) => Promise<Buffer>,
    onDifferent: (path: Buffer) => void,
  ) {
    this.#platform = platform;
    this.#digest = digest;
    this.#onDifferent = onDifferent;
  }

  /** Takes charge of an open file that is complete. */
  add(fd: number, { sha256 }: Entry, path: Buffer): void {
    const running = this.#digest(fd)
      .then((digest) => {
        if (sha256 && !digest.equals(sha256)) this.#onDifferent(path);
      })
      .catch((error) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#platform.close(fd);
        this.#running.delete(running);
      });
    this.#running.add(running);
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

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
