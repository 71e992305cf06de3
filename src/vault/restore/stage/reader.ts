/**
 * The reader of a restore's contents. Its worker threads take 130 ms to start, and a plan keeps one core busy: so they start
 * while it is still being made, as soon as it shows that they will be worth it.
 */
import type { Platform } from '../../../platform/platform.ts';
import { ContentReader, type ContentSource } from '../../contents/content-reader.ts';

/** A restore of fewer bytes is over before worker threads have started. */
const LEAST_FOR_THREADS = 8 * 1024 * 1024;
/** Threads that read ahead; one creator cannot use more. */
const MOST_THREADS = 4;

export class PlannedReader {
  readonly #source: ContentSource;
  readonly #platform: Platform;
  readonly #threads: number;
  #bytes = 0;
  #reader: ContentReader | undefined;

  /** @param threads at most so many */
  constructor(source: ContentSource, platform: Platform, threads: number) {
    this.#source = source;
    this.#platform = platform;
    this.#threads = Math.max(1, Math.min(MOST_THREADS, threads));
  }

  /** So many bytes more are going to be read. */
  plan(bytes: number): void {
    this.#bytes += bytes;
    if (this.#reader || this.#bytes < LEAST_FOR_THREADS) return;
    this.#reader = new ContentReader(this.#source, this.#platform, this.#threads);
    this.#reader.start();
  }

  /** When all is planned. */
  get reader(): ContentReader {
    this.#reader ??= new ContentReader(this.#source, this.#platform, 0);
    return this.#reader;
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }
}
