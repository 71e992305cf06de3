/** Refs in a document. */
import { isLive, type ListedRef, type UpdatedRef } from '../../index.ts';

/** The fields of an updated ref; null for an id where it names nothing. */
export function updatedFields({ ref, before, after }: UpdatedRef): object {
  const old = isLive(before) ? before.target : null;
  const now = isLive(after) ? after.target : null;
  return { ref, old, new: now, changed: before !== after };
}

/** The fields of a ref in a document. */
export function refFields({ ref, record }: ListedRef): object {
  const { target, type, time, seq } = record;
  return { ref, id: target, type, time, seq };
}
