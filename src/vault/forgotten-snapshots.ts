/** Which snapshots of a vault are forgotten, read once and again when the log has grown. */
import type { Kept } from '../refs/ancestors.ts';
import { Forgotten, newestForgotten, readForgotten } from '../refs/forgotten.ts';
import type { Repository } from './repository.ts';

type Place = Pick<Repository, 'backend'>;

const known = new WeakMap<Place['backend'], Forgotten>();
const NONE = new Forgotten([]);

/** As the log stands now: one listing of one key when it has not grown. @throws as `readForgotten` */
export async function forgottenSnapshots({ backend }: Place): Promise<Forgotten> {
  const newest = await newestForgotten(backend);
  if (newest === undefined) return NONE;
  const before = known.get(backend);
  if (before?.newest === newest) return before;
  const forgotten = await readForgotten(backend);
  known.set(backend, forgotten);
  return forgotten;
}

/** Tells kept snapshots from forgotten ones; the log is read at the first question. */
export function keptOf(place: Place): Kept {
  let reading: Promise<Forgotten> | undefined;
  return async (id) => {
    reading ??= forgottenSnapshots(place);
    return !(await reading).has(id);
  };
}
