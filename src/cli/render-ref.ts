/** Refs as plumbing prints them. */
import { isLive, type UpdatedRef } from '../index.ts';

/** The fields of an updated ref; null for an id where it names nothing. */
export function updatedFields({ ref, before, after }: UpdatedRef): object {
  const old = isLive(before) ? before.target : null;
  const now = isLive(after) ? after.target : null;
  return { ref, old, new: now, changed: before !== after };
}
