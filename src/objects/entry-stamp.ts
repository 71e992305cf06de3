/** Whether a file is still what an entry recorded, as far as shows without reading it. */
import { type Entry, Flag, Kind } from './model.ts';

/** What of a look at a file (`lstat`) changes with its content or its metadata. */
export interface Stamp {
  kind: Kind;
  size: number;
  mtimeS: number;
  mtimeNs: number;
  ctimeS: number;
  ctimeNs: number;
  ino: number | bigint;
}

/**
 * True when `entry` describes what was seen now, so that content and attributes need not be read again.
 * @param fs ordinal of the file system on which it was seen
 */
export function isUnchanged(entry: Entry, stamp: Stamp, fs: number): boolean {
  return (
    entry.kind === stamp.kind &&
    entry.ctimeNs === stamp.ctimeNs &&
    entry.ctimeS === stamp.ctimeS &&
    entry.mtimeNs === stamp.mtimeNs &&
    entry.mtimeS === stamp.mtimeS &&
    entry.ino === stamp.ino &&
    entry.fs === fs &&
    (entry.kind !== Kind.file || entry.size === stamp.size) &&
    ((entry.flags ?? 0) & Flag.racy) === 0
  );
}
