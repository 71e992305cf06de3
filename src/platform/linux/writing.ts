/** The writing half of the Linux platform: what restore does to the disk. */
import { constants } from 'node:fs';
import { constants as os } from 'node:os';
import { codeError, errnoError } from '../errno.ts';
import { modeOfKind } from '../kind.ts';
import type { PlatformReading, PlatformWriting } from '../platform.ts';
import { renameNoReplaceInSteps } from '../rename-fallback.ts';
import { chmodNoFollow } from './chmod.ts';
import {
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  type Libc,
  O_CLOEXEC,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
} from './libc.ts';
import { OpenFolderPaths } from './open-folder-paths.ts';
import type { PathArguments } from './path-arguments.ts';
import { TimesArgument } from './times.ts';
import { xattrNameArgument } from './xattrs.ts';

const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW | O_CLOEXEC;
const FOLLOWED_FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | O_CLOEXEC;
const FOLDER = FOLLOWED_FOLDER | constants.O_NOFOLLOW;

export function linuxWriting(libc: Libc, paths: PathArguments, reading: PlatformReading): PlatformWriting {
  const times = new TimesArgument(libc);
  const attributeName = xattrNameArgument(libc);
  const openFolders = new OpenFolderPaths();

  const writing: PlatformWriting = {
    openFolder: (path) => paths.done(libc.openat(AT_FDCWD, paths.first(path), FOLDER, 0), 'open', path),
    pathIn: (folder, name) => openFolders.path(folder, name),
    mkdir: (path, mode) => void paths.done(libc.mkdir(paths.first(path), mode), 'mkdir', path),
    symlink: (target, path) =>
      void paths.done(libc.symlink(paths.text(target), paths.second(path)), 'symlink', target, path),
    link: (existing, path) =>
      void paths.done(libc.link(paths.first(existing), paths.second(path)), 'link', existing, path),
    mknod(path, kind, mode, rdevMajor, rdevMinor) {
      const device = deviceNumber(rdevMajor, rdevMinor);
      const result = libc.mknodat(AT_FDCWD, paths.first(path), modeOfKind(kind) | mode, device);
      paths.done(result, 'mknod', path);
    },
    createFile(path, mode) {
      const address = paths.firstIn(path);
      return paths.done(libc.openat(paths.folder, address, CREATE, mode), 'open', path);
    },
    write: (fd, data, position) => writeAll(libc, fd, data, position),
    chown: (path, uid, gid) => void paths.done(libc.lchown(paths.first(path), uid, gid), 'lchown', path),
    chmod: (path, mode) => chmodNoFollow(libc, paths, reading, path, mode),
    fchown(fd, uid, gid) {
      if (libc.fchown(fd, uid, gid) === -1) throw errnoError(libc.errno(), 'fchown');
    },
    fchmod(fd, mode) {
      if (libc.fchmod(fd, mode) === -1) throw errnoError(libc.errno(), 'fchmod');
    },
    setTimes(path, mtimeS, mtimeNs, atimeS, atimeNs) {
      const pointer = times.set(mtimeS, mtimeNs, atimeS, atimeNs);
      const result = libc.utimensat(AT_FDCWD, paths.first(path), pointer, AT_SYMLINK_NOFOLLOW);
      paths.done(result, 'utimensat', path);
    },
    setTimesFd(fd, mtimeS, mtimeNs) {
      if (libc.futimens(fd, times.set(mtimeS, mtimeNs)) === -1) throw errnoError(libc.errno(), 'futimens');
    },
    setXattr(path, name, value) {
      const namePointer = attributeName(name);
      const result = libc.lsetxattr(paths.first(path), namePointer, value, value.length, 0);
      paths.done(result, 'lsetxattr', path);
    },
    setXattrFd(fd, name, value) {
      const result = libc.fsetxattr(fd, attributeName(name), value, value.length, 0);
      if (result === -1) throw errnoError(libc.errno(), 'fsetxattr');
    },
    removeXattr(path, name) {
      const namePointer = attributeName(name);
      paths.done(libc.lremovexattr(paths.first(path), namePointer), 'lremovexattr', path);
    },
    renameNoReplace(from, to) {
      const result = renameat2(from, to, RENAME_NOREPLACE);
      const errno = result === -1 ? libc.errno() : 0;
      // EINVAL: the file system does not know the flag (or a folder would go into itself, which the fallback refuses too).
      if (errno === os.errno.EINVAL || errno === os.errno.ENOSYS) {
        paths.release();
        renameNoReplaceInSteps({ ...reading, ...writing, rename }, from, to);
      } else paths.done(result, 'rename', from, to);
    },
    exchange: (a, b) => void paths.done(renameat2(a, b, RENAME_EXCHANGE), 'rename', a, b),
    unlink: (path) => void paths.done(libc.unlink(paths.first(path)), 'unlink', path),
    rmdir: (path) => void paths.done(libc.rmdir(paths.first(path)), 'rmdir', path),
    fsyncDirectory(path) {
      const fd = paths.done(libc.openat(AT_FDCWD, paths.first(path), FOLLOWED_FOLDER, 0), 'open', path);
      const errno = libc.fsync(fd) === -1 ? libc.errno() : 0;
      libc.close(fd);
      // fsync(2): EINVAL where descriptors of folders do not support it.
      if (errno !== 0 && errno !== os.errno.EINVAL) throw errnoError(errno, 'fsync', path);
    },
    syncFileSystem(fd) {
      if (libc.syncfs(fd) === -1) throw errnoError(libc.errno(), 'syncfs');
    },
    syncFileSystemAside: (fd) =>
      new Promise((resolve, reject) => {
        libc.syncfsAside(fd, (error, result) => {
          if (result === 0) resolve();
          else reject(error ?? codeError('EIO', 'syncfs'));
        });
      }),
  };
  return writing;

  function renameat2(from: Buffer, to: Buffer, flags: number): number {
    return libc.renameat2(AT_FDCWD, paths.first(from), AT_FDCWD, paths.second(to), flags);
  }

  function rename(from: Buffer, to: Buffer): void {
    paths.done(libc.rename(paths.first(from), paths.second(to)), 'rename', from, to);
  }
}

/** The kernel's `dev_t` as it travels in system calls: include/linux/kdev_t.h, new_encode_dev. */
function deviceNumber(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0;
}

function writeAll(libc: Libc, fd: number, data: Uint8Array, position?: number): void {
  for (let done = 0; done < data.length; ) {
    const rest = done === 0 ? data : data.subarray(done);
    const bytes =
      position === undefined
        ? libc.write(fd, rest, rest.length)
        : libc.pwrite(fd, rest, rest.length, position + done);
    if (bytes === -1) throw errnoError(libc.errno(), 'write');
    if (bytes === 0) throw codeError('EIO', 'write');
    done += bytes;
  }
}
