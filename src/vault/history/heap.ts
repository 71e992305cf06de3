/** A binary heap: the first of many by an order that does not change, where others come and go. */

export class Heap<T> {
  readonly #items: T[] = [];
  readonly #isBefore: (a: T, b: T) => boolean;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    let at = this.#items.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#isBefore(item, this.#items[above]!)) break;
      this.#items[at] = this.#items[above]!;
      at = above;
    }
    this.#items[at] = item;
  }

  /** Takes out the first; undefined when there is none. */
  pop(): T | undefined {
    const [first] = this.#items;
    const last = this.#items.pop();
    if (this.#items.length > 0) this.#sink(last!);
    return first;
  }

  /** Puts an item in the place of the first, and down to where it belongs. */
  #sink(item: T): void {
    const { length } = this.#items;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= length) break;
      if (below + 1 < length && this.#isBefore(this.#items[below + 1]!, this.#items[below]!)) below++;
      if (!this.#isBefore(this.#items[below]!, item)) break;
      this.#items[at] = this.#items[below]!;
      at = below;
    }
    this.#items[at] = item;
  }
}
