/** What an unseal worker does with files that are being restored. */
import type { Platform } from '../platform/platform.ts';
import { createSha256 } from '../store/hash.ts';

const READ_BYTES = 1024 * 1024;

/** The SHA-256 of what the open file holds, from its beginning; its position stays. */
export function digestFile(platform: Platform, fd: number): Uint8Array {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const hash = createSha256();
  for (let position = 0; ; ) {
    const bytes = platform.read(fd, buffer, position);
    if (bytes === 0) return hash.digest();
    hash.update(buffer.subarray(0, bytes));
    position += bytes;
  }
}
