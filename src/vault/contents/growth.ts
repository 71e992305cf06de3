/** How far a file has been written, for a worker that reads it again. */
import type { Grown } from '../../workers/unseal-protocol.ts';

/** Bytes that a worker is given at once, so that it gets to its other jobs in between. */
const MOST_AT_ONCE = 8 * 1024 * 1024;

export class Growth {
  #length = 0;
  #isFinal = false;
  #waiting: (() => void) | undefined;

  /** @param isFinal no more will come */
  add(length: number, isFinal: boolean): void {
    this.#length = length;
    this.#isFinal = isFinal;
    this.#waiting?.();
    this.#waiting = undefined;
  }

  /** Resolves when there is something behind byte `seen`, or nothing more will come. */
  async next(seen: number): Promise<Grown> {
    while (this.#length <= seen && !this.#isFinal) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    const until = Math.max(seen, Math.min(this.#length, seen + MOST_AT_ONCE));
    return { until, isFinal: this.#isFinal && until >= this.#length };
  }
}
