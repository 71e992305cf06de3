/**
 * The pace of a scan, which is one thread with synchronous calls: every few milliseconds it lets the event loop run, so that workers are
 * answered; it waits when they have enough to do, and stops when something failed or the caller gave up.
 */
import type { ObjectWriter } from '../../store/store.ts';
import type { Progress } from '../progress.ts';
import type { Sealer } from './sealer.ts';
import type { TreeNode } from './tree-assembly.ts';

/** The event loop runs at least this often. */
const SLICE_MS = 4;
/** Names of a folder between two looks at the clock. */
const NAMES_PER_LOOK = 64;
/** Rows of a folder that wait for one that is not known yet, a large file's, before the scan waits as well. */
const MOST_WAITING = 16_384;

export class ScanPace {
  /** rejects with the first failure */
  readonly failed: Promise<never>;
  readonly #reject: (error: unknown) => void;
  readonly #writer: ObjectWriter;
  readonly #sealer: Sealer;
  readonly #progress: Progress;
  readonly #signal: AbortSignal | undefined;
  #failure: unknown;
  #lastYield = performance.now();
  #toldNewBytes = 0;

  constructor(
    writer: ObjectWriter,
    sealer: Sealer,
    { progress, signal }: { progress: Progress; signal: AbortSignal | undefined },
  ) {
    this.#writer = writer;
    this.#sealer = sealer;
    this.#progress = progress;
    this.#signal = signal;
    const { promise, reject } = Promise.withResolvers<never>();
    this.failed = promise;
    this.#reject = reject;
    promise.catch(() => {});
  }

  /** Stops the scan. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#reject(error);
  }

  /** Whether to `breathe` after so many names of a folder. */
  isDue(names: number): boolean {
    return names % NAMES_PER_LOOK === 0;
  }

  /** @param node of the folder that is being scanned */
  async breathe(node: TreeNode): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#signal?.throwIfAborted();
    if (node.busy) await node.busy;
    if (node.waiting > MOST_WAITING) await this.#sealer.finish();
    if (performance.now() - this.#lastYield < SLICE_MS) return;
    this.#tellStored();
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastYield = performance.now();
  }

  /** Everything was visited: waits until the sealer is done. */
  async finish(): Promise<void> {
    await this.#sealer.finish();
    this.#tellStored();
  }

  #tellStored(): void {
    const { newBytes } = this.#writer.totals;
    if (newBytes > this.#toldNewBytes) this.#progress.stored(newBytes - this.#toldNewBytes);
    this.#toldNewBytes = newBytes;
  }
}
