/** File systems that hold less than ext4, played on top of the one that is here: what they answer was seen with FUSE drivers. */
import { lutimesSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeError, hasCode } from '../../../src/platform/errno.ts';
import type { Directory, Platform, Stat } from '../../../src/platform/platform.ts';
import { getPlatform } from '../../../src/platform/select.ts';

type Change = Partial<Platform>;

/** All it tells of a file goes through `change`. */
export function telling(platform: Platform, change: (stat: Stat) => Stat): Change {
  const wrapped = (directory: Directory): Directory => ({
    length: directory.length,
    name: (i) => directory.name(i),
    stat: (i) => change(directory.stat(i)),
    readlink: (i) => directory.readlink(i),
    openDirectory: (i) => wrapped(directory.openDirectory(i)),
    close: () => directory.close(),
  });
  return {
    lstat: (path) => change(platform.lstat(path)),
    fstat: (fd) => change(platform.fstat(fd)),
    openDirectory: (path) => wrapped(platform.openDirectory(path)),
  };
}

/** exFAT, NTFS: everything has one mode, and nobody says that another was not kept; times by seconds. */
export function withoutModes(platform = getPlatform()): Platform {
  return {
    ...platform,
    ...telling(platform, (stat) => ({ ...stat, mode: 0o777, mtimeNs: 0 })),
  };
}

/** An open file that is removed keeps a name in its folder until it is closed. */
export function hidingRemoved(platform = getPlatform()): Platform {
  const opened = new Map<number, string>();
  const hidden = new Map<string, string>();
  return {
    ...platform,
    createFile(path, mode) {
      const fd = platform.createFile(path, mode);
      opened.set(fd, String(platform.fstat(fd).ino));
      return fd;
    },
    unlink(path) {
      const file = String(platform.lstat(path).ino);
      if (![...opened.values()].includes(file)) return platform.unlink(path);
      const name = join(dirname(path.toString()), `.fuse_hidden${file}`);
      // Where the folder is open, its descriptor leads to it for good.
      renameSync(path, name);
      hidden.set(file, name);
    },
    close(fd) {
      platform.close(fd);
      const file = opened.get(fd);
      opened.delete(fd);
      const name = file === undefined ? undefined : hidden.get(file);
      if (name !== undefined) rmSync(name, { force: true });
    },
  };
}

/** SFTP: owner and times of a symlink go to the file that it leads to. */
export function followingSymlinks(platform = getPlatform()): Platform {
  return {
    ...platform,
    setTimes: (path, s) => utimesSync(path, s, s),
    chown: (path) => lutimesSync(path, 1, 1),
  };
}

/** FUSE: numbers are of what is in a cache, and others after each mount; names are not exchanged. */
export function withNumbersOf(mount: number, platform = getPlatform()): Platform {
  return {
    ...platform,
    ...telling(platform, (stat) => ({ ...stat, ino: Number(stat.ino) + mount })),
    keepsInodes: () => false,
    exchange: (a, b) => {
      throw codeError('EINVAL', 'rename', a, b);
    },
  };
}

/** SFTP: each name of a file has a number of its own. */
export function withNumbersOfNames(platform = getPlatform()): Platform {
  const numberOf = (path: Buffer): number =>
    basename(path.toString('latin1'))
      .split('')
      .reduce((sum, c) => sum * 31 + c.charCodeAt(0), 7) % 1e9;
  const opened = new Map<number, number>();
  return {
    ...platform,
    lstat(path) {
      const stat = platform.lstat(path);
      return stat.nlink > 1 ? { ...stat, ino: numberOf(path) } : stat;
    },
    fstat: (fd) => ({ ...platform.fstat(fd), ...(opened.has(fd) && { ino: opened.get(fd)! }) }),
    createFile(path, mode) {
      const fd = platform.createFile(path, mode);
      opened.set(fd, numberOf(path));
      return fd;
    },
    openForRead(path) {
      const fd = platform.openForRead(path);
      opened.set(fd, numberOf(path));
      return fd;
    },
    close(fd) {
      platform.close(fd);
      opened.delete(fd);
    },
  };
}

/** exFAT by FUSE: asked for a fifo it makes a file, and the kernel says EIO. */
export function makingFiles(platform = getPlatform()): Platform {
  return {
    ...platform,
    mknod(path) {
      writeFileSync(path, '');
      throw codeError('EIO', 'mknod', path);
    },
  };
}

/** NTFS, exFAT: names have to be UTF-8. */
export function refusingBytes(platform = getPlatform()): Platform {
  const check = (path: Buffer) => {
    if (path.includes(0xff)) throw codeError('EILSEQ', 'open', path);
  };
  return {
    ...platform,
    lstat(path) {
      check(path);
      return platform.lstat(path);
    },
    createFile(path, mode) {
      check(path);
      return platform.createFile(path, mode);
    },
  };
}

/** exFAT: a name is found in any case, and listed as it was given. */
export function foldingCase(platform = getPlatform()): Platform {
  const actual = (path: Buffer): Buffer => {
    const text = path.toString();
    const wanted = basename(text).toLowerCase();
    const found = readdirSync(dirname(text)).find((name) => name.toLowerCase() === wanted);
    return found === undefined ? path : Buffer.from(join(dirname(text), found));
  };
  return {
    ...platform,
    lstat(path) {
      try {
        return platform.lstat(path);
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
        return platform.lstat(actual(path));
      }
    },
    openForRead: (path) => platform.openForRead(actual(path)),
  };
}
