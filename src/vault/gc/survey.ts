/** What lies in packs, and how much of it is alive: from their footers, never from the index. */
import { isVaultError, VaultError } from '../../errors.ts';
import { ID_LENGTH } from '../../store/id.ts';
import { packKey } from '../../store/layout.ts';
import type { LiveSet } from '../../store/live-set.ts';
import { ROW_LENGTH, rowLength } from '../../store/pack/object-table.ts';
import type { PackContents } from '../../store/pack/pack.ts';
import { readContents } from '../../store/pack/pack-reader.ts';
import { type Space, spaceOfPack } from '../../store/space.ts';
import { listPacks } from '../packs/pack-listing.ts';
import { tableRead } from '../release-memory.ts';
import type { Repository } from '../repository.ts';

export interface SurveyedPack {
  pack: string;
  /** bytes of the file */
  size: number;
  space: Space;
  objects: number;
  liveObjects: number;
  /** bytes of all objects, decoded, and of those that are alive */
  raw: number;
  liveRaw: number;
}

/**
 * The packs that are present, with their bytes. A pack that the index knew before, that no gc removed and that the listing lacks, must really be gone.
 * @throws IO when it is there: the listing is not complete, and gc must not go on
 */
export async function presentPacks(
  repository: Repository,
  swept: ReadonlySet<string>,
): Promise<Map<string, number>> {
  const { backend, store } = repository;
  const known: string[] = [];
  for await (const pack of store.index.packNames()) known.push(pack);
  const present = new Map<string, number>();
  for await (const { pack, size } of listPacks(repository)) present.set(pack, size);
  for (const pack of known) {
    if (present.has(pack) || swept.has(pack)) continue;
    if ((await backend.size(packKey(pack))) !== undefined) throw incomplete(pack);
  }
  return present;
}

/**
 * The table of a pack; undefined when it is gone or damaged: then nothing counts as lying there.
 * @param key where it lies, if not at its place among the packs
 */
export async function contentsIfWhole(
  { backend }: Repository,
  pack: string,
  size: number,
  key = packKey(pack),
): Promise<PackContents | undefined> {
  tableRead();
  try {
    return await readContents(backend, pack, size, key);
  } catch (error) {
    if (isVaultError(error, 'NOT_FOUND', 'DAMAGED', 'UNKNOWN_FORMAT')) return undefined;
    throw error;
  }
}

/** Calls `visit` with the place of each id in the table of objects. */
export function eachRow({ objects }: PackContents, visit: (at: number, row: number) => void): void {
  for (let at = 0, row = 0; at + ID_LENGTH <= objects.length; at += ROW_LENGTH, row++) visit(at, row);
}

/** @param counts what of the live objects counts; all unless given */
export function survey(
  pack: string,
  contents: PackContents,
  live: LiveSet,
  counts: (at: number) => boolean = () => true,
): SurveyedPack {
  const { kind, size, objects } = contents;
  const space = spaceOfPack(kind);
  const surveyed: SurveyedPack = { pack, size, space, objects: 0, liveObjects: 0, raw: 0, liveRaw: 0 };
  eachRow(contents, (at, row) => {
    const length = rowLength(objects, row);
    surveyed.objects++;
    surveyed.raw += length;
    if (!live.has(space, objects, at) || !counts(at)) return;
    surveyed.liveObjects++;
    surveyed.liveRaw += length;
  });
  return surveyed;
}

function incomplete(pack: string): VaultError {
  return new VaultError('IO', `the listing of packs lacks ${pack}, which is there; gc stops`, {
    hint: 'check the disk or the remote storage, then run `vault gc` again; nothing was removed',
    subject: packKey(pack),
  });
}
