/** All refs, as `for-each-ref` and `show-ref` list them. */
import { readSnapshot } from '../../objects/snapshot.ts';
import { parseTime, snapshotTime } from '../../refs/dates.ts';
import { matchesPath } from '../../refs/glob.ts';
import { TAGS } from '../../refs/names.ts';
import { isLive, type LiveRef, targetOf } from '../../refs/ref-record.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import type { Repository } from '../repository.ts';

export interface ListRefsOptions {
  /** a whole name (`refs/tags/v1`), what is below one (`refs/tags`), or a glob in which `*` stops at slashes; all when empty */
  patterns?: readonly string[];
  /** only refs that name this object */
  pointsAt?: Id;
}

export interface ListedRef {
  /** the whole name */
  ref: string;
  record: LiveRef;
}

/**
 * Refs that name something, of every namespace, by the bytes of their whole names. Memory: about 1 KiB for each ref of one namespace.
 * @throws DAMAGED at a record that is; REFUSED for a namespace of more than a million names
 */
export async function* listRefs(
  { refs }: Repository,
  { patterns = [], pointsAt }: ListRefsOptions = {},
): AsyncGenerator<ListedRef, void, undefined> {
  for await (const namespace of refs.namespaces()) {
    for await (const { name, record } of refs.list(namespace)) {
      const ref = `refs/${namespace}/${name}`;
      if (!isLive(record) || (patterns.length > 0 && !patterns.some((pattern) => isMeant(pattern, ref))))
        continue;
      if (!pointsAt || record.target === pointsAt.toString('hex')) yield { ref, record };
    }
  }
}

function isMeant(pattern: string, ref: string): boolean {
  const folder = pattern.endsWith('/') ? pattern : `${pattern}/`;
  return ref === pattern || ref.startsWith(folder) || matchesPath(pattern, ref);
}

/** Who made what a ref names, when (nanoseconds since 1970), and what they said of it. */
export interface RefSource {
  time: bigint;
  who: string;
  message: string;
}

/**
 * Of a tag the tag's own; of another ref the snapshot's, and where it names none, its own record's. A tag without a message has that of its
 * snapshot.
 * @throws MISSING_OBJECT, DAMAGED where a snapshot has to be read and cannot be
 */
export async function refSource({ store }: Repository, { record }: ListedRef): Promise<RefSource> {
  const { namespace, message, who } = record;
  const own = { time: parseTime(record.time)!, who, message };
  const { id, stored } = targetOf(record);
  if (stored !== ObjectType.snapshot || (namespace === TAGS && message !== '')) return own;
  const snapshot = await readSnapshot(store, id);
  if (namespace === TAGS) return { ...own, message: snapshot.message };
  return {
    time: snapshotTime(snapshot),
    who: snapshot.author ?? snapshot.user,
    message: snapshot.message,
  };
}
