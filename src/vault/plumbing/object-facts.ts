/** What an object's place and content tell besides type and size. */
import { contentChunks, readContent } from '../../objects/list.ts';
import { createSha256 } from '../../store/hash/hash.ts';
import { EMPTY_CONTENT, ObjectType } from '../../store/id.ts';
import type { Location, ObjectReader } from '../../store/store.ts';
import type { ObjectInfo } from '../object-info.ts';
import type { Repository } from '../repository.ts';
import type { FoundObject } from './object-answer.ts';

/**
 * SHA-256 of a blob's content, as `sha256sum` prints it; undefined for anything else. What was not recorded is read for it.
 * @throws MISSING_OBJECT, DAMAGED
 */
export async function contentSha256({ store }: Repository, info: ObjectInfo): Promise<Buffer | undefined> {
  if (info.type !== 'blob') return undefined;
  if (info.entry?.sha256) return info.entry.sha256;
  const isList = info.stored === ObjectType.list;
  if (!isList && (store.ids.chunkIsSha256 || info.id.equals(EMPTY_CONTENT))) return info.id;
  const hash = createSha256();
  for await (const bytes of readContent(store, info.id, isList)) hash.update(bytes);
  return hash.digest();
}

/**
 * Bytes that an object takes in the packs: its share of its block, rounded; of a blob of many chunks theirs together, and that of the
 * list. Two objects that share a chunk both count it.
 * @throws MISSING_OBJECT, DAMAGED
 */
export async function storedSize(reader: ObjectReader, { info, place }: FoundObject): Promise<number> {
  if (!place) return 0;
  let sum = shareOf(place);
  if (info.stored === ObjectType.list) {
    for await (const { id } of contentChunks(reader, info.id, true)) {
      const chunk = await reader.locate(id, 'chunk');
      if (chunk) sum += shareOf(chunk);
    }
  }
  return Math.round(sum);
}

/** Bytes that an object itself takes in its pack: its share of the block, rounded. */
export function storedShare(place: Location): number {
  return Math.round(shareOf(place));
}

/** The same as a fraction, for sums. */
export function shareOf({ length, blockRawLength, blockLength }: Location): number {
  return (length / blockRawLength) * blockLength;
}
