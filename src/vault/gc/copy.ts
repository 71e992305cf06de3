/**
 * Copies what is alive out of packs that are to go into new packs, and reads those back: not before may the old ones be condemned.
 */
import { isVaultError, VaultError } from '../../errors.ts';
import { verifyId } from '../../store/hash/ids.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import { packKey } from '../../store/layout.ts';
import type { LiveSet } from '../../store/live-set.ts';
import type { StoreWriter, WriterTransaction } from '../../store/object-store/object-writer.ts';
import { rowId, rowType } from '../../store/pack/object-table.ts';
import { visitObjects } from '../../store/pack/pack.ts';
import { type Space, spaceOfPack } from '../../store/space.ts';
import type { Location } from '../../store/store.ts';
import { verifyPack } from '../packs/verify-pack.ts';
import type { Progress } from '../progress.ts';
import type { Repository } from '../repository.ts';
import type { CondemnedPack } from './plan.ts';
import { contentsIfWhole } from './survey.ts';

export interface Copied {
  /** new packs; every object in them was read back */
  packs: string[];
  objects: number;
  /** as stored */
  bytes: number;
}

/** Uploads of gc: no transaction, since they make nothing reachable. Nothing that exists is built upon. */
class CopyTransaction implements WriterTransaction {
  readonly packs: string[] = [];

  assertUploadAllowed(pack?: string): void {
    if (pack !== undefined) this.packs.push(pack);
  }

  mayRelyOn(): boolean {
    return false;
  }

  async assertPacks(): Promise<void> {}
}

/**
 * @param live the objects of packs that stay are noted as found; a copy there that cannot be read does not count
 * @throws NO_SPACE, DAMAGED when something alive cannot be read or a new pack is not what was written, ABORTED
 */
export async function copyLive(
  repository: Repository,
  condemned: readonly CondemnedPack[],
  live: LiveSet,
  { progress, signal }: { progress: Progress; signal?: AbortSignal },
): Promise<Copied> {
  const going = new Set(condemned.map(({ pack }) => pack));
  const sources = condemned.filter(({ liveObjects, reason }) => liveObjects > 0 || reason === 'duplicate');
  const transaction = new CopyTransaction();
  if (sources.length === 0) return { packs: [], objects: 0, bytes: 0 };
  progress.phase('copy', { files: sources.reduce((sum, { liveObjects }) => sum + liveObjects, 0) });
  const writer = repository.store.writer(transaction);
  let objects = 0;
  for (const { pack, size } of sources) {
    for (const { id, type, space } of await liveObjectsOf(repository, pack, size, live)) {
      signal?.throwIfAborted();
      if (live.isFound(space, id) && (await hasSoundCopy(repository, id, space, going))) continue;
      await copy(repository, writer, id, type);
      progress.file(0, false);
      objects++;
    }
  }
  await writer.flush();
  for (const pack of transaction.packs) await readBack(repository, pack);
  return { packs: transaction.packs, objects, bytes: writer.totals.storedBytes };
}

interface LiveObject {
  id: Id;
  type: ObjectType;
  space: Space;
}

async function liveObjectsOf(
  repository: Repository,
  pack: string,
  size: number,
  live: LiveSet,
): Promise<LiveObject[]> {
  const contents = await contentsIfWhole(repository, pack, size);
  if (!contents) return [];
  const space = spaceOfPack(contents.kind);
  const found: LiveObject[] = [];
  visitObjects(contents, (row) => {
    const id = rowId(contents.objects, row);
    if (live.has(space, id)) found.push({ id, type: rowType(contents.objects, row), space });
  });
  return found;
}

async function copy({ store }: Repository, writer: StoreWriter, id: Id, type: ObjectType): Promise<void> {
  // Both read from whichever place is sound, and verify.
  if (type === ObjectType.chunk) await writer.putChunk(await store.readChunk(id));
  else await writer.putMeta(type, await store.readMeta(id, type));
}

/** Whether the object can be read from a pack that stays. */
async function hasSoundCopy(
  { store }: Repository,
  id: Id,
  space: Space,
  going: ReadonlySet<string>,
): Promise<boolean> {
  for (const place of await store.index.places(id, space)) {
    if (going.has(place.pack)) continue;
    try {
      verify(await store.readBlock(place), place, id, store.ids);
      return true;
    } catch (error) {
      if (!isVaultError(error, 'NOT_FOUND', 'DAMAGED')) throw error;
    }
  }
  return false;
}

function verify(
  block: Buffer,
  { pack, type, offset, length }: Location,
  id: Id,
  ids: Repository['store']['ids'],
): void {
  verifyId(ids, id, type, block.subarray(offset, offset + length), `pack ${pack}`);
}

/** Reads a new pack from the storage: its name, its table, each block and each object. */
async function readBack(repository: Repository, pack: string): Promise<void> {
  const { faults } = await verifyPack(repository, pack);
  if (faults.length === 0) return;
  throw new VaultError('DAMAGED', `pack ${pack} is not what was written: ${faults[0]!.message}; gc stops`, {
    hint: 'check the disk and the memory of this machine; nothing was removed',
    subject: packKey(pack),
  });
}
