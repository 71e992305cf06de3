/**
 * Abbreviated ids.
 */
import type { Id } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';

/** Fewer digits are never taken for an id. */
export const MIN_DIGITS = 4;

/** The first hex digits of `id`, at least `min`, that no other object's id begins with. */
export async function shortId(reader: ObjectReader, id: Id, min = 8): Promise<string> {
  const hex = id.toString('hex');
  for (let digits = Math.max(min, MIN_DIGITS); digits < hex.length; digits++) {
    const prefix = hex.slice(0, digits);
    // Three, because a chunk and a metadata object may share one id.
    const found = await reader.complete(prefix, 3);
    if (found.every((other) => other.id.equals(id))) return prefix;
  }
  return hex;
}
