/** `struct statx` of statx(2) as a `Stat`. */
import type { Kind } from '../../objects/model.ts';
import { kindOfMode } from '../kind.ts';
import type { Stat } from '../platform.ts';
import {
  AT_NO_AUTOMOUNT,
  AT_SYMLINK_NOFOLLOW,
  type Libc,
  STATX_BASIC_STATS,
  STATX_BTIME,
  STATX_SIZE,
} from './libc.ts';
import { scratch } from './scratch.ts';

const TWO_32 = 0x1_0000_0000;
/** A minor device number has 20 bits (kernel's include/linux/kdev_t.h). */
const MINORS = 0x10_0000;
const WANTED = STATX_BASIC_STATS | STATX_BTIME;
/** linux/stat.h, since Linux 5.8 */
const STATX_ATTR_MOUNT_ROOT = 0x2000;
const LSTAT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;

// Indices of 32-bit words in the structure, from its byte offsets in statx(2).
const MASK = 0 / 4;
const ATTRIBUTES = 8 / 4;
const ATTRIBUTES_MASK = 56 / 4;
const NLINK = 16 / 4;
const UID = 20 / 4;
const GID = 24 / 4;
/** a 16-bit field, the upper half of the word is spare */
const MODE = 28 / 4;
const INO = 32 / 4;
const SIZE = 40 / 4;
const BLOCKS = 48 / 4;
const ATIME = 64 / 4;
const BTIME = 80 / 4;
const CTIME = 96 / 4;
const MTIME = 112 / 4;
const RDEV_MAJOR = 128 / 4;
const RDEV_MINOR = 132 / 4;
const DEV_MAJOR = 136 / 4;
const DEV_MINOR = 140 / 4;

export class StatCaller {
  private readonly libc: Libc;
  private readonly words: Uint32Array;
  private readonly signed: Int32Array;
  private readonly pointer: number;

  constructor(libc: Libc) {
    this.libc = libc;
    const { memory, pointer } = scratch(libc, STATX_SIZE);
    this.words = new Uint32Array(memory.buffer);
    this.signed = new Int32Array(memory.buffer);
    this.pointer = pointer;
  }

  /** statx(2) of a name relative to `dirfd`, a final symlink not followed: 0, or −1 with errno. `result` has the answer. */
  call(dirfd: number, pathPointer: number): number {
    return this.libc.statx(dirfd, pathPointer, LSTAT_FLAGS, WANTED, this.pointer);
  }

  /** The same with other flags. */
  callWith(flags: number, dirfd: number, pathPointer: number): number {
    return this.libc.statx(dirfd, pathPointer, flags, WANTED, this.pointer);
  }

  result(): Stat {
    const { words } = this;
    const mode = words[MODE]! & 0xffff;
    const hasBtime = (words[MASK]! & STATX_BTIME) !== 0;
    return {
      kind: kindOfMode(mode) as Kind,
      mode: mode & 0o7777,
      uid: words[UID]!,
      gid: words[GID]!,
      size: this.unsigned64(SIZE),
      mtimeS: this.signed64(MTIME),
      mtimeNs: words[MTIME + 2]!,
      ctimeS: this.signed64(CTIME),
      ctimeNs: words[CTIME + 2]!,
      btimeS: hasBtime ? this.signed64(BTIME) : undefined,
      btimeNs: hasBtime ? words[BTIME + 2]! : undefined,
      ino: this.inode(),
      dev: words[DEV_MAJOR]! * MINORS + words[DEV_MINOR]!,
      nlink: words[NLINK]!,
      rdevMajor: words[RDEV_MAJOR]!,
      rdevMinor: words[RDEV_MINOR]!,
      allocated: this.unsigned64(BLOCKS) * 512,
    };
  }

  /** Whether the last answer is about the root of a mount; undefined where the kernel does not tell. */
  isMountRoot(): boolean | undefined {
    const { words } = this;
    if ((words[ATTRIBUTES_MASK]! & STATX_ATTR_MOUNT_ROOT) === 0) return undefined;
    return (words[ATTRIBUTES]! & STATX_ATTR_MOUNT_ROOT) !== 0;
  }

  /** Access time of the last answer: seconds, nanoseconds. */
  accessTime(): [seconds: number, nanoseconds: number] {
    return [this.signed64(ATIME), this.words[ATIME + 2]!];
  }

  /** Exact to 2^53. */
  private unsigned64(word: number): number {
    return this.words[word + 1]! * TWO_32 + this.words[word]!;
  }

  private signed64(word: number): number {
    return this.signed[word + 1]! * TWO_32 + this.words[word]!;
  }

  private inode(): number | bigint {
    const high = this.words[INO + 1]!;
    const low = this.words[INO]!;
    return high < 0x20_0000 ? high * TWO_32 + low : (BigInt(high) << 32n) | BigInt(low);
  }
}
