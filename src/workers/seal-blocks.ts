/**
 * Groups chunks into blocks and seals them.
 *
 * Small chunks fill blocks of about `blockTarget` bytes, in the order of the walk. Larger ones lie apart in longer blocks: whoever wants
 * one of them decodes more than a small one needs anyway, and what is small is not decoded along with it. Measured on the files up to
 * 2 MiB of the Linux kernel at level 3, in a quarter of it (MB), with the KiB that are decoded for one chunk:
 *
 *     all in order, 256 KiB                    51.65   small 264, from 64 KiB on 338
 *     from 64 KiB on apart, up to 1 MiB        51.23   small 263, from 64 KiB on 686
 *     from 64 KiB on apart, up to 2 MiB        51.02   small 262, from 64 KiB on 962
 *     from 128 KiB on apart, up to 1 MiB       51.45   small 260, from 64 KiB on 401
 *     all in order, 512 KiB, 1 MiB             50.3, 49.2     507, 951
 *
 * To sort what is sealed together gains nothing over the order of the walk: by extension + 0.3 %, by name + 0.9 %, by size + 2.6 %, each
 * next to the most similar + 0.3 %; nor do blocks across batches (+ 0.1 %).
 */
import type { Transferable } from 'node:worker_threads';
import { ID_LENGTH, ObjectType } from '../store/id.ts';
import { sealBlock } from '../store/pack/block.ts';
import type { SealedMessage, SealSettings } from './seal-protocol.ts';

/** Chunks that lie in one buffer, in ascending order. */
export interface ChunkTable {
  /** n × 32 bytes */
  ids: Uint8Array;
  /** where each begins */
  starts: Uint32Array;
  lengths: Uint32Array;
}

/** Parts of a block's target from which on a chunk is no small one. */
const SMALL_SHARE = 1 / 4;
/** Targets that a block of several larger chunks has at most. */
const MOST_TARGETS = 4;
/** Targets up to which the small and the larger ones that are left at the end share a block. */
const REST_TARGETS = 2;

/** Where blocks are put together whose chunks are not neighbours; up to `MOST_TARGETS`. */
let scratch = Buffer.alloc(0);

/** @param picked which of the chunks, ascending */
export function sealBlocks(
  raw: Buffer,
  chunks: ChunkTable,
  picked: readonly number[],
  { blockTarget, level }: SealSettings,
): SealedMessage[] {
  return groupChunks(chunks.lengths, picked, blockTarget).map((group) => sealOne(raw, chunks, group, level));
}

/** One block of chunks that follow each other from `start` on, in a large file: who reads one of them mostly reads the others. */
export function sealRun(
  raw: Buffer,
  start: number,
  ids: Uint8Array,
  lengths: Uint32Array,
  { level }: SealSettings,
): SealedMessage {
  const starts = new Uint32Array(lengths.length);
  for (let i = 0, at = start; i < lengths.length; i++) {
    starts[i] = at;
    at += lengths[i]!;
  }
  return sealOne(raw, { ids, starts, lengths }, [...lengths.keys()], level);
}

/** The chunks of each block, ascending. */
export function groupChunks(lengths: Uint32Array, picked: readonly number[], target: number): number[][] {
  const groups: number[][] = [];
  let small: number[] = [];
  let smallBytes = 0;
  let larger: number[] = [];
  let largerBytes = 0;
  for (const i of picked) {
    const length = lengths[i]!;
    if (length < target * SMALL_SHARE) {
      small.push(i);
      smallBytes += length;
      if (smallBytes < target) continue;
      groups.push(small);
      small = [];
      smallBytes = 0;
    } else {
      if (largerBytes > 0 && largerBytes + length > target * MOST_TARGETS) {
        groups.push(larger);
        larger = [];
        largerBytes = 0;
      }
      larger.push(i);
      largerBytes += length;
    }
  }
  if (smallBytes + largerBytes <= target * REST_TARGETS) {
    larger = [...small, ...larger].sort((a, b) => a - b);
    small = [];
  }
  return [...groups, small, larger].filter((group) => group.length > 0);
}

function sealOne(raw: Buffer, chunks: ChunkTable, group: readonly number[], level: number): SealedMessage {
  const ids = Buffer.allocUnsafeSlow(group.length * ID_LENGTH);
  const lengths = new Uint32Array(group.length);
  const objects = group.map((chunk, i) => {
    const at = i * ID_LENGTH;
    ids.set(chunks.ids.subarray(chunk * ID_LENGTH, (chunk + 1) * ID_LENGTH), at);
    lengths[i] = chunks.lengths[chunk]!;
    return { id: ids.subarray(at, at + ID_LENGTH), type: ObjectType.chunk, length: lengths[i]! };
  });
  const { bytes, rawLength } = sealBlock(objects, together(raw, chunks, group), level);
  return { bytes: ownBuffer(bytes), rawLength, ids, lengths };
}

/** The chunks' bytes one after the other; valid until the next call. */
function together(raw: Buffer, { starts, lengths }: ChunkTable, group: readonly number[]): Buffer {
  const start = starts[group[0]!]!;
  const end = starts[group.at(-1)!]! + lengths[group.at(-1)!]!;
  let length = 0;
  for (const chunk of group) length += lengths[chunk]!;
  if (end - start === length) return raw.subarray(start, end);
  if (scratch.length < length) scratch = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const chunk of group) {
    at += raw.copy(scratch, at, starts[chunk]!, starts[chunk]! + lengths[chunk]!);
  }
  return scratch.subarray(0, length);
}

/** Only a buffer that is a whole ArrayBuffer can be transferred; a slice of a pool would take its neighbours along. */
function ownBuffer(bytes: Uint8Array): Uint8Array {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return whole ? bytes : Uint8Array.prototype.slice.call(bytes);
}

export function transferOf(blocks: readonly SealedMessage[]): Transferable[] {
  const buffers: Transferable[] = [];
  for (const block of blocks) {
    buffers.push(
      block.bytes.buffer as ArrayBuffer,
      block.ids.buffer as ArrayBuffer,
      block.lengths.buffer as ArrayBuffer,
    );
  }
  return buffers;
}
