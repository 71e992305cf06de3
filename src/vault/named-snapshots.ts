/** Which snapshots revisions have named in an open vault: what an error is about that comes later, from reading. */
import type { Id } from '../store/id.ts';
import type { Repository } from './repository.ts';

/** The newest ones count; a batch may name millions. */
const MOST_NAMED = 256;

type Place = Pick<Repository, 'backend'>;

const named = new WeakMap<Place['backend'], Id[]>();

export function noteNamed({ backend }: Place, id: Id): void {
  const ids = named.get(backend) ?? [];
  named.set(backend, ids);
  if (ids[0]?.equals(id)) return;
  if (ids.unshift(id) > MOST_NAMED) ids.pop();
}

/** The last one first. */
export function snapshotsNamed({ backend }: Place): readonly Id[] {
  return named.get(backend) ?? [];
}
