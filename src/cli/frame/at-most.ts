/** The first of many. */

/** At most `limit` items; all when it is undefined. The source is ended behind the last. */
export async function* atMost<T>(
  source: AsyncIterable<T>,
  limit: number | undefined,
): AsyncGenerator<T, void, undefined> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  if (left <= 0) return;
  for await (const item of source) {
    yield item;
    if (--left <= 0) return;
  }
}
