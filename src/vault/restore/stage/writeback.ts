/**
 * Lets what has been written go to the disk while more is being written, so that less is left for the end, when the whole file
 * system is synced once more. One write-back at a time, on a thread that has nothing else to do.
 */
import type { Platform } from '../../../platform/platform.ts';

/** Bytes written after which the next write-back begins. */
const BYTES_AT_ONCE = 192 * 1024 * 1024;

export class WriteBack {
  readonly #platform: Platform;
  readonly #fd: number;
  readonly #bytesAtOnce: number;
  #fresh = 0;
  #running: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;

  /** @param fd an open folder of the file system; it stays open until `settle` has resolved */
  constructor(platform: Platform, fd: number, bytesAtOnce = BYTES_AT_ONCE) {
    this.#platform = platform;
    this.#fd = fd;
    this.#bytesAtOnce = bytesAtOnce;
  }

  /**
   * So many bytes more have been written.
   * @throws what an earlier write-back has failed with: the kernel tells it once, and the lost pages then pass for written
   */
  wrote(bytes: number): void {
    this.#throwFailure();
    this.#fresh += bytes;
    if (this.#running || this.#fresh < this.#bytesAtOnce) return;
    this.#fresh = 0;
    this.#running = this.#platform
      .syncFileSystemAside(this.#fd)
      .catch((error) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Resolves when none is running. Throws as `wrote`. */
  async finish(): Promise<void> {
    await this.settle();
    this.#throwFailure();
  }

  /** The same without throwing. */
  async settle(): Promise<void> {
    await this.#running;
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
