/**
 * Files that a merge finds under some of their recorded names: the other names are made as names of theirs, since they are one file in
 * the snapshot. Only a file that is there as it was recorded gets one more name; no symlink is followed on the way to it.
 */
import { type Entry, Kind } from '../../../objects/model.ts';
import type { Platform, Stat } from '../../../platform/platform.ts';
import { sameFile } from '../place/paths.ts';
import type { Reach } from '../place/reach.ts';

/** Files that are remembered (20 MB); the names of more become files of their own. */
const MOST_FILES = 65_536;

/** A file that is there. */
export interface SameFile {
  readonly entry: Entry;
  /** from the destination */
  readonly path: Buffer;
  /** as it was compared with the entry; undefined where it differs, and stays */
  readonly stat: Stat | undefined;
}

export class SameFiles {
  /** by file system and inode, as recorded */
  readonly #files = new Map<string, SameFile>();

  /** A name that is there and stays. */
  add(file: SameFile): void {
    const key = linkKey(file.entry);
    if (key === undefined) return;
    const known = this.#files.get(key);
    if (known?.stat || (!known && this.#files.size >= MOST_FILES)) return;
    this.#files.set(key, file);
  }

  /** What an entry is, or was, a further name of. */
  find(entry: Entry): SameFile | undefined {
    const key = linkKey(entry);
    const file = key === undefined ? undefined : this.#files.get(key);
    return file && file.entry.kind === entry.kind && file.entry.id.equals(entry.id) ? file : undefined;
  }
}

/** Tells the files of one snapshot apart that have several names; undefined for any other entry. */
export function linkKey({ fs = 0, ino, nlink = 1, kind }: Entry): string | undefined {
  return nlink < 2 || ino === undefined || kind === Kind.dir ? undefined : `${fs} ${ino}`;
}

/**
 * Makes `at` a further name of a file that is there.
 * @returns why it is none, as an errno name; undefined when it is
 */
export function joinFile(platform: Platform, there: Reach, file: SameFile, at: Buffer): string | undefined {
  const { path, stat } = file;
  if (!stat || !isOwn(stat)) return 'EEXIST';
  try {
    platform.link(there.at(path), at);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'EIO';
  }
  if (isSame(platform.lstat(at), stat)) return undefined;
  platform.unlink(at);
  return 'ESTALE';
}

/** Of somebody else's file nobody but root makes one's own. */
function isOwn({ uid }: Stat): boolean {
  const user = process.geteuid?.();
  return user === undefined || user === 0 || user === uid;
}

/** It is the file that was compared, and nobody has written to it since. */
function isSame(now: Stat, then: Stat): boolean {
  return (
    sameFile(now, then) &&
    now.size === then.size &&
    now.mtimeS === then.mtimeS &&
    now.mtimeNs === then.mtimeNs
  );
}
