/** How many objects there are, and what they take. */
import { isVaultError } from '../../errors.ts';
import { type ObjectTypeName, typeName } from '../../store/id.ts';
import { PACK_PREFIX, parsePackKey } from '../../store/layout.ts';
import { summarizePack } from '../packs/pack-listing.ts';
import type { Repository } from '../repository.ts';

export interface ObjectCounts {
  /** objects, each once */
  objects: number;
  /** the same by type */
  types: Record<ObjectTypeName, number>;
  /** further copies of objects that lie in several packs */
  copies: number;
  packs: { data: number; meta: number };
  /** packs whose table cannot be read: what is in them is counted nowhere */
  damaged: number;
  /** bytes of the packs' files */
  packSize: number;
  /** bytes of all objects and copies, decoded */
  rawSize: number;
  /** files among the packs that are none, and their bytes */
  garbage: number;
  garbageSize: number;
}

/**
 * Counts from the packs' tables and the index; no object is read, and memory does not grow with their number.
 * @throws what listing throws, and errors of the index; ABORTED
 */
export async function countObjects(
  repository: Repository,
  { signal }: { signal?: AbortSignal } = {},
): Promise<ObjectCounts> {
  const counts: ObjectCounts = {
    objects: 0,
    types: { chunk: 0, list: 0, tree: 0, snapshot: 0, changes: 0 },
    copies: 0,
    packs: { data: 0, meta: 0 },
    damaged: 0,
    packSize: 0,
    rawSize: 0,
    garbage: 0,
    garbageSize: 0,
  };
  const rows = await countPacks(repository, counts, signal);
  const { index } = repository.store;
  await index.refresh();
  for (const space of ['meta', 'chunk'] as const) {
    for await (const page of index.each(space)) {
      signal?.throwIfAborted();
      counts.objects += page.length;
      for (const { location } of page) {
        const name = typeName(location.type);
        if (name) counts.types[name]++;
      }
    }
  }
  counts.copies = Math.max(0, rows - counts.objects);
  return counts;
}

/** How many objects and copies the packs say they hold. */
async function countPacks(
  repository: Repository,
  counts: ObjectCounts,
  signal: AbortSignal | undefined,
): Promise<number> {
  let rows = 0;
  for await (const { key, size } of repository.backend.list(PACK_PREFIX)) {
    signal?.throwIfAborted();
    const pack = parsePackKey(key);
    if (pack === undefined) {
      counts.garbage++;
      counts.garbageSize += size;
      continue;
    }
    counts.packSize += size;
    try {
      const { kind, objects, rawSize } = await summarizePack(repository, pack);
      counts.packs[kind]++;
      counts.rawSize += rawSize;
      rows += objects;
    } catch (error) {
      if (isVaultError(error, 'DAMAGED', 'UNKNOWN_FORMAT')) counts.damaged++;
      else if (!isVaultError(error, 'NOT_FOUND')) throw error; // removed since it was listed
    }
  }
  return rows;
}
