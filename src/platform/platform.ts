/**
 * The user's file system, as scan, seal and restore need it. Synchronous: it is called from threads that do nothing
 * else (see docs/architecture.md). Paths are bytes and never followed through a final symlink; they may be longer than
 * PATH_MAX where `abilities.longPaths`. Errors are Node's errno errors (`code` EACCES, ENOENT, …; `path` is lossy
 * text). `linux.ts` calls libc through koffi; `portable.ts` is plain Node, and what it cannot do it says in `abilities`
 * and refuses with ENOTSUP.
 *
 * Descriptors are the process's own: `read`, `write` and `close` here are the fast way, and the synchronous calls of
 * `node:fs` take them too, but for `closeSync`, which warns in a worker about a descriptor that Node did not open.
 */
import type { Kind } from '../objects/model.ts';

export interface Stat {
  kind: Kind;
  /** permission bits, 07777 */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  mtimeS: number;
  mtimeNs: number;
  ctimeS: number;
  ctimeNs: number;
  /** undefined where the file system does not record it */
  btimeS: number | undefined;
  btimeNs: number | undefined;
  /** Number where it is a safe integer, else BigInt */
  ino: number | bigint;
  /** device of the file system: major × 2^20 + minor, or Node's st_dev */
  dev: number;
  nlink: number;
  rdevMajor: number;
  rdevMinor: number;
  /** bytes allocated on disk */
  allocated: number;
}

/** An open folder: its names in bytewise order, in columns (a folder may have millions). `.` and `..` are left out. */
export interface Directory {
  readonly length: number;
  /** A copy-free view; valid until `close`. */
  name(i: number): Buffer;
  /** `lstat` of entry i relative to the open folder, so that a renamed or swapped parent does not matter. */
  stat(i: number): Stat;
  readlink(i: number): Buffer;
  /** Opens the folder that entry i is, relative to this one and however deep it lies. ENOTDIR for a symlink. */
  openDirectory(i: number): Directory;
  /** Releases the descriptor. May be repeated. */
  close(): void;
}

export interface PlatformXattr {
  name: Buffer;
  value: Buffer;
}

export interface Abilities {
  /** sets times to the nanosecond */
  nanoseconds: boolean;
  xattrs: boolean;
  /** makes fifos, sockets and (with the right to) devices */
  devices: boolean;
  /** swaps two names, where the file system can */
  exchange: boolean;
  /** finds the holes of sparse files, where the file system can */
  holes: boolean;
  /** sets owners (given the right to) */
  owners: boolean;
  /** paths longer than PATH_MAX */
  longPaths: boolean;
  /** makes a whole file system durable in one call */
  syncFileSystem: boolean;
}

export interface PlatformReading {
  openDirectory(path: Buffer): Directory;
  lstat(path: Buffer): Stat;
  /** Something is mounted on this very name: it can be neither renamed nor removed. A bind mount where the kernel tells. */
  isMountPoint(path: Buffer): boolean;
  /**
   * An inode number stays with its file as long as this exists, also when it is renamed and when the file system is mounted again. Not so
   * by FUSE, where numbers may be those of paths, or of what is in a cache, nor where a file system has none of its own.
   */
  keepsInodes(path: Buffer): boolean;
  /**
   * A file with another content shows another change time, or inode number, or size. Not so in an image (squashfs, EROFS), whose times and
   * numbers are what it was packed with: another image in its place may show the same.
   */
  keepsChangeTimes(path: Buffer): boolean;
  /** What is mounted at any depth below a folder, named by its real path, as far as the system lists it. */
  mountPointsBelow(folder: Buffer): Buffer[];
  /**
   * Opens a regular file for reading: no symlink followed, never blocks on a fifo, access time kept where allowed. What
   * took the name's place meanwhile opens too: look at `fstat(fd).kind`.
   */
  openForRead(path: Buffer): number;
  fstat(fd: number): Stat;
  /** Reads up to `into.length` bytes, from `position` or where the last read ended. Bytes read; 0 at the end. */
  read(fd: number, into: Uint8Array, position?: number): number;
  close(fd: number): void;
  readlink(path: Buffer): Buffer;
  /** Sorted by name; [] where there are none or the file system has no attributes. ACLs are `system.posix_acl_*`. */
  listXattrs(path: Buffer): PlatformXattr[];
  listXattrsFd(fd: number): PlatformXattr[];
  /**
   * Data ranges [start, end) of an open sparse file, ascending, at most `limit` (≥ 1), of which the last reaches to
   * `size`. The whole file where holes are unknown. The file position stays.
   */
  dataRanges(fd: number, size: number, limit: number): [start: number, end: number][];
  userName(uid: number): string | undefined;
  groupName(gid: number): string | undefined;
  userId(name: string): number | undefined;
  groupId(name: string): number | undefined;
}

/** Restore; every call acts on the name itself, not on a symlink's target. The umask applies where a mode is given. */
export interface PlatformWriting {
  /** Opens a folder (ENOTDIR for a symlink) to make names in it, for `pathIn` and the calls that take a descriptor. */
  openFolder(path: Buffer): number;
  /**
   * A path for other calls that leads to `name` in an open folder, whatever its own path leads to by now; `..` is the
   * folder above it. Valid until the folder is closed.
   */
  pathIn(folder: number, name: Buffer): Buffer;
  mkdir(path: Buffer, mode: number): void;
  symlink(target: Buffer, path: Buffer): void;
  link(existing: Buffer, path: Buffer): void;
  /** fifo, socket, char or block device */
  mknod(path: Buffer, kind: Kind, mode: number, rdevMajor: number, rdevMinor: number): void;
  /** Creates a new file (exclusive, no follow) for writing and reading. */
  createFile(path: Buffer, mode: number): number;
  /** Writes all of `data`, at `position` or where the last write ended. */
  write(fd: number, data: Uint8Array, position?: number): void;
  chown(path: Buffer, uid: number, gid: number): void;
  /** ENOTSUP for a symlink. */
  chmod(path: Buffer, mode: number): void;
  fchown(fd: number, uid: number, gid: number): void;
  fchmod(fd: number, mode: number): void;
  /** Access time is left as it is when undefined. */
  setTimes(path: Buffer, mtimeS: number, mtimeNs: number, atimeS?: number, atimeNs?: number): void;
  setTimesFd(fd: number, mtimeS: number, mtimeNs: number): void;
  setXattr(path: Buffer, name: Buffer, value: Buffer): void;
  setXattrFd(fd: number, name: Buffer, value: Buffer): void;
  removeXattr(path: Buffer, name: Buffer): void;
  /** Renames; fails with EEXIST when `to` exists (atomically where `renameat2` is there). */
  renameNoReplace(from: Buffer, to: Buffer): void;
  /** Atomically swaps two names. Only with `abilities.exchange`; EINVAL where the file system cannot. */
  exchange(a: Buffer, b: Buffer): void;
  unlink(path: Buffer): void;
  rmdir(path: Buffer): void;
  /** Makes the names in a folder durable, also by way of a symlink to it; does nothing where the file system cannot. */
  fsyncDirectory(path: Buffer): void;
  /** Makes all that was written to the file system of an open file or folder durable. ENOTSUP without the ability. */
  syncFileSystem(fd: number): void;
  /** The same on a thread beside; the descriptor has to stay open until it is done. Any failure is EIO. */
  syncFileSystemAside(fd: number): Promise<void>;
}

export interface Platform extends PlatformReading, PlatformWriting {
  readonly name: string;
  readonly abilities: Abilities;
  /** Gives memory that was freed back to the system where the C library keeps it (glibc): some milliseconds. */
  releaseMemory(): void;
}
