/**
 * The platform in plain Node, for systems without a binding to libc. It reads what Node can read (times to the
 * nanosecond too), sets times to about a microsecond (before 1970 a millisecond), and has neither attributes nor devices,
 * holes or exchange. An open folder is its path here: what `Directory` promises about a parent that is swapped needs libc.
 */
import fs from 'node:fs';
import { Kind } from '../objects/model.ts';
import { accountFiles } from './account-files.ts';
import { codeError, hasCode } from './errno.ts';
import { keepsChangeTimes, keepsInodes } from './file-system-types.ts';
import type { Directory, Platform, PlatformReading, PlatformWriting } from './platform.ts';
import { portableStat, wholeSeconds } from './portable-stat.ts';
import { renameNoReplaceInSteps } from './rename-fallback.ts';

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants;
// Some systems lack some of these.
const optional = fs.constants as Record<string, number | undefined>;
const READ = O_RDONLY | (optional.O_NOFOLLOW ?? 0) | (optional.O_NONBLOCK ?? 0);
const READ_QUIETLY = READ | (optional.O_NOATIME ?? 0);
const CREATE = O_RDWR | O_CREAT | O_EXCL | (optional.O_NOFOLLOW ?? 0);
const SLASH = Buffer.from('/');
const PARENT = Buffer.from('/..');

export function createPortablePlatform(): Platform {
  const folders = new FolderPaths();
  return {
    name: 'portable',
    abilities: {
      nanoseconds: false,
      xattrs: false,
      devices: false,
      exchange: false,
      holes: false,
      owners: process.platform !== 'win32',
      longPaths: false,
      syncFileSystem: false,
    },
    ...portableReading(folders),
    ...portableWriting(folders),
    releaseMemory() {},
  };
}

function lstat(path: Buffer) {
  return portableStat(fs.lstatSync(path, { bigint: true }));
}

function readlink(path: Buffer): Buffer {
  return fs.readlinkSync(path, { encoding: 'buffer' });
}

function openDirectory(path: Buffer): Directory {
  // readdir(3) would follow a final symlink.
  if (lstat(path).kind !== Kind.dir) throw codeError('ENOTDIR', 'open', path);
  const names = fs.readdirSync(path, { encoding: 'buffer' }).sort(Buffer.compare);
  const pathOf = (i: number) => Buffer.concat([path, SLASH, nameOf(i)]);
  const nameOf = (i: number) => {
    const name = names[i];
    if (name === undefined) throw new RangeError(`no entry ${i} among ${names.length}`);
    return name;
  };
  return {
    length: names.length,
    name: nameOf,
    stat: (i) => lstat(pathOf(i)),
    readlink: (i) => readlink(pathOf(i)),
    openDirectory: (i) => openDirectory(pathOf(i)),
    close() {},
  };
}

function portableReading(folders: FolderPaths): PlatformReading {
  const accounts = accountFiles();
  return {
    openDirectory,
    lstat,
    isMountPoint(path) {
      const { kind, dev } = lstat(path);
      return kind === Kind.dir && lstat(Buffer.concat([path, PARENT])).dev !== dev;
    },
    mountPointsBelow: () => [],
    keepsInodes,
    keepsChangeTimes,
    openForRead(path) {
      try {
        return fs.openSync(path, READ_QUIETLY);
      } catch (error) {
        if (READ_QUIETLY === READ || !hasCode(error, 'EPERM')) throw error;
        return fs.openSync(path, READ); // O_NOATIME is for the owner only
      }
    },
    fstat: (fd) => portableStat(fs.fstatSync(fd, { bigint: true })),
    read: (fd, into, position) => fs.readSync(fd, into, 0, into.length, position ?? null),
    close(fd) {
      folders.forget(fd);
      fs.closeSync(fd);
    },
    readlink,
    listXattrs: () => [],
    listXattrsFd: () => [],
    dataRanges: (_fd, size) => (size === 0 ? [] : [[0, size]]),
    userName: (uid) => accounts.user().byId.get(uid),
    groupName: (gid) => accounts.group().byId.get(gid),
    userId: (name) => accounts.user().byName.get(name),
    groupId: (name) => accounts.group().byName.get(name),
  };
}

function portableWriting(folders: FolderPaths): PlatformWriting {
  const unable = (syscall: string) => (path: Buffer) => {
    throw codeError('ENOTSUP', syscall, path);
  };
  return {
    openFolder: (path) => folders.open(path),
    pathIn: (folder, name) => Buffer.concat([folders.path(folder), SLASH, name]),
    mkdir: (path, mode) => fs.mkdirSync(path, mode) as undefined,
    symlink: (target, path) => fs.symlinkSync(target, path),
    link: (existing, path) => fs.linkSync(existing, path),
    mknod: unable('mknod'),
    createFile: (path, mode) => fs.openSync(path, CREATE, mode),
    write(fd, data, position) {
      for (let done = 0; done < data.length; ) {
        const at = position === undefined ? null : position + done;
        done += fs.writeSync(fd, data, done, data.length - done, at);
      }
    },
    chown: (path, uid, gid) => fs.lchownSync(path, uid, gid),
    chmod(path, mode) {
      if (lstat(path).kind === Kind.symlink) throw codeError('ENOTSUP', 'chmod', path);
      fs.chmodSync(path, mode);
    },
    fchown: (fd, uid, gid) => fs.fchownSync(fd, uid, gid),
    fchmod: (fd, mode) => fs.fchmodSync(fd, mode),
    setTimes(path, mtimeS, mtimeNs, atimeS, atimeNs = 0) {
      const atime = atimeS === undefined ? accessTime(path) : nodeTime(atimeS, atimeNs);
      fs.lutimesSync(path, atime, nodeTime(mtimeS, mtimeNs));
    },
    setTimesFd: (fd, mtimeS, mtimeNs) => fs.futimesSync(fd, accessTime(fd), nodeTime(mtimeS, mtimeNs)),
    setXattr: unable('setxattr'),
    setXattrFd() {
      throw codeError('ENOTSUP', 'fsetxattr');
    },
    removeXattr: unable('removexattr'),
    renameNoReplace(from, to) {
      const { linkSync: link, unlinkSync: unlink, renameSync: rename } = fs;
      renameNoReplaceInSteps({ lstat, link, unlink, rename }, from, to);
    },
    exchange: unable('rename'),
    unlink: (path) => fs.unlinkSync(path),
    rmdir: (path) => fs.rmdirSync(path),
    fsyncDirectory,
    syncFileSystem() {
      throw codeError('ENOTSUP', 'syncfs');
    },
    async syncFileSystemAside() {
      throw codeError('ENOTSUP', 'syncfs');
    },
  };
}

/** Open folders and the paths they were opened by, which is all that plain Node can reach their names through. */
class FolderPaths {
  private readonly paths = new Map<number, Buffer>();

  open(path: Buffer): number {
    const above = path.subarray(-3).equals(PARENT) ? path.subarray(0, path.lastIndexOf(SLASH, -4)) : path;
    if (lstat(above).kind !== Kind.dir) throw codeError('ENOTDIR', 'open', path);
    const fd = fs.openSync(above, O_RDONLY);
    this.paths.set(fd, above);
    return fd;
  }

  path(fd: number): Buffer {
    const path = this.paths.get(fd);
    if (path === undefined) throw codeError('EBADF', 'open');
    return path;
  }

  forget(fd: number): void {
    this.paths.delete(fd);
  }
}

function accessTime(of: Buffer | number): number | Date {
  const options = { bigint: true } as const;
  const { atimeNs } = typeof of === 'number' ? fs.fstatSync(of, options) : fs.lstatSync(of, options);
  return nodeTime(...wholeSeconds(atimeNs));
}

/** Node takes a negative number for "now", a Date as it is, though to the millisecond. */
function nodeTime(seconds: number, nanoseconds: number): number | Date {
  if (seconds < 0) return new Date(seconds * 1000 + nanoseconds / 1e6);
  return seconds + nanoseconds / 1e9;
}

function fsyncDirectory(path: Buffer): void {
  const fd = fs.openSync(path, O_RDONLY);
  try {
    fs.fsyncSync(fd);
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'EPERM', 'EISDIR')) throw error; // where folders cannot be synced
  } finally {
    fs.closeSync(fd);
  }
}
