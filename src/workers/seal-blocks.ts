/** Groups consecutive chunks into blocks of about `blockTarget` bytes and seals them. */
import type { Transferable } from 'node:worker_threads';
import { sealBlock } from '../store/block.ts';
import { ID_LENGTH, ObjectType } from '../store/id.ts';
import type { SealedMessage, SealSettings } from './seal-protocol.ts';

/** `raw` holds the chunks one after the other, `lengths[i]` bytes each. */
export function sealBlocks(
  raw: Buffer,
  ids: Uint8Array,
  lengths: Uint32Array,
  settings: SealSettings,
): SealedMessage[] {
  const blocks: SealedMessage[] = [];
  let first = 0;
  let start = 0;
  let end = 0;
  for (let i = 0; i < lengths.length; i++) {
    end += lengths[i]!;
    if (end - start < settings.blockTarget && i + 1 < lengths.length) continue;
    blocks.push(sealOne(raw.subarray(start, end), ids, lengths, first, i + 1, settings));
    first = i + 1;
    start = end;
  }
  return blocks;
}

function sealOne(
  raw: Buffer,
  ids: Uint8Array,
  lengths: Uint32Array,
  first: number,
  end: number,
  settings: SealSettings,
): SealedMessage {
  // A Buffer's own `slice` would be a view of what it is cut from, which cannot be transferred.
  const own = Buffer.from(Uint8Array.prototype.slice.call(ids, first * ID_LENGTH, end * ID_LENGTH).buffer);
  const objects = [];
  for (let i = first; i < end; i++) {
    const at = (i - first) * ID_LENGTH;
    objects.push({ id: own.subarray(at, at + ID_LENGTH), type: ObjectType.chunk, length: lengths[i]! });
  }
  const block = sealBlock(objects, raw, settings.level);
  return {
    bytes: ownBuffer(block.bytes),
    rawLength: block.rawLength,
    ids: own,
    lengths: lengths.slice(first, end),
  };
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
