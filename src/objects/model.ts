/**
 * What the store's objects look like decoded. Encodings are in the sibling files; `docs/format.md` has the bytes.
 */
import type { Id } from '../store/id.ts';

/** Kinds of tree entries; the numbers are part of the format. */
export const Kind = { file: 1, dir: 2, symlink: 3, fifo: 4, socket: 5, char: 6, block: 7 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** As programs are told a kind. */
export const KIND_NAMES: Record<Kind, string> = {
  [Kind.file]: 'file',
  [Kind.dir]: 'dir',
  [Kind.symlink]: 'symlink',
  [Kind.fifo]: 'fifo',
  [Kind.socket]: 'socket',
  [Kind.char]: 'char',
  [Kind.block]: 'block',
};

/** Bits of `Entry.flags`; part of the format. */
export const Flag = {
  /** fewer bytes allocated than the size says when it was read */
  sparse: 1,
  /** read within 2 s of its mtime or ctime, or changed while it was read: never reuse without reading */
  racy: 2,
  /** `id` names a list, not a chunk (a file can be crafted whose chunk id equals a list's id, so the entry says which) */
  list: 4,
} as const;

/**
 * One name in a tree. Only `name`, `kind` and `id` always exist; what is absent is left alone on restore.
 * `mode` holds the permission bits (07777) only. Times are whole seconds since 1970 (negative before) and
 * nanoseconds 0…999,999,999. `fs` is an ordinal in the snapshot's mount points, 0 = the root's.
 */
export interface Entry {
  name: Buffer;
  kind: Kind;
  /** content (chunk or list) of a file; tree of a dir; chunk holding the target of a symlink; else the empty content */
  id: Id;
  mode?: number;
  uid?: number;
  gid?: number;
  user?: string;
  group?: string;
  /** bytes of a file's content; length of a symlink's target */
  size?: number;
  mtimeS?: number;
  mtimeNs?: number;
  ctimeS?: number;
  ctimeNs?: number;
  btimeS?: number;
  btimeNs?: number;
  ino?: number | bigint;
  nlink?: number;
  fs?: number;
  /** SHA-256 of the whole content of a file; the encoding keeps it once where it equals `id` */
  sha256?: Buffer;
  /** a symlink's target */
  target?: Buffer;
  /** device numbers of char and block devices */
  rdevMajor?: number;
  rdevMinor?: number;
  flags?: number;
  xattrs?: Xattr[];
  /** extension pairs of newer writers: kept as they are */
  ext?: Extension[];
}

/** An extended attribute: inline value, or `id` of the content that holds it when longer than 4 KiB. Sorted by name. */
export type Xattr = { name: Buffer; value: Buffer } | { name: Buffer; id: Id };

export type Extension = [key: number, value: unknown];

/** One chunk of a content. */
export interface ChunkRef {
  id: Id;
  length: number;
}

export interface Snapshot {
  tree: Id;
  /** the root folder's own metadata; its name is empty, its id the tree */
  root: Entry;
  parents: Id[];
  /** 0 without parents, else 1 + the largest of the parents' */
  generation: number;
  /** absent in a snapshot without parents */
  changes?: Id;
  timeS: number;
  timeNs: number;
  host: string;
  user: string;
  author?: string;
  rootPath: Buffer;
  /** mount points below the root in order of their ordinals: paths relative to the root; [0] is empty */
  mounts: Buffer[];
  message: string;
  labels: [key: string, value: string][];
  problemCount: number;
  /** the first 100 */
  problems: Problem[];
  stats: SnapshotStats;
  ext?: Extension[];
}

/** Something that could not be read; its parent's entry, if any, was kept. */
export interface Problem {
  path: Buffer;
  /** errno name: EACCES, EIO, … */
  code: string;
  message: string;
}

/** All counts include unchanged things, except `newBytes` and `storedBytes`. */
export interface SnapshotStats {
  files: number;
  dirs: number;
  others: number;
  /** sum of the sizes of files */
  bytes: number;
  /** bytes of chunks that the vault did not hold before */
  newBytes: number;
  /** bytes that the packs grew by, about: what was not sealed yet counts as it is, and the snapshot's own object does not count */
  storedBytes: number;
  durationMs: number;
}

export type ChangeLetter = 'A' | 'M' | 'D' | 'T';

/** One row of a changes object. `path` is relative to the root, `/`-separated. Rows are in walk order: names compared
 *  component by component, bytewise, so that `a/b` comes before `a.txt`. */
export interface Change {
  path: Buffer;
  letter: ChangeLetter;
  kind: Kind;
  /** id of the new entry (of the old one for D) */
  id: Id;
  /** M only: the content is the same, only metadata differs */
  metadataOnly: boolean;
}
