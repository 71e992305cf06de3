/** Reading the user's files so that a change while reading is noticed. */
import { Kind } from '../objects/model.ts';
import { codeError } from '../platform/errno.ts';
import type { Platform, PlatformXattr, Stat } from '../platform/platform.ts';
import { EXPECTED_COLUMNS } from './seal-protocol.ts';

/** Bytes asked for at a time behind the expected end of a file that grows. */
const GROWN_BYTES = 256 * 1024;

/** The facts that tell whether a file is still the one that was scanned; `row` of `EXPECTED_COLUMNS` numbers. */
export function isAsExpected(stat: Stat, expected: Float64Array, row: number): boolean {
  const at = row * EXPECTED_COLUMNS;
  return (
    stat.size === expected[at] &&
    stat.mtimeNs === expected[at + 2] &&
    stat.mtimeS === expected[at + 1] &&
    stat.ctimeNs === expected[at + 4] &&
    stat.ctimeS === expected[at + 3] &&
    Number(stat.ino) === expected[at + 5]
  );
}

/** Something else may have taken the name since the scan. @throws an errno error ESTALE */
export function assertFile(stat: Stat): void {
  if (stat.kind !== Kind.file) throw codeError('ESTALE', 'read');
}

export function sameStat(a: Stat, b: Stat): boolean {
  return (
    a.size === b.size &&
    a.mtimeS === b.mtimeS &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeS === b.ctimeS &&
    a.ctimeNs === b.ctimeNs
  );
}

/** Reads from `fd` into `target` from `start` until the end of the file or of the buffer; returns the bytes read. */
export function readFully(
  platform: Platform,
  fd: number,
  target: Buffer,
  start: number,
  position: number,
  expected: number,
): number {
  let got = 0;
  while (start + got < target.length) {
    // One byte more than expected: a short count then says "end of file" without a second call.
    const want = Math.min(target.length - start - got, got <= expected ? expected - got + 1 : GROWN_BYTES);
    const n = platform.read(fd, target.subarray(start + got, start + got + want), position + got);
    if (n === 0) break;
    got += n;
    if (n < want && got >= expected) break;
  }
  return got;
}

/** Opens, hands over, and closes whatever happens. */
export function withFile<T>(platform: Platform, path: Buffer, use: (fd: number) => T): T {
  const fd = platform.openForRead(path);
  try {
    return use(fd);
  } finally {
    platform.close(fd);
  }
}

export function xattrsOrUndefined(platform: Platform, fd: number): PlatformXattr[] | undefined {
  if (!platform.abilities.xattrs) return undefined;
  const xattrs = platform.listXattrsFd(fd);
  return xattrs.length > 0 ? xattrs : undefined;
}
