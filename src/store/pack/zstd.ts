/**
 * zstd of the runtime with its contexts kept: one encoder a level and one decoder a thread.
 *
 * Node's one-shot calls make and free a stream and a context of some MiB for every block. Measured on 256 KiB blocks of C
 * source at level 3, in turns: about 14 % of the time of compressing and 11 % of decompressing. Keeping a context needs
 * the synchronous write of Node's own stream handle, which is not documented; so it is looked at when it is first used,
 * and the one-shot calls stand in where it is another.
 */
import zlib from 'node:zlib';

const { ZSTD_c_compressionLevel, ZSTD_c_hashLog, ZSTD_c_chainLog, ZSTD_c_minMatch } = zlib.constants;
const { ZSTD_d_windowLogMax, ZSTD_e_end, ZSTD_e_continue } = zlib.constants;

/** The default level of a vault. */
const TUNED_LEVEL = 3;

/**
 * Level 3 with tables of 256 and 128 KiB, which leave room in a core's second cache. Measured: CPU time of compressing blocks of
 * 256 KiB (the sum of the least of 6 turns a slice), and their bytes: 104 MB of the Linux kernel · 49 MB of shared libraries · the trees of
 * two versions of the kernel.
 *
 *     level 3 as it is             608 ms  19.59 MB · 295 ms  15.56 MB · 163 ms  12.57 MB
 *     hash 16, chain 16, match 5   568     19.60    · 274     15.58    · 160     12.50
 *     hash 16, chain 15, match 5   557     19.62    · 263     15.64    · 148     12.49
 *     hash 15, chain 15, match 5   543     19.66    · 258     15.67
 *
 * Further away it is one for the other: beside level 3, level 1 takes 29 % less time for 9 % more bytes, level 2 26 % for 5 %, level 5 twice
 * the time for 7 % less; greedy and lazy searches with the same tables begin at 70 % more time for the same bytes.
 */
const TUNED = { [ZSTD_c_hashLog]: 16, [ZSTD_c_chainLog]: 15, [ZSTD_c_minMatch]: 5 };

/** Window of a decoder: 16 MiB, the longest block. Without it a frame of a few bytes may claim 128 MiB. */
const DECODER_OPTIONS = { params: { [ZSTD_d_windowLogMax]: 24 } };

/** What is used of a stream's handle. */
interface Handle {
  /** Node's own closes the handle */
  onerror: (message: string, errno: number, code: string) => void;
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

const encoders = new Map<number, Engine>();
let decoder: Engine | undefined;
/** Where frames are made before they are copied to their length. */
let scratch = Buffer.alloc(0);

/** The zstd frame of `bytes`. The result is a view that the next call overwrites. */
export function zstdCompress(bytes: Uint8Array, level: number): Buffer {
  const engine = encoders.get(level) ?? engineOf(zlib.createZstdCompress(encoderOptions(level)));
  if (!engine) return zlib.zstdCompressSync(bytes, encoderOptions(level));
  const bound = compressBound(bytes.byteLength);
  if (scratch.length < bound) scratch = Buffer.allocUnsafeSlow(bound);
  const length = run(engine, ZSTD_e_end, bytes, scratch);
  if (length === undefined) {
    encoders.delete(level);
    throw engine.failure ?? new Error('zstd did not take its input');
  }
  // The end of a frame leaves the context ready for the next one, with its level.
  encoders.set(level, engine);
  return scratch.subarray(0, length);
}

function encoderOptions(level: number): zlib.ZstdOptions {
  return { params: { [ZSTD_c_compressionLevel]: level, ...(level === TUNED_LEVEL && TUNED) } };
}

/**
 * Decodes a frame to the front of `output`, which must be larger than the `expected` bytes: a frame that holds more shows.
 * The bytes it gave.
 * @throws what zstd says of a frame that is none, or holds more than `output`
 */
export function zstdDecompress(frame: Uint8Array, output: Uint8Array, expected: number): number {
  const kept = decoder;
  decoder = undefined;
  const engine = kept ?? engineOf(zlib.createZstdDecompress(DECODER_OPTIONS));
  if (!engine) return decompressOnce(frame, output);
  const length = run(engine, ZSTD_e_continue, frame, output);
  if (length === expected) decoder = engine;
  // The frame before may have broken off and left the context in its middle: only a new one can tell what this frame is.
  else if (kept) return zstdDecompress(frame, output, expected);
  if (length === undefined) throw engine.failure ?? new Error('the frame holds more than it should');
  return length;
}

/** The stream's engine if it is what this file takes it for, else undefined. */
function engineOf(stream: zlib.ZstdCompress | zlib.ZstdDecompress): Engine | undefined {
  const { _handle: handle, _writeState: state } = stream as unknown as {
    _handle?: Handle;
    _writeState?: Uint32Array;
  };
  if (typeof handle?.writeSync !== 'function') return undefined;
  if (!(state instanceof Uint32Array) || state.length !== 2) return undefined;
  const engine: Engine = { handle, state, failure: undefined };
  handle.onerror = (message, _errno, code) => {
    engine.failure = Object.assign(new Error(message), { code });
  };
  return engine;
}

/** Bytes of output; undefined when not all input was taken, or something failed. */
function run(engine: Engine, flush: number, input: Uint8Array, output: Uint8Array): number | undefined {
  engine.failure = undefined;
  engine.handle.writeSync(flush, input, 0, input.byteLength, output, 0, output.byteLength);
  const [outputLeft, inputLeft] = engine.state;
  if (engine.failure || inputLeft !== 0) return undefined;
  return output.byteLength - outputLeft!;
}

function decompressOnce(frame: Uint8Array, output: Uint8Array): number {
  const decoded = zlib.zstdDecompressSync(frame, {
    chunkSize: output.byteLength,
    maxOutputLength: output.byteLength,
    ...DECODER_OPTIONS,
  });
  output.set(decoded);
  return decoded.length;
}

/** ZSTD_COMPRESSBOUND of zstd.h, and the room in which an encoder need not stop and go on. */
function compressBound(length: number): number {
  const small = 128 * 1024;
  return length + (length >>> 8) + (length < small ? (small - length) >>> 11 : 0) + 64;
}
