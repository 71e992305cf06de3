/** Paths on the disk, taken apart and looked at. */
import { realpathSync } from 'node:fs';
import { joinPath } from '../../../objects/names.ts';
import { hasCode } from '../../../platform/errno.ts';
import type { Platform, Stat } from '../../../platform/platform.ts';

export const ROOT = Buffer.from('/');

export function namesIn(platform: Platform, folder: Buffer): Buffer[] {
  const directory = platform.openDirectory(folder);
  try {
    return Array.from({ length: directory.length }, (_, i) => Buffer.from(directory.name(i)));
  } finally {
    directory.close();
  }
}

/** What is answered for a name that is not there; then, for one that no file here can have. */
const NOT_THERE = ['ENOENT', 'ENOTDIR', 'EILSEQ', 'EINVAL', 'ENAMETOOLONG'];

export function lstatOrNone(platform: Platform, path: Buffer): Stat | undefined {
  try {
    return platform.lstat(path);
  } catch (error) {
    if (hasCode(error, ...NOT_THERE)) return undefined;
    throw error;
  }
}

/** Symlinks on the way to the destination are the user's choice and followed; the destination itself never is. */
export function realOrSame(path: Buffer): Buffer {
  try {
    return realpathSync(path, { encoding: 'buffer' });
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return path;
    throw error;
  }
}

/** The folder of an absolute path without a slash at its end. */
export function parentOf(path: Buffer): Buffer {
  const slash = path.lastIndexOf(0x2f);
  return slash <= 0 ? ROOT : path.subarray(0, slash);
}

/** `folder/path`; the folder itself for the empty path. */
export function below(folder: Buffer, path: Buffer): Buffer {
  return path.length === 0 ? folder : joinPath(folder, path);
}

export function firstName(path: Buffer): Buffer {
  const slash = path.indexOf(0x2f);
  return slash < 0 ? path : path.subarray(0, slash);
}

export function lastName(path: Buffer): Buffer {
  return path.subarray(path.lastIndexOf(0x2f) + 1);
}

export function sameFile(a: Stat, b: Stat): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}
