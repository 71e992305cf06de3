/** The reading half of the Linux platform. */
import { constants } from 'node:fs';
import { constants as os } from 'node:os';
import { Kind } from '../../objects/model.ts';
import { errnoError } from '../errno.ts';
import { keepsChangeTimes, keepsInodes } from '../file-system-types.ts';
import type { PlatformReading } from '../platform.ts';
import { Accounts } from './accounts.ts';
import { Directories } from './directory.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  type Libc,
  O_CLOEXEC,
  SEEK_CUR,
  SEEK_DATA,
  SEEK_HOLE,
  SEEK_SET,
} from './libc.ts';
import { mountPointsBelow } from './mounts.ts';
import type { PathArguments } from './path-arguments.ts';
import { scratch } from './scratch.ts';
import { StatCaller } from './stat.ts';
import { XattrReader } from './xattrs.ts';

const PARENT = Buffer.from('/..');
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | O_CLOEXEC;

export function linuxReading(libc: Libc, paths: PathArguments): PlatformReading {
  const stat = new StatCaller(libc);
  const directories = new Directories(libc, stat);
  const xattrs = new XattrReader(libc);
  const accounts = new Accounts(libc);
  const empty = scratch(libc, 1);
  const parentDevice = (path: Buffer): number => {
    const above = Buffer.concat([path, PARENT]);
    paths.done(stat.call(AT_FDCWD, paths.first(above)), 'lstat', above);
    return stat.result().dev;
  };

  return {
    openDirectory: (path) =>
      directories.list(paths.done(directories.openFd(AT_FDCWD, paths.first(path)), 'open', path), path),
    lstat(path) {
      paths.done(stat.call(AT_FDCWD, paths.first(path)), 'lstat', path);
      return stat.result();
    },
    isMountPoint(path) {
      paths.done(stat.call(AT_FDCWD, paths.first(path)), 'lstat', path);
      const told = stat.isMountRoot();
      if (told !== undefined) return told;
      const { kind, dev } = stat.result();
      return kind === Kind.dir && parentDevice(path) !== dev;
    },
    mountPointsBelow,
    keepsInodes,
    keepsChangeTimes,
    openForRead(path) {
      const pointer = paths.first(path);
      let fd = libc.openat(AT_FDCWD, pointer, FLAGS | constants.O_NOATIME, 0);
      // O_NOATIME is for the owner only (open(2)).
      if (fd === -1 && libc.errno() === os.errno.EPERM) fd = libc.openat(AT_FDCWD, pointer, FLAGS, 0);
      return paths.done(fd, 'open', path);
    },
    fstat(fd) {
      if (stat.callWith(AT_EMPTY_PATH, fd, empty.pointer) === -1) throw errnoError(libc.errno(), 'fstat');
      return stat.result();
    },
    read(fd, into, position) {
      const { length } = into;
      const bytes =
        position === undefined ? libc.read(fd, into, length) : libc.pread(fd, into, length, position);
      if (bytes === -1) throw errnoError(libc.errno(), 'read');
      return bytes;
    },
    close(fd) {
      if (libc.close(fd) === -1) throw errnoError(libc.errno(), 'close');
    },
    readlink(path) {
      const length = paths.done(directories.readlink(AT_FDCWD, paths.first(path)), 'readlink', path);
      return directories.target(length);
    },
    listXattrs(path) {
      const pointer = paths.first(path);
      try {
        return xattrs.ofPath(pointer, path);
      } finally {
        paths.release();
      }
    },
    listXattrsFd: (fd) => xattrs.ofFd(fd),
    dataRanges: (fd, size, limit) => dataRanges(libc, fd, size, limit),
    userName: (uid) => accounts.userName(uid),
    groupName: (gid) => accounts.groupName(gid),
    userId: (name) => accounts.userId(name),
    groupId: (name) => accounts.groupId(name),
  };
}

/** SEEK_DATA and SEEK_HOLE of lseek(2); see `PlatformReading.dataRanges`. */
function dataRanges(libc: Libc, fd: number, size: number, limit: number): [start: number, end: number][] {
  const before = libc.lseek(fd, 0, SEEK_CUR);
  const ranges: [start: number, end: number][] = [];
  for (let at = 0; at < size; ) {
    const start = libc.lseek(fd, at, SEEK_DATA);
    if (start === -1) {
      const errno = libc.errno();
      if (errno === os.errno.ENXIO) break; // only a hole is left
      if (errno !== os.errno.EINVAL) throw errnoError(errno, 'lseek');
      return [[0, size]]; // the file system does not know
    }
    if (start >= size) break;
    const hole = ranges.length + 1 < limit ? libc.lseek(fd, start, SEEK_HOLE) : size;
    const end = hole > start && hole < size ? hole : size;
    ranges.push([start, end]);
    at = end;
  }
  libc.lseek(fd, before, SEEK_SET);
  return ranges;
}
