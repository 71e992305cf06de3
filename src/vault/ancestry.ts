/**
 * Snapshots and their ancestors, newest first. A snapshot comes before its parents: the frontier is ordered by
 * generation, which is larger than that of every ancestor, so that an excluded part is known before it is reached.
 */
import type { Snapshot } from '../objects/model.ts';
import { readSnapshot } from '../objects/snapshot.ts';
import type { Id } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';

export interface Visited {
  id: Id;
  snapshot: Snapshot;
}

interface Waiting extends Visited {
  /** reached from an excluded snapshot: neither it nor its ancestors are given */
  excluded: boolean;
}

/**
 * All ancestors of `tips` (themselves included) that are no ancestors of `excluded` ones. Memory: the frontier, which
 * is one snapshot for each history side by side.
 * @param endsAt where it is true neither the snapshot nor its ancestors are given
 */
export async function* ancestors(
  reader: ObjectReader,
  tips: readonly Id[],
  excluded: readonly Id[] = [],
  endsAt: (snapshot: Snapshot) => boolean = () => false,
): AsyncGenerator<Visited, void, undefined> {
  const frontier = new Map<string, Waiting>();
  const add = async (id: Id, isExcluded: boolean): Promise<void> => {
    const key = id.toString('hex');
    const waiting = frontier.get(key);
    if (waiting) {
      waiting.excluded ||= isExcluded;
      return;
    }
    const snapshot = await readSnapshot(reader, id);
    if (!endsAt(snapshot)) frontier.set(key, { id, snapshot, excluded: isExcluded });
  };
  for (const id of tips) await add(id, false);
  for (const id of excluded) await add(id, true);
  while ([...frontier.values()].some((waiting) => !waiting.excluded)) {
    const [key, next] = newest(frontier);
    frontier.delete(key);
    if (!next.excluded) yield { id: next.id, snapshot: next.snapshot };
    for (const parent of next.snapshot.parents) await add(parent, next.excluded);
  }
}

function newest(frontier: Map<string, Waiting>): [string, Waiting] {
  let best: [string, Waiting] | undefined;
  for (const candidate of frontier) {
    if (!best || compare(candidate[1].snapshot, best[1].snapshot) > 0) best = candidate;
  }
  return best!;
}

function compare(a: Snapshot, b: Snapshot): number {
  return a.generation - b.generation || a.timeS - b.timeS || a.timeNs - b.timeNs;
}
