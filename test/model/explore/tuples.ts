/** A set of tuples of numbers below 2^26, exact: pairs are numbered, and pairs of such numbers and the next. */
export class Tuples {
  readonly #pairs: Map<number, number>[];
  readonly #last = new Set<number>();

  /** @param length of each tuple, 2 … n */
  constructor(length: number) {
    this.#pairs = Array.from({ length: length - 2 }, () => new Map());
  }

  /** True when it was not in it before. */
  add(tuple: readonly number[]): boolean {
    let number = tuple[0]!;
    let i = 1;
    for (const pairs of this.#pairs) {
      const pair = number * 2 ** 26 + tuple[i++]!;
      number = pairs.get(pair) ?? pairs.set(pair, pairs.size).size - 1;
    }
    const whole = number * 2 ** 26 + tuple[i]!;
    if (this.#last.has(whole)) return false;
    this.#last.add(whole);
    return true;
  }
}
