/**
 * A restore cut into batches: what is to be made, in order, and the chunks that it takes. A batch is the unit in which
 * workers read ahead of the thread that writes.
 */
import { type Entry, Flag, Kind } from '../../../objects/model.ts';
import { EMPTY_CONTENT, type Id } from '../../../store/id.ts';
import type { BulkReader, Location } from '../../../store/store.ts';
import type { Choices } from '../plan/choices.ts';
import type { LostFolders } from '../plan/lost.ts';
import { RestoreWalk } from '../plan/walk.ts';
import { BatchBuilder } from './batch-builder.ts';
import { type ChosenVisit, ChosenWalk } from './chosen-walk.ts';
import type { HardLinks } from './links.ts';
import type { Batch } from './steps.ts';

/** Visits whose chunks are looked up at once. */
const MOST_VISITS = 256;

/**
 * @param root what to restore; its name is the one it gets
 * @param choices what of it; undefined: all
 * @param lost folders of which the plan goes on without some names
 * @param verified files of several chunks are compared with their checksums once they are written
 * @throws REFUSED for a tree that no restore may follow, and what reading a tree throws
 */
export async function* restoreBatches(
  reader: BulkReader,
  root: Entry,
  links: HardLinks,
  verified: boolean,
  choices?: Choices,
  lost?: LostFolders,
): AsyncGenerator<Batch, void, undefined> {
  const walk = new ChosenWalk(new RestoreWalk(reader, root, lost), choices);
  const builder = new BatchBuilder(reader, links, verified);
  for (let visits = await takeVisits(walk); visits.length > 0; visits = await takeVisits(walk)) {
    const places = await locateChunks(reader, visits);
    for (let i = 0; i < visits.length; i++) {
      const { type, entry, passed } = visits[i]!;
      if (passed) builder.pass(type, entry);
      else if (type !== 'entry') await builder.addFolder(type, entry);
      else if (entry.kind !== Kind.file) await builder.addNode(entry);
      else if (isList(entry)) yield* builder.addLargeFile(entry);
      else await builder.addFile(entry, places[i]);
      if (builder.isFull) yield builder.take();
    }
  }
  if (!builder.isEmpty) yield builder.take();
}

/** What comes next; empty at the end. */
async function takeVisits(walk: ChosenWalk): Promise<ChosenVisit[]> {
  const visits: ChosenVisit[] = [];
  while (visits.length < MOST_VISITS) {
    let visit = walk.next();
    if (visit === 'load') visit = await walk.load();
    else if (visit === undefined) break;
    if (visit) visits.push(visit);
  }
  return visits;
}

/** Where the chunks of those lie that are files of one chunk. */
async function locateChunks(
  reader: BulkReader,
  visits: readonly ChosenVisit[],
): Promise<(Location | undefined)[]> {
  const places: (Location | undefined)[] = new Array(visits.length);
  const slots: number[] = [];
  const ids: Id[] = [];
  for (let i = 0; i < visits.length; i++) {
    const { type, entry, passed } = visits[i]!;
    const isChunk = entry.kind === Kind.file && !isList(entry) && !entry.id.equals(EMPTY_CONTENT);
    if (type !== 'entry' || passed || !isChunk) continue;
    slots.push(i);
    ids.push(entry.id);
  }
  if (ids.length === 0) return places;
  const found = await reader.locateAll(ids, 'chunk');
  for (let k = 0; k < slots.length; k++) places[slots[k]!] = found[k];
  return places;
}

function isList({ flags }: Entry): boolean {
  return ((flags ?? 0) & Flag.list) !== 0;
}
