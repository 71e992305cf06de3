/** The beginning of a file of the user's that says how others are treated. */
import { Kind } from '../../objects/model.ts';
import { getPlatform } from '../../platform/select.ts';

/** At most `length` bytes; undefined when there is no such file, it is no regular one, or it cannot be read. Never blocks. */
export function readHead(path: Buffer, length: number): Buffer | undefined {
  const platform = getPlatform();
  let fd: number | undefined;
  try {
    fd = platform.openForRead(path);
    const { kind, size } = platform.fstat(fd);
    if (kind !== Kind.file) return undefined;
    const head = Buffer.alloc(Math.min(size, length));
    return head.subarray(0, platform.read(fd, head, 0));
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) platform.close(fd);
  }
}
