/** Packs, and what lies in them. */
import { VaultError } from '../../errors.ts';
import type { Id, ObjectType } from '../../store/id.ts';
import { PACK_PREFIX, packKey, parsePackKey } from '../../store/layout.ts';
import { ROW_LENGTH, rowId, rowLength, rowType } from '../../store/pack/object-table.ts';
import { BLOCK_ROW_LENGTH, blockRows, type PackContents, visitObjects } from '../../store/pack/pack.ts';
import { readContents } from '../../store/pack/pack-reader.ts';
import { PackKind } from '../../store/space.ts';
import type { Location } from '../../store/store.ts';
import type { Repository } from '../repository.ts';

export interface ListedPack {
  /** 64 hex digits: SHA-256 of its bytes */
  pack: string;
  /** bytes */
  size: number;
}

export interface PackSummary extends ListedPack {
  kind: 'data' | 'meta';
  blocks: number;
  objects: number;
  /** bytes of its objects, decoded */
  rawSize: number;
}

export interface PackedObject {
  id: Id;
  type: ObjectType;
  place: Location;
}

/** Objects given in one go. */
const GROUP = 4096;

/** By name, straight from the storage. @throws what listing throws */
export async function* listPacks({ backend }: Repository): AsyncGenerator<ListedPack, void, undefined> {
  for await (const { key, size } of backend.list(PACK_PREFIX)) {
    const pack = parsePackKey(key);
    if (pack !== undefined) yield { pack, size };
  }
}

/** What a pack's footer says. @throws NOT_FOUND, DAMAGED, UNKNOWN_FORMAT */
export async function summarizePack(repository: Repository, pack: string): Promise<PackSummary> {
  return summaryOf(pack, await contentsOf(repository, pack));
}

export function summaryOf(pack: string, contents: PackContents): PackSummary {
  const kind = contents.kind === PackKind.data ? 'data' : 'meta';
  let rawSize = 0;
  for (const { rawLength } of blockRows(contents)) rawSize += rawLength;
  return {
    pack,
    size: contents.size,
    kind,
    blocks: contents.blocks.length / BLOCK_ROW_LENGTH,
    objects: contents.objects.length / ROW_LENGTH,
    rawSize,
  };
}

/** In the order in which they lie there. @throws NOT_FOUND, DAMAGED, UNKNOWN_FORMAT */
export async function* packObjects(
  repository: Repository,
  pack: string,
): AsyncGenerator<PackedObject[], void, undefined> {
  const objects = placesIn(pack, await contentsOf(repository, pack));
  for (let start = 0; start < objects.length; start += GROUP) yield objects.slice(start, start + GROUP);
}

/** Every object of a pack, in order. */
export function placesIn(pack: string, contents: PackContents): PackedObject[] {
  const { objects } = contents;
  const found: PackedObject[] = [];
  visitObjects(contents, (row, blockOffset, blockLength, blockRawLength, offset) => {
    const type = rowType(objects, row);
    const length = rowLength(objects, row);
    const place = { pack, type, blockOffset, blockLength, blockRawLength, offset, length };
    found.push({ id: rowId(objects, row), type, place });
  });
  return found;
}

/** What its footer says. @throws NOT_FOUND, DAMAGED, UNKNOWN_FORMAT */
export async function contentsOf({ backend }: Repository, pack: string): Promise<PackContents> {
  const size = await backend.size(packKey(pack));
  if (size !== undefined) return readContents(backend, pack, size);
  throw noPack(pack);
}

export function noPack(text: string): VaultError {
  return new VaultError('NOT_FOUND', `there is no pack ${text}`, {
    hint: '`vault list-packs` lists those there are',
    subject: text,
  });
}
