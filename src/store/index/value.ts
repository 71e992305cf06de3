/**
 * Every value of the index carries the CRC-32 of key and value: LevelDB does not check its tables when it reads them.
 */
import zlib from 'node:zlib';

const CHECKSUM_LENGTH = 4;

/** Longest value that is sealed in the shared buffer. */
const SCRATCH_LENGTH = 4096;

const scratch = Buffer.allocUnsafeSlow(SCRATCH_LENGTH);

/** `value` and its checksum. The result is valid until the next call: LevelDB copies what it is given. */
export function seal(key: Buffer, value: Buffer): Buffer {
  const length = value.length + CHECKSUM_LENGTH;
  const sealed = length <= SCRATCH_LENGTH ? scratch.subarray(0, length) : Buffer.allocUnsafe(length);
  value.copy(sealed);
  sealed.writeUInt32BE(zlib.crc32(value, zlib.crc32(key)), value.length);
  return sealed;
}

/** The value without its checksum; undefined when it is not what was sealed under this key. */
export function unseal(key: Buffer, sealed: Buffer): Buffer | undefined {
  const end = sealed.length - CHECKSUM_LENGTH;
  if (end < 0) return undefined;
  const value = sealed.subarray(0, end);
  return zlib.crc32(value, zlib.crc32(key)) === sealed.readUInt32BE(end) ? value : undefined;
}
