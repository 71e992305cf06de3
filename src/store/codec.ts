/**
 * Compression codecs by number. A number is part of the format and never used again for something else.
 *
 * One-shot synchronous zstd, as it runs in worker threads. Measured (256 KiB of C source, level 3): compress 1.33 ms,
 * decompress 0.39 ms with the output buffer a little larger than the result (0.53 ms without: a second buffer is
 * made and both are joined). Incompressible input costs 0.18 ms, a fraction of its hash, so nothing probes for it.
 */
import zlib from 'node:zlib';
import { VaultError } from '../errors.ts';

export const Codec = { raw: 0, zstd: 1 } as const;
export type Codec = (typeof Codec)[keyof typeof Codec];

const { ZSTD_c_compressionLevel, ZSTD_d_windowLogMax } = zlib.constants;

/** Window of a decoder: 16 MiB, the longest block. Without it a frame of a few bytes may claim 128 MiB. */
const WINDOW_LOG_MAX = 24;

/** Node takes the end of an output buffer that is exactly full for "there may be more". */
const ROOM = 64;

/** The zstd frame of `bytes`. */
export function compress(bytes: Uint8Array, level: number): Buffer {
  return zlib.zstdCompressSync(bytes, { params: { [ZSTD_c_compressionLevel]: level } });
}

/**
 * Decodes `bytes` to exactly `rawLength` bytes, and takes no more memory than that. With `raw` the result is a view.
 * @throws DAMAGED for anything else, naming `where`; UNKNOWN_FORMAT for a codec that this version does not know
 */
export function decode(codec: number, bytes: Buffer, rawLength: number, where: string): Buffer {
  if (codec === Codec.raw) {
    if (bytes.length !== rawLength) throw damaged(where);
    return bytes;
  }
  if (codec !== Codec.zstd) {
    throw new VaultError(
      'UNKNOWN_FORMAT',
      `${where} is compressed with codec ${codec}, which this version does not know`,
      {
        hint: 'use a newer version of vault',
        subject: where,
      },
    );
  }
  let decoded: Buffer;
  try {
    decoded = zlib.zstdDecompressSync(bytes, {
      chunkSize: rawLength + ROOM,
      maxOutputLength: rawLength + ROOM,
      params: { [ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
    });
  } catch (error) {
    throw damaged(where, error);
  }
  if (decoded.length !== rawLength) throw damaged(where);
  return decoded;
}

function damaged(where: string, cause?: unknown): VaultError {
  return new VaultError('DAMAGED', `${where} cannot be decompressed`, {
    hint: 'run `vault check` to see what is affected',
    subject: where,
    cause,
  });
}
