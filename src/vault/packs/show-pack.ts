/** All that a pack says of itself: its header, and block by block what lies in it. */
import { readKey } from '../../store/backend/at-once.ts';
import { packKey } from '../../store/layout.ts';
import { BLOCK_HEADER_LENGTH, blockCodec } from '../../store/pack/block.ts';
import { codecName } from '../../store/pack/codec.ts';
import {
  blockRows,
  decodeHeader,
  headerSalt,
  PACK_HEADER_LENGTH,
  type PackContents,
} from '../../store/pack/pack.ts';
import { blockName } from '../../store/pack/pack-reader.ts';
import type { Repository } from '../repository.ts';
import { contentsOf, type PackedObject, type PackSummary, placesIn, summaryOf } from './pack-listing.ts';

export interface PackedBlock {
  /** its first byte in the pack */
  offset: number;
  /** bytes in the pack, its header included */
  length: number;
  /** bytes of its objects, decoded */
  rawLength: number;
  /** `raw`, `zstd`; the number of one that this version does not know */
  codec: string;
  /** in the order in which they lie in it */
  objects: PackedObject[];
}

export interface ShownPack extends PackSummary {
  /** 32 random bytes of the header */
  salt: Buffer;
}

/** Header and totals. No block is decoded. @throws NOT_FOUND, DAMAGED, UNKNOWN_FORMAT */
export async function showPack(repository: Repository, pack: string): Promise<ShownPack> {
  const summary = summaryOf(pack, await contentsOf(repository, pack));
  const header = await readKey(repository.backend, packKey(pack), 0, PACK_HEADER_LENGTH);
  decodeHeader(header, `pack ${pack}`);
  return { ...summary, salt: headerSalt(header) };
}

/**
 * Its blocks in order. Of each only the header is read.
 *
 *     for await (const { offset, objects } of packBlocks(vault, pack)) console.log(offset, objects.length);
 *
 * @throws NOT_FOUND, DAMAGED, UNKNOWN_FORMAT
 */
export async function* packBlocks(
  repository: Repository,
  pack: string,
): AsyncGenerator<PackedBlock, void, undefined> {
  const contents: PackContents = await contentsOf(repository, pack);
  const places = placesIn(pack, contents);
  let row = 0;
  for (const { offset, length, rawLength, objects } of blockRows(contents)) {
    const header = await readKey(repository.backend, packKey(pack), offset, BLOCK_HEADER_LENGTH);
    const codec = blockCodec(header, blockName({ pack, blockOffset: offset }));
    yield {
      offset,
      length,
      rawLength,
      codec: codecName(codec) ?? String(codec),
      objects: places.slice(row, row + objects),
    };
    row += objects;
  }
}
