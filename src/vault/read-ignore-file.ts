/** A folder's ignore file, bounded. */
import { closeSync, constants, openSync, readSync } from 'node:fs';

/** A longer file is no list of patterns that somebody wrote. */
const MOST_BYTES = 1024 * 1024;

/** Its bytes; undefined when there is none, it is no regular file, or it cannot be read. */
export function readIgnoreFile(path: Buffer): Buffer | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = Buffer.alloc(MOST_BYTES);
    return bytes.subarray(0, readSync(fd, bytes, 0, MOST_BYTES, 0));
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
