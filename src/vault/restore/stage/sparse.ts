/** Writing files that had holes, so that they have holes again. */
import type { Platform } from '../../../platform/platform.ts';

/** Zero bytes become a hole from this length on, where they fill a block of the file: what file systems allocate. */
const BLOCK_BYTES = 4096;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/**
 * Writes `data` at `position`, leaving out the file's blocks that are all zero. The file's length may have to be set
 * afterwards.
 */
export function writeSparse(platform: Platform, fd: number, data: Buffer, position: number): void {
  let from = 0;
  let at = 0;
  while (at < data.length) {
    const end = Math.min(at + BLOCK_BYTES - ((position + at) % BLOCK_BYTES), data.length);
    if (data.compare(ZEROS, 0, end - at, at, end) === 0) {
      if (from < at) platform.write(fd, data.subarray(from, at), position + from);
      from = end;
    }
    at = end;
  }
  if (from < data.length) platform.write(fd, data.subarray(from), position + from);
}
