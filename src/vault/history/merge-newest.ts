/** Several histories as one: for `--all`, where snapshots of different lines have no order but their times. */

/**
 * The items of all sources, each newest first, in the order of their times; an item that was given is left out.
 * Holds one item of each source, and the keys of all that were given.
 */
export async function* mergeNewest<T>(
  sources: readonly AsyncIterable<T>[],
  timeOf: (item: T) => bigint,
  keyOf: (item: T) => string,
): AsyncGenerator<T, void, undefined> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
  const given = new Set<string>();
  for (;;) {
    let newest = -1;
    for (const [i, head] of heads.entries()) {
      if (head.done) continue;
      const best = newest < 0 ? undefined : heads[newest]!;
      if (!best || timeOf(head.value) > timeOf(best.value as T)) newest = i;
    }
    if (newest < 0) return;
    const item = heads[newest]!.value as T;
    heads[newest] = await iterators[newest]!.next();
    const key = keyOf(item);
    if (given.has(key)) continue;
    given.add(key);
    yield item;
  }
}
