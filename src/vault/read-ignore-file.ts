/** A folder's ignore file, bounded. */
import { realpathSync } from 'node:fs';
import { Kind } from '../objects/model.ts';
import { getPlatform } from '../platform/select.ts';
import { readHead } from './read-head.ts';

/** Bytes that are read: a longer file is no list of patterns that somebody wrote. */
export const MOST_IGNORE_BYTES = 1024 * 1024;

/** Its bytes, a symlink's target's too; undefined when there is none, it is no regular file, or it cannot be read. */
export function readIgnoreFile(path: Buffer): Buffer | undefined {
  try {
    const isLink = getPlatform().lstat(path).kind === Kind.symlink;
    return readHead(isLink ? realpathSync.native(path, { encoding: 'buffer' }) : path, MOST_IGNORE_BYTES);
  } catch {
    return undefined;
  }
}
