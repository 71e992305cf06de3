/**
 * Snapshots and their ancestors, newest first. A snapshot comes before its parents: the frontier is ordered by
 * generation, which is larger than that of every ancestor, so that an excluded part is known before it is reached.
 */
import type { Snapshot } from '../../objects/model.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { type Id, idKey } from '../../store/id.ts';
import type { ObjectReader } from '../../store/store.ts';
import { Heap } from './heap.ts';

export interface Visited {
  id: Id;
  snapshot: Snapshot;
}

export interface AncestorOptions {
  /** neither these nor their ancestors are given */
  excluded?: readonly Id[];
  /** where it is true neither the snapshot nor its ancestors are given */
  endsAt?: (snapshot: Snapshot) => boolean;
  /** of what is given only the first parents are followed */
  firstParent?: boolean;
}

interface Waiting extends Visited {
  /** reached from an excluded snapshot */
  excluded: boolean;
}

/** All ancestors of `tips`, themselves included. Memory: the frontier, which is one snapshot for each history side by side. */
export async function* ancestors(
  reader: ObjectReader,
  tips: readonly Id[],
  options: AncestorOptions = {},
): AsyncGenerator<Visited, void, undefined> {
  const { excluded = [], endsAt = () => false, firstParent = false } = options;
  const byId = new Map<string, Waiting>();
  const frontier = new Heap<Waiting>((a, b) => compare(a.snapshot, b.snapshot) > 0);
  /** of the frontier, those that are to be given */
  let wanted = 0;
  const add = async (id: Id, isExcluded: boolean): Promise<void> => {
    const known = byId.get(idKey(id));
    if (known) {
      if (isExcluded && !known.excluded) wanted--;
      known.excluded ||= isExcluded;
      return;
    }
    const snapshot = await readSnapshot(reader, id);
    if (endsAt(snapshot)) return;
    const waiting = { id, snapshot, excluded: isExcluded };
    byId.set(idKey(id), waiting);
    frontier.push(waiting);
    if (!isExcluded) wanted++;
  };
  for (const id of tips) await add(id, false);
  for (const id of excluded) await add(id, true);
  while (wanted > 0) {
    const next = frontier.pop()!;
    byId.delete(idKey(next.id));
    if (!next.excluded) wanted--;
    if (!next.excluded) yield { id: next.id, snapshot: next.snapshot };
    const { parents } = next.snapshot;
    for (const parent of firstParent && !next.excluded ? parents.slice(0, 1) : parents)
      await add(parent, next.excluded);
  }
}

function compare(a: Snapshot, b: Snapshot): number {
  return a.generation - b.generation || a.timeS - b.timeS || a.timeNs - b.timeNs;
}
