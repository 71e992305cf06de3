/** The bits of `Entry.flags`. */
import { type Entry, Flag } from './model.ts';

/** Whether the entry's id names a list, not a chunk. */
export function isList({ flags = 0 }: Pick<Entry, 'flags'>): boolean {
  return (flags & Flag.list) !== 0;
}
