/** Writes pieces of memory to an open file, all of them. */
import type { FileHandle } from 'node:fs/promises';
import { VaultError } from '../../errors.ts';

/**
 * Writes all parts one after the other, going on after short writes.
 * @param total the sum of their lengths
 * @throws Node's errors; IO where the disk takes nothing any more and does not say why
 */
export async function writeAll(
  handle: FileHandle,
  parts: readonly Uint8Array[],
  total: number,
): Promise<void> {
  let rest = parts.filter((part) => part.byteLength > 0);
  for (let done = 0; done < total; ) {
    const { bytesWritten } = await handle.writev(rest);
    if (bytesWritten === 0)
      throw new VaultError('IO', 'the disk takes no more bytes', { hint: 'check the disk' });
    done += bytesWritten;
    rest = skip(rest, bytesWritten);
  }
}

function skip(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let index = 0;
  let left = bytes;
  while (index < parts.length && left >= parts[index]!.byteLength) left -= parts[index++]!.byteLength;
  const rest = parts.slice(index);
  if (left > 0) rest[0] = rest[0]!.subarray(left);
  return rest;
}
