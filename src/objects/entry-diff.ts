/** In what two entries of one name differ, as people understand it. */
import { isList } from './entry-flags.ts';
import { type Change, type Entry, Kind, type Xattr } from './model.ts';

/** Two entries of one path; one of them may be absent. */
export interface EntryPair {
  readonly path: Buffer;
  readonly old?: Entry | undefined;
  readonly new?: Entry | undefined;
}

/**
 * What a restore would not bring back, or only by chance, is no difference: change and birth times, inode, link count,
 * file system, how it is stored, unknown extensions. Nor are a directory's id and modification time, which follow from what is in it.
 */
export function sameEntry(a: Entry, b: Entry): boolean {
  return sameContent(a, b) && sameMetadata(a, b);
}

/** True when the bytes of files, the targets of links and the numbers of devices are equal; always for directories. */
export function sameContent(a: Entry, b: Entry): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === Kind.dir) return true;
  if (a.rdevMajor !== b.rdevMajor || a.rdevMinor !== b.rdevMinor) return false;
  if (a.id.equals(b.id) && isList(a) === isList(b)) return true;
  // Cut by other rules, the same bytes have another list.
  return a.kind === Kind.file && a.sha256 !== undefined && b.sha256?.equals(a.sha256) === true;
}

function sameMetadata(a: Entry, b: Entry): boolean {
  return (
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.user === b.user &&
    a.group === b.group &&
    (a.kind === Kind.dir || (a.mtimeS === b.mtimeS && a.mtimeNs === b.mtimeNs)) &&
    sameXattrs(a.xattrs ?? [], b.xattrs ?? [])
  );
}

function sameXattrs(a: readonly Xattr[], b: readonly Xattr[]): boolean {
  return a.length === b.length && a.every((xattr, i) => sameXattr(xattr, b[i]!));
}

function sameXattr(a: Xattr, b: Xattr): boolean {
  if (!a.name.equals(b.name)) return false;
  if ('value' in a) return 'value' in b && a.value.equals(b.value);
  return 'id' in b && a.id.equals(b.id);
}

/** The row of a changes object for a pair, or undefined when nothing differs that a person would call a change. */
export function changeOf(pair: EntryPair): Change | undefined {
  const { path, old, new: next } = pair;
  if (old && next) {
    const { kind, id } = next;
    if (old.kind !== kind) return { path, letter: 'T', kind, id, metadataOnly: false };
    const same = sameContent(old, next);
    if (same && sameMetadata(old, next)) return undefined;
    return { path, letter: 'M', kind, id, metadataOnly: same };
  }
  const entry = next ?? old;
  if (!entry) return undefined;
  return { path, letter: next ? 'A' : 'D', kind: entry.kind, id: entry.id, metadataOnly: false };
}
