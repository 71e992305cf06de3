/** Differences that are kept from a first look for a second one, as long as they are few: to find them again would read all trees again. */
import type { RowPair } from '../../objects/row-pair.ts';
import type { Difference } from './diff.ts';

/** Some 500 bytes each. */
const MOST_KEPT = 100_000;
/** Blocks of trees whose rows they are. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface KeptLimits {
  count: number;
  bytes: number;
}

export class KeptDifferences {
  readonly #limits: KeptLimits;
  #groups: Difference[][] | undefined = [];
  #count = 0;
  #bytes = 0;
  readonly #memory = new Set<ArrayBufferLike>();

  constructor(limits: KeptLimits = { count: MOST_KEPT, bytes: MOST_BYTES }) {
    this.#limits = limits;
  }

  /** Keeps a group behind those before; none any more once they are too many, or hold too much. */
  add(group: Difference[]): void {
    if (!this.#groups) return;
    this.#groups.push(group);
    this.#count += group.length;
    for (const { rows } of group) if (rows) this.#hold(rows);
    if (this.#count > this.#limits.count || this.#bytes > this.#limits.bytes) this.#drop();
  }

  #hold({ oldView, newView }: RowPair): void {
    for (const view of [oldView, newView]) {
      if (!view || this.#memory.has(view.memory)) continue;
      this.#memory.add(view.memory);
      this.#bytes += view.memory.byteLength;
    }
  }

  #drop(): void {
    this.#groups = undefined;
    this.#memory.clear();
  }

  /** All groups, unless they were too much, and once: each is let go of when it has been given. */
  take(): Iterable<Difference[]> | undefined {
    const groups = this.#groups;
    this.#drop();
    return groups && emptying(groups.reverse());
  }
}

function* emptying(groups: Difference[][]): Generator<Difference[], void, undefined> {
  for (let group = groups.pop(); group; group = groups.pop()) {
    yield group.map((difference) => (difference.rows?.afresh() as Difference | undefined) ?? difference);
  }
}
