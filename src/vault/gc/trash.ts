/**
 * What becomes of packs that a sweep names: in a local store they lie in the trash for 7 days, elsewhere they are gone at once. The trash counts for
 * nothing; its time is by this host's clock, a matter of comfort.
 */
import { isVaultError } from '../../errors.ts';
import { packKey, parseTrashKey, TRASH_PREFIX, trashKey } from '../../store/layout.ts';
import { type GcView, readGcRecord } from '../../store/transaction/gc-records.ts';
import { splitTime } from '../environment.ts';
import { listPacks } from '../packs/pack-listing.ts';
import type { Repository } from '../repository.ts';

export const TRASH_DAYS = 7;
const DAY_S = 86_400;

export interface Removed {
  packs: number;
  bytes: number;
}

/** Removes the packs that a sweep names. The names come from the record as the storage has it, nowhere else. */
export async function removeSwept(repository: Repository, n: number): Promise<Removed> {
  const { packs } = await readGcRecord(repository.backend, n, 'sweep');
  const removed: Removed = { packs: 0, bytes: 0 };
  for (const pack of packs) {
    const size = await repository.backend.size(packKey(pack));
    if (size === undefined) continue;
    await remove(repository, pack);
    removed.packs++;
    removed.bytes += size;
  }
  return removed;
}

/** Removes what earlier gcs have swept and not removed, since they were killed. */
export async function removeLeftovers(repository: Repository, view: GcView): Promise<void> {
  const left: string[] = [];
  for await (const { pack } of listPacks(repository)) if (view.swept.has(pack)) left.push(pack);
  for (const pack of left) await remove(repository, pack);
}

async function remove({ backend, environment }: Repository, pack: string): Promise<void> {
  const key = packKey(pack);
  if (backend.move) await backend.move(key, trashKey(splitTime(environment.now()).s, pack));
  else await backend.remove(key);
}

export interface TrashedPack {
  key: string;
  pack: string;
  size: number;
  /** seconds since 1970 */
  removed: number;
}

/** The trash, the oldest first. */
export async function* listTrash({ backend }: Repository): AsyncGenerator<TrashedPack, void, undefined> {
  for await (const { key, size } of backend.list(TRASH_PREFIX)) {
    const parsed = parseTrashKey(key);
    if (parsed) yield { key, pack: parsed.pack, size, removed: parsed.seconds };
  }
}

/** Deletes what has lain in the trash for `TRASH_DAYS`. */
export async function expireTrash(repository: Repository): Promise<Removed> {
  const { backend, environment } = repository;
  const now = splitTime(environment.now()).s;
  const due: TrashedPack[] = [];
  for await (const trashed of listTrash(repository)) {
    if (now - trashed.removed < TRASH_DAYS * DAY_S) break;
    due.push(trashed);
  }
  const expired: Removed = { packs: 0, bytes: 0 };
  for (const { key, size } of due) {
    try {
      await backend.remove(key);
    } catch (error) {
      if (isVaultError(error, 'BUG')) throw error;
      continue; // the next gc tries again
    }
    expired.packs++;
    expired.bytes += size;
  }
  return expired;
}
