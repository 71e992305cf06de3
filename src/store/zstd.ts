/**
 * zstd of the runtime with its contexts kept: one encoder a level and one decoder a thread.
 *
 * Node's one-shot calls make and free a context of some MiB for every block. Measured on 256 KiB blocks of C source at
 * level 3, in turns: 14 % of the time of compressing and 11 % of decompressing; and several threads that do so at once
 * leave the C heap in pieces (see bench/README.md). Keeping a context needs the synchronous write of Node's own stream handle, which
 * is not documented, so it is looked at when it is first used, and the one-shot calls stand in where it is another.
 */
import zlib from 'node:zlib';

const { ZSTD_c_compressionLevel, ZSTD_d_windowLogMax, ZSTD_e_end, ZSTD_e_continue } = zlib.constants;

/** Window of a decoder: 16 MiB, the longest block. Without it a frame of a few bytes may claim 128 MiB. */
const WINDOW_LOG_MAX = 24;

/** What is used of a stream's handle. */
interface Handle {
  /** Node's own closes the handle */
  onerror: (message: string, errno: number, code: string) => void;
  reset(): void;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ): void;
}

interface Engine {
  handle: Handle;
  /** after a write: bytes of output left, bytes of input left */
  state: Uint32Array;
  failure: Error | undefined;
}

const encoders = new Map<number, Engine | undefined>();
let decoder: { engine: Engine | undefined } | undefined;
/** Where frames are made before they are copied to their length. */
let scratch = Buffer.alloc(0);

/** The zstd frame of `bytes`. The result is a view that the next call overwrites. */
export function zstdCompress(bytes: Uint8Array, level: number): Buffer {
  if (!encoders.has(level)) encoders.set(level, engineOf(createEncoder(level)));
  const engine = encoders.get(level);
  if (!engine) return zlib.zstdCompressSync(bytes, { params: { [ZSTD_c_compressionLevel]: level } });
  const bound = compressBound(bytes.byteLength);
  if (scratch.length < bound) scratch = Buffer.allocUnsafeSlow(bound);
  const length = run(engine, ZSTD_e_end, bytes, scratch);
  if (length !== undefined) return scratch.subarray(0, length);
  encoders.delete(level);
  throw engine.failure ?? new Error('zstd did not take its input');
}

/**
 * Decodes a frame into `output`. The bytes it gave; `output.length + 1` for a frame that holds more.
 * @throws what zstd says of a frame that is none
 */
export function zstdDecompress(frame: Uint8Array, output: Uint8Array): number {
  decoder ??= { engine: engineOf(zlib.createZstdDecompress(decoderOptions)) };
  const { engine } = decoder;
  if (!engine) return decompressOnce(frame, output);
  const length = run(engine, ZSTD_e_continue, frame, output);
  if (engine.failure) {
    decoder = undefined; // a context that has failed does not recover by a reset
    throw engine.failure;
  }
  return length ?? output.byteLength + 1;
}

const decoderOptions = { params: { [ZSTD_d_windowLogMax]: WINDOW_LOG_MAX } };

function createEncoder(level: number): zlib.ZstdCompress {
  return zlib.createZstdCompress({ params: { [ZSTD_c_compressionLevel]: level } });
}

/** The stream's engine if it is what this file takes it for, else undefined. */
function engineOf(stream: zlib.ZstdCompress | zlib.ZstdDecompress): Engine | undefined {
  const { _handle: handle, _writeState: state } = stream as unknown as {
    _handle?: Handle;
    _writeState?: Uint32Array;
  };
  const known = typeof handle?.writeSync === 'function' && typeof handle.reset === 'function';
  if (!known || !(state instanceof Uint32Array) || state.length !== 2) return undefined;
  const engine: Engine = { handle: handle!, state, failure: undefined };
  handle!.onerror = (message, _errno, code) => {
    engine.failure = Object.assign(new Error(message), { code });
  };
  return engine;
}

/** Bytes of output; undefined when not all input was taken, or something failed. */
function run(engine: Engine, flush: number, input: Uint8Array, output: Uint8Array): number | undefined {
  engine.failure = undefined;
  engine.handle.reset();
  engine.handle.writeSync(flush, input, 0, input.byteLength, output, 0, output.byteLength);
  const [outputLeft, inputLeft] = engine.state;
  if (engine.failure || inputLeft !== 0) return undefined;
  return output.byteLength - outputLeft!;
}

function decompressOnce(frame: Uint8Array, output: Uint8Array): number {
  // Node takes the end of an output buffer that is exactly full for "there may be more".
  const room = output.byteLength + 64;
  const decoded = zlib.zstdDecompressSync(frame, {
    chunkSize: room,
    maxOutputLength: room,
    ...decoderOptions,
  });
  if (decoded.length > output.byteLength) return output.byteLength + 1;
  output.set(decoded);
  return decoded.length;
}

/** ZSTD_COMPRESSBOUND of zstd.h. */
function compressBound(length: number): number {
  const small = 128 * 1024;
  return length + (length >>> 8) + (length < small ? (small - length) >>> 11 : 0);
}
