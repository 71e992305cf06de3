/** What an unseal worker does with files that are being restored. */
import type { Platform } from '../platform/platform.ts';
import { createSha256, type Hasher } from '../store/hash/hash.ts';
import { type ReadContent, sha256OfAll } from '../store/hash/many.ts';
import { readFully } from './read-file.ts';
import type { Grown } from './unseal-protocol.ts';

const READ_BYTES = 1024 * 1024;

/** The SHA-256 of what each of some open files holds, from its beginning; their positions stay. */
export function digestFiles(platform: Platform, fds: readonly number[]): Buffer[] {
  const contents = fds.map((fd): ReadContent => {
    let position = 0;
    const read = (into: Buffer) => {
      const bytes = readFully(platform, fd, into, 0, position, into.length);
      position += bytes;
      return bytes;
    };
    return { length: platform.fstat(fd).size, read };
  });
  return sha256OfAll(contents);
}

/**
 * The same of one that is still being written.
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
