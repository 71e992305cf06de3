/**
 * Reads parts of stored packs. The synchronous functions are the hot path of worker threads and of long listings.
 */
import { readKey } from '../backend/at-once.ts';
import type { Backend, SyncBackend } from '../backend/backend.ts';
import { packKey } from '../layout.ts';
import { damaged } from '../object-errors.ts';
import type { Location } from '../store.ts';
import { openBlock } from './block.ts';
import { decodeFooter, footerLength, PACK_TRAILER_LENGTH, type PackContents } from './pack.ts';

/** Bytes read from a pack's end at first: the whole footer of most packs, in one request. */
const TAIL_LENGTH = 64 * 1024;

/** The decoded block of a location, not yet verified. Errors as for `readBlock`. */
export function readBlockSync(backend: SyncBackend, location: Location): Buffer {
  const { pack, blockOffset, blockLength, blockRawLength } = location;
  const bytes = backend.readSync(packKey(pack), blockOffset, blockLength);
  return openBlock(bytes, blockRawLength, blockName(location));
}

/**
 * The decoded block of a location, not yet verified: slice it, then verify the id.
 * @throws NOT_FOUND when the pack is gone, DAMAGED, UNKNOWN_FORMAT
 */
export async function readBlock(backend: Backend, location: Location): Promise<Buffer> {
  const { pack, blockOffset, blockLength, blockRawLength } = location;
  const bytes = await readKey(backend, packKey(pack), blockOffset, blockLength);
  return openBlock(bytes, blockRawLength, blockName(location));
}

/**
 * What a pack holds.
 * @param size the pack's, as it was listed
 * @param key where it lies, if not at its place among the packs
 * @throws NOT_FOUND when the pack is gone, DAMAGED, UNKNOWN_FORMAT
 */
export async function readContents(
  backend: Backend,
  pack: string,
  size: number,
  key = packKey(pack),
): Promise<PackContents> {
  const where = `pack ${pack}`;
  if (size < PACK_TRAILER_LENGTH) {
    throw damaged(`${where} is damaged: it has only ${size} bytes`, pack);
  }
  let tail = await readKey(backend, key, size - Math.min(size, TAIL_LENGTH), Math.min(size, TAIL_LENGTH));
  const trailer = tail.subarray(tail.length - PACK_TRAILER_LENGTH);
  const stored = footerLength(trailer, size, where);
  const missing = stored + PACK_TRAILER_LENGTH - tail.length;
  if (missing > 0) tail = await readKey(backend, key, size - tail.length - missing, tail.length + missing);
  const footer = tail.subarray(tail.length - PACK_TRAILER_LENGTH - stored, tail.length - PACK_TRAILER_LENGTH);
  return decodeFooter(footer, trailer, size, where);
}

/** Names a block in errors. */
export function blockName({ pack, blockOffset }: Pick<Location, 'pack' | 'blockOffset'>): string {
  return `pack ${pack} at ${blockOffset}`;
}
