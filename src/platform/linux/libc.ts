/**
 * The libc functions that linux.ts calls, with the constants and structures of their manual pages.
 *
 * Arguments that point into memory of ours (`…Ptr`) are addresses as Numbers (user space ends below 2^53): cheaper than
 * a Buffer by 0.1–0.2 µs a call. See scratch.ts for the memory behind them.
 * Functions younger than the oldest libc that Node 24 runs on (glibc 2.28) are reached through `syscall(2)`; the
 * numbers are those of the kernel's tables for x86_64 and arm64. Variadic functions are declared with fixed integer
 * arguments, which both calling conventions pass alike. Structures are little-endian, 64-bit, and the same on both.
 */
import { loadKoffi } from './koffi.ts';

/** open(2), openat(2), fcntl.h: values equal on x86_64 and arm64 and not in `fs.constants`. */
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;
export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_NO_AUTOMOUNT = 0x800;
export const AT_EMPTY_PATH = 0x1000;
/** statx(2), linux/stat.h */
export const STATX_BASIC_STATS = 0x7ff;
export const STATX_BTIME = 0x800;
export const STATX_SIZE = 256;
/** lseek(2), unistd.h */
export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;
/** renameat2(2), linux/fs.h */
export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;
/** utimensat(2), sys/stat.h: leave this time as it is */
export const UTIME_OMIT = 0x3ffffffe;
/** xattr(7), linux/limits.h: no name, no list and no value is longer */
export const XATTR_NAME_MAX = 255;
export const XATTR_LIST_MAX = 65_536;
export const XATTR_SIZE_MAX = 65_536;
/** path_resolution(7), linux/limits.h: with the final NUL */
export const PATH_MAX = 4_096;

/** arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h */
const SYSCALLS: Record<string, { getdents64: number; statx: number; renameat2: number; mknodat: number }> = {
  x64: { getdents64: 217, statx: 332, renameat2: 316, mknodat: 259 },
  arm64: { getdents64: 61, statx: 291, renameat2: 276, mknodat: 33 },
};
/** the same number on both */
const SYS_FCHMODAT2 = 452;

/** Every function returns −1 and sets errno on failure, but for `getpwuid` and the like, which return the errno. */
export interface Libc {
  errno(): number;
  /** Where a Buffer's bytes lie; it has to be one with an ArrayBuffer of its own, and be held. */
  address(buffer: Uint8Array): number;

  openat(dirfd: number, pathPtr: number, flags: number, mode: number): number;
  close(fd: number): number;
  pread(fd: number, buffer: Uint8Array, length: number, position: number): number;
  read(fd: number, buffer: Uint8Array, length: number): number;
  pwrite(fd: number, buffer: Uint8Array, length: number, position: number): number;
  write(fd: number, buffer: Uint8Array, length: number): number;
  lseek(fd: number, offset: number, whence: number): number;
  fsync(fd: number): number;
  syncfs(fd: number): number;
  /** on a thread of libuv's pool, whose errno nobody can read */
  syncfsAside(fd: number, done: (error: unknown, result: number) => void): void;
  /** glibc only */
  malloc_trim: ((pad: number) => number) | undefined;

  getdents64(fd: number, bufferPtr: number, length: number): number;
  statx(dirfd: number, pathPtr: number, flags: number, mask: number, resultPtr: number): number;
  readlinkat(dirfd: number, pathPtr: number, bufferPtr: number, length: number): number;

  llistxattr(pathPtr: number, listPtr: number, length: number): number;
  flistxattr(fd: number, listPtr: number, length: number): number;
  lgetxattr(pathPtr: number, namePtr: number, valuePtr: number, length: number): number;
  fgetxattr(fd: number, namePtr: number, valuePtr: number, length: number): number;
  lsetxattr(pathPtr: number, namePtr: number, value: Uint8Array, length: number, flags: number): number;
  fsetxattr(fd: number, namePtr: number, value: Uint8Array, length: number, flags: number): number;
  lremovexattr(pathPtr: number, namePtr: number): number;

  mkdir(pathPtr: number, mode: number): number;
  symlink(targetPtr: number, pathPtr: number): number;
  link(existingPtr: number, pathPtr: number): number;
  unlink(pathPtr: number): number;
  rmdir(pathPtr: number): number;
  rename(fromPtr: number, toPtr: number): number;
  renameat2(fromDirfd: number, fromPtr: number, toDirfd: number, toPtr: number, flags: number): number;
  mknodat(dirfd: number, pathPtr: number, mode: number, device: number): number;
  lchown(pathPtr: number, uid: number, gid: number): number;
  fchown(fd: number, uid: number, gid: number): number;
  fchmod(fd: number, mode: number): number;
  fchmodat(dirfd: number, pathPtr: number, mode: number, flags: number): number;
  fchmodat2(dirfd: number, pathPtr: number, mode: number, flags: number): number;
  utimensat(dirfd: number, pathPtr: number, timesPtr: number, flags: number): number;
  futimens(fd: number, timesPtr: number): number;

  getpwuid(uid: number, entryPtr: number, bufferPtr: number, length: number, resultPtr: number): number;
  getgrgid(gid: number, entryPtr: number, bufferPtr: number, length: number, resultPtr: number): number;
  getpwnam(namePtr: number, entryPtr: number, bufferPtr: number, length: number, resultPtr: number): number;
  getgrnam(namePtr: number, entryPtr: number, bufferPtr: number, length: number, resultPtr: number): number;
}

const INT = 'int';
const UINT = 'uint32_t';
const PTR = 'uintptr_t';
const BYTES = 'uint8_t *';
const SIZE = 'size_t';
const SSIZE = 'intptr_t';
const OFF = 'int64_t';

/** Throws where koffi, libc or one of the functions is not to be had: another architecture, a static Node. */
export function loadLibc(): Libc {
  const numbers = SYSCALLS[process.arch];
  if (process.platform !== 'linux' || numbers === undefined) {
    throw new Error(`no libc bindings for ${process.platform} on ${process.arch}`);
  }
  const koffi = loadKoffi();
  // The process itself rather than a file's name: the same for glibc and musl, and what LD_PRELOAD replaces stays replaced.
  const self = koffi.load(null);
  const bind = (name: string, result: string, ...args: string[]) => self.func(name, result, args);
  const bindIfThere = (...signature: Parameters<typeof bind>) => {
    try {
      return bind(...signature);
    } catch {
      return undefined;
    }
  };
  const bindSyscall = (number: number, ...args: string[]) => {
    const call = self.func('syscall', INT, [INT, ...args]) as unknown as (...args: number[]) => number;
    return { call, number };
  };
  const getdents64 = bindSyscall(numbers.getdents64, INT, PTR, SIZE);
  const statx = bindSyscall(numbers.statx, INT, PTR, INT, UINT, PTR);
  const renameat2 = bindSyscall(numbers.renameat2, INT, PTR, INT, PTR, UINT);
  const mknodat = bindSyscall(numbers.mknodat, INT, PTR, UINT, UINT);
  const fchmodat2 = bindSyscall(SYS_FCHMODAT2, INT, PTR, UINT, INT);
  const syncfs = bind('syncfs', INT, INT) as unknown as ((fd: number) => number) & {
    async: Libc['syncfsAside'];
  };
  return {
    errno: koffi.errno,
    address: (buffer) => Number(koffi.address(buffer)),
    openat: bind('openat', INT, INT, PTR, INT, UINT),
    close: bind('close', INT, INT),
    pread: bind('pread', SSIZE, INT, BYTES, SIZE, OFF),
    read: bind('read', SSIZE, INT, BYTES, SIZE),
    pwrite: bind('pwrite', SSIZE, INT, BYTES, SIZE, OFF),
    write: bind('write', SSIZE, INT, BYTES, SIZE),
    lseek: bind('lseek', OFF, INT, OFF, INT),
    fsync: bind('fsync', INT, INT),
    syncfs,
    syncfsAside: (fd, done) => syncfs.async(fd, done),
    malloc_trim: bindIfThere('malloc_trim', INT, SIZE) as Libc['malloc_trim'],
    getdents64: (fd, bufferPtr, length) => getdents64.call(getdents64.number, fd, bufferPtr, length),
    statx: (dirfd, pathPtr, flags, mask, resultPtr) =>
      statx.call(statx.number, dirfd, pathPtr, flags, mask, resultPtr),
    readlinkat: bind('readlinkat', SSIZE, INT, PTR, PTR, SIZE),
    llistxattr: bind('llistxattr', SSIZE, PTR, PTR, SIZE),
    flistxattr: bind('flistxattr', SSIZE, INT, PTR, SIZE),
    lgetxattr: bind('lgetxattr', SSIZE, PTR, PTR, PTR, SIZE),
    fgetxattr: bind('fgetxattr', SSIZE, INT, PTR, PTR, SIZE),
    lsetxattr: bind('lsetxattr', INT, PTR, PTR, BYTES, SIZE, INT),
    fsetxattr: bind('fsetxattr', INT, INT, PTR, BYTES, SIZE, INT),
    lremovexattr: bind('lremovexattr', INT, PTR, PTR),
    mkdir: bind('mkdir', INT, PTR, UINT),
    symlink: bind('symlink', INT, PTR, PTR),
    link: bind('link', INT, PTR, PTR),
    unlink: bind('unlink', INT, PTR),
    rmdir: bind('rmdir', INT, PTR),
    rename: bind('rename', INT, PTR, PTR),
    renameat2: (fromDirfd, fromPtr, toDirfd, toPtr, flags) =>
      renameat2.call(renameat2.number, fromDirfd, fromPtr, toDirfd, toPtr, flags),
    mknodat: (dirfd, pathPtr, mode, device) => mknodat.call(mknodat.number, dirfd, pathPtr, mode, device),
    lchown: bind('lchown', INT, PTR, UINT, UINT),
    fchown: bind('fchown', INT, INT, UINT, UINT),
    fchmod: bind('fchmod', INT, INT, UINT),
    fchmodat: bind('fchmodat', INT, INT, PTR, UINT, INT),
    fchmodat2: (dirfd, pathPtr, mode, flags) => fchmodat2.call(fchmodat2.number, dirfd, pathPtr, mode, flags),
    utimensat: bind('utimensat', INT, INT, PTR, PTR, INT),
    futimens: bind('futimens', INT, INT, PTR),
    getpwuid: bind('getpwuid_r', INT, UINT, PTR, PTR, SIZE, PTR),
    getgrgid: bind('getgrgid_r', INT, UINT, PTR, PTR, SIZE, PTR),
    getpwnam: bind('getpwnam_r', INT, PTR, PTR, PTR, SIZE, PTR),
    getgrnam: bind('getgrnam_r', INT, PTR, PTR, PTR, SIZE, PTR),
  };
}
