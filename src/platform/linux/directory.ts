/**
 * A folder's names by getdents64(2), in one Buffer with one column of offsets: a million names take 30 MB.
 *
 * `struct linux_dirent64` (getdents64(2)): d_ino 8 bytes, d_off 8, d_reclen 2, d_type 1, then the name with its NUL.
 * Kept are length (2 bytes, little-endian: vfat has names of 765 bytes), name, NUL: so a name is passed to libc without
 * a copy, and sorting moves offsets only.
 */
import { constants } from 'node:fs';
import { constants as os } from 'node:os';
import { codeError, errnoError } from '../errno.ts';
import type { Directory, Stat } from '../platform.ts';
import { type Libc, O_CLOEXEC, PATH_MAX } from './libc.ts';
import { sortNames } from './name-sort.ts';
import { type Scratch, scratch } from './scratch.ts';
import type { StatCaller } from './stat.ts';

const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | O_CLOEXEC;
const RECLEN = 16;
const NAME = 19;
/** smallest d_reclen: a name of one byte, padded to 8 */
const RECLEN_MIN = 24;
const LISTING_BYTES = 256 * 1024;
/** twice what symlink(2) lets a target have, so that none is cut */
const LINK_BYTES = 2 * PATH_MAX;
/** offsets have 32 bits */
const NAMES_MAX = 0xffff_ffff;
const DOT = 0x2e;
const SLASH = Buffer.from('/');

/** Opens and lists folders, and owns the memory that they share; one a thread. */
export class Directories {
  readonly libc: Libc;
  readonly stat: StatCaller;
  private readonly link: Scratch;
  private readonly listing: Scratch;
  /** Open folders are referenced here, so that no garbage collection frees names whose address is in use. */
  private readonly open = new Set<LinuxDirectory>();

  constructor(libc: Libc, stat: StatCaller) {
    this.libc = libc;
    this.stat = stat;
    this.link = scratch(libc, LINK_BYTES);
    this.listing = scratch(libc, LISTING_BYTES);
  }

  /** openat(2) without following a final symlink, access time kept where that is allowed: a descriptor, or −1 with errno. */
  openFd(dirfd: number, pathPointer: number): number {
    const { libc } = this;
    const fd = libc.openat(dirfd, pathPointer, FLAGS | constants.O_NOATIME, 0);
    if (fd !== -1 || libc.errno() !== os.errno.EPERM) return fd;
    return libc.openat(dirfd, pathPointer, FLAGS, 0); // O_NOATIME is for the owner only, open(2)
  }

  /** Lists the open folder `fd` and takes charge of closing it. */
  list(fd: number, path: Buffer): Directory {
    try {
      const directory = new LinuxDirectory(this, fd, path, this.read(fd, path));
      this.open.add(directory);
      return directory;
    } catch (error) {
      this.libc.close(fd);
      throw error;
    }
  }

  close(directory: LinuxDirectory, fd: number): void {
    if (this.open.delete(directory)) this.libc.close(fd);
  }

  readlink(dirfd: number, pathPointer: number): number {
    return this.libc.readlinkat(dirfd, pathPointer, this.link.pointer, LINK_BYTES);
  }

  /** A copy of what `readlink` answered. */
  target(length: number): Buffer {
    return Buffer.from(this.link.memory.subarray(0, length));
  }

  private read(fd: number, path: Buffer): NameColumns {
    const names = new NameColumns();
    for (;;) {
      const bytes = this.libc.getdents64(fd, this.listing.pointer, LISTING_BYTES);
      if (bytes === 0) break;
      if (bytes === -1) throw errnoError(this.libc.errno(), 'getdents64', path);
      names.add(this.listing.memory, bytes, path);
    }
    names.sort();
    return names;
  }
}

/** Names in one Buffer; `starts[i]` is where name i begins. */
class NameColumns {
  names: Buffer<ArrayBuffer> = Buffer.from(new ArrayBuffer(0));
  starts: Uint32Array<ArrayBuffer> = new Uint32Array(0);
  private used = 0;
  private count = 0;

  /** Takes over the entries in the first `bytes` of a getdents64 answer. */
  add(listing: Buffer, bytes: number, path: Buffer): void {
    if (this.used + bytes > NAMES_MAX) throw codeError('EFBIG', 'getdents64', path);
    this.reserve(bytes);
    const { names, starts } = this;
    let { used, count } = this;
    for (
      let entry = 0;
      entry < bytes;
      entry += listing[entry + RECLEN]! | (listing[entry + RECLEN + 1]! << 8)
    ) {
      let from = entry + NAME;
      if (listing[from] === DOT && isDots(listing, from)) continue;
      const start = used + 2;
      let to = start;
      for (let byte = listing[from]!; byte !== 0; byte = listing[++from]!) names[to++] = byte;
      names[to] = 0;
      names[used] = (to - start) & 0xff;
      names[used + 1] = (to - start) >>> 8;
      starts[count++] = start;
      used = to + 1;
    }
    this.used = used;
    this.count = count;
  }

  sort(): void {
    this.starts = this.starts.subarray(0, this.count);
    sortNames(this.names, this.starts);
  }

  /** Room for an answer of `bytes`; an entry needs less here than it took there. */
  private reserve(bytes: number): void {
    const needBytes = this.used + bytes;
    if (needBytes > this.names.length) this.names = Buffer.from(grown(this.names.buffer, needBytes));
    const needCount = this.count + Math.floor(bytes / RECLEN_MIN);
    if (needCount > this.starts.length)
      this.starts = new Uint32Array(grown(this.starts.buffer, needCount * 4));
  }
}

/**
 * The same memory with room for `need` bytes, grown by half at least. What is outgrown is freed at once (by a transfer to
 * nothing), and what is not yet used is not zeroed: so a folder with a million names needs little more than its names.
 */
function grown(memory: ArrayBuffer, need: number): ArrayBuffer {
  const half = Math.ceil((memory.byteLength * 1.5) / 4) * 4;
  const larger = Buffer.allocUnsafeSlow(Math.max(need, half));
  larger.set(new Uint8Array(memory));
  memory.transfer(0);
  return larger.buffer;
}

function isDots(listing: Buffer, from: number): boolean {
  const second = listing[from + 1];
  return second === 0 || (second === DOT && listing[from + 2] === 0);
}

class LinuxDirectory implements Directory {
  readonly length: number;
  private readonly owner: Directories;
  private readonly path: Buffer;
  private readonly names: Buffer;
  private readonly starts: Uint32Array;
  private readonly pointer: number;
  /** −1 once closed */
  private fd: number;

  constructor(owner: Directories, fd: number, path: Buffer, columns: NameColumns) {
    this.owner = owner;
    this.fd = fd;
    this.path = path;
    this.names = columns.names;
    this.starts = columns.starts;
    this.length = columns.starts.length;
    this.pointer = this.length === 0 ? 0 : owner.libc.address(columns.names);
  }

  name(i: number): Buffer {
    const start = this.starts[i]!;
    const length = this.names[start - 2]! | (this.names[start - 1]! << 8);
    return this.names.subarray(start, start + length);
  }

  stat(i: number): Stat {
    const { stat } = this.owner;
    if (stat.call(this.fd, this.at(i)) === -1) throw this.failure('statx', i);
    return stat.result();
  }

  readlink(i: number): Buffer {
    const length = this.owner.readlink(this.fd, this.at(i));
    if (length === -1) throw this.failure('readlink', i);
    return this.owner.target(length);
  }

  openDirectory(i: number): Directory {
    const fd = this.owner.openFd(this.fd, this.at(i));
    if (fd === -1) throw this.failure('open', i);
    return this.owner.list(fd, this.pathOf(i));
  }

  close(): void {
    this.owner.close(this, this.fd);
    this.fd = -1;
  }

  /** Address of name i. An index out of range would point anywhere. */
  private at(i: number): number {
    const start = this.starts[i];
    if (start === undefined) throw new RangeError(`no entry ${i} among ${this.length}`);
    return this.pointer + start;
  }

  private pathOf(i: number): Buffer {
    return Buffer.concat([this.path, SLASH, this.name(i)]);
  }

  private failure(syscall: string, i: number): NodeJS.ErrnoException {
    const errno = this.owner.libc.errno();
    return errnoError(errno, syscall, this.pathOf(i));
  }
}
