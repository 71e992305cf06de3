/** What an unseal worker does with files that are being restored. */
import type { Platform } from '../platform/platform.ts';
import { createSha256, type Hasher } from '../store/hash.ts';
import type { Grown } from './unseal-protocol.ts';

const READ_BYTES = 1024 * 1024;

/** The SHA-256 of what the open file holds, from its beginning; its position stays. */
export function digestFile(platform: Platform, fd: number): Uint8Array {
  const hash = createSha256();
  hashRange(platform, fd, 0, Number.POSITIVE_INFINITY, hash);
  return hash.digest();
}

/**
 * The same of a file that is still being written.
 * @param grown how far it can be read, when there is something behind byte `seen`
 */
export async function digestGrowing(
  platform: Platform,
  fd: number,
  grown: (seen: number) => Promise<Grown>,
): Promise<Uint8Array> {
  const hash = createSha256();
  for (let position = 0; ; ) {
    const { until, isFinal } = await grown(position);
    hashRange(platform, fd, position, until, hash);
    if (isFinal) return hash.digest();
    position = until;
  }
}

/** Bytes `start … end`, or to the end of the file. */
function hashRange(platform: Platform, fd: number, start: number, end: number, hash: Hasher): void {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  for (let position = start; position < end; ) {
    const bytes = platform.read(fd, buffer.subarray(0, Math.min(READ_BYTES, end - position)), position);
    if (bytes === 0) return;
    hash.update(buffer.subarray(0, bytes));
    position += bytes;
  }
}
