/** Packs, and what lies in them. */
import { VaultError } from '../errors.ts';
import type { Id, ObjectType } from '../store/id.ts';
import { PACK_PREFIX, packKey, parsePackKey } from '../store/layout.ts';
import { rowId, rowLength, rowType } from '../store/object-table.ts';
import { BLOCK_ROW_LENGTH, type PackContents, PackKind, visitObjects } from '../store/pack.ts';
import { readContents } from '../store/pack-reader.ts';
import type { Location } from '../store/store.ts';
import type { Repository } from './repository.ts';

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

/** What a pack says of itself. @throws NOT_FOUND, DAMAGED, UNKNOWN_FORMAT */
export async function summarizePack(repository: Repository, pack: string): Promise<PackSummary> {
  const contents = await contentsOf(repository, pack);
  let rawSize = 0;
  let objects = 0;
  visitObjects(contents, (row) => {
    rawSize += rowLength(contents.objects, row);
    objects++;
  });
  const kind = contents.kind === PackKind.data ? 'data' : 'meta';
  return {
    pack,
    size: contents.size,
    kind,
    blocks: contents.blocks.length / BLOCK_ROW_LENGTH,
    objects,
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

function placesIn(pack: string, contents: PackContents): PackedObject[] {
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

async function contentsOf({ backend }: Repository, pack: string): Promise<PackContents> {
  const size = await backend.size(packKey(pack));
  if (size !== undefined) return readContents(backend, pack, size);
  throw new VaultError('NOT_FOUND', `there is no pack ${pack}`, {
    hint: '`vault list-packs` shows those there are',
    subject: pack,
  });
}
