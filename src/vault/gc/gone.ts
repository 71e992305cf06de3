/**
 * Tells what gc has removed with a forgotten snapshot from damage, once a read has failed. Nothing is done before that.
 *
 * Whether anything that is kept needs the object is what gc's mark finds out, so it costs what a mark costs: the metadata of all that is
 * kept is read, and 27 bytes of memory an object, 54 MB at most. Behind `MOST_OBJECTS` nobody knows, and it passes for damage.
 */
import { isVaultError, VaultError } from '../../errors.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { forgottenRecords } from '../../refs/forgotten.ts';
import { isHex } from '../../store/hex.ts';
import { ID_LENGTH, type Id } from '../../store/id.ts';
import type { LiveSet } from '../../store/live-set.ts';
import { forgottenSnapshots } from '../forgotten-snapshots.ts';
import { snapshotsNamed } from '../named-snapshots.ts';
import { silentProgress } from '../progress.ts';
import { mark } from '../reachable/mark.ts';
import { gatherRoots } from '../reachable/roots.ts';
import type { Repository } from '../repository.ts';
import { isInTrash } from './trash-reader.ts';

const MOST_OBJECTS = 2_000_000;

export interface ExplainOptions {
  /** whose content was read; those that revisions have named unless given */
  snapshots?: readonly Id[];
  signal?: AbortSignal;
}

/** What takes the place of an error. */
export type Explain = (error: unknown, options?: ExplainOptions) => Promise<unknown>;

/**
 * NOT_FOUND in place of MISSING_OBJECT where a forgotten snapshot was read and nothing that is kept needs the object; its `details` are
 * `{ snapshot, forgotten }`: id and time. Any other error, and one that nothing is found out about, is given back as it is.
 * @throws ABORTED
 */
export function explainMissing(
  repository: Repository,
  error: unknown,
  options: ExplainOptions = {},
): Promise<unknown> {
  return missingExplainer(repository)(error, options);
}

/** `explainMissing` for several errors, with one mark for all of them. */
export function missingExplainer(repository: Repository): Explain {
  let live: Promise<LiveSet> | undefined;
  return async (error, { snapshots = snapshotsNamed(repository), signal } = {}) => {
    if (!isVaultError(error, 'MISSING_OBJECT') || !isHex(error.subject, ID_LENGTH)) return error;
    const id = Buffer.from(error.subject, 'hex');
    try {
      const forgotten = await forgottenSnapshots(repository);
      const named = snapshots.filter((snapshot) => forgotten.has(snapshot));
      if (named.length === 0) return error;
      live ??= markKept(repository, signal);
      const kept = await live;
      if (kept.has('meta', id) || kept.has('chunk', id)) return error;
      return await isGone(repository, { id, snapshot: await whoseTree(repository, id, named), cause: error });
    } catch {
      // The mark has met something else that is missing or damaged, or too much: the first error says more.
      signal?.throwIfAborted();
      return error;
    }
  };
}

/** @throws as `gatherRoots` and `mark`, and beyond `MOST_OBJECTS` */
async function markKept(repository: Repository, signal: AbortSignal | undefined): Promise<LiveSet> {
  const limit = new AbortController();
  let seen = 0;
  const progress = {
    ...silentProgress,
    file() {
      if (++seen > MOST_OBJECTS) limit.abort();
    },
  };
  const either = signal ? AbortSignal.any([signal, limit.signal]) : limit.signal;
  return mark(repository.store, await gatherRoots(repository), { progress, signal: either });
}

interface Gone {
  id: Id;
  snapshot: Id;
  cause: VaultError;
}

async function isGone(repository: Repository, { id, snapshot, cause }: Gone): Promise<VaultError> {
  const hex = snapshot.toString('hex');
  const time = await timeForgotten(repository, hex);
  const hint = (await isInTrash(repository, id))
    ? `\`vault gc --undelete ${hex}\` brings it back; what gc removes lies in the trash for 7 days`
    : 'the trash has it no longer; `vault log` lists the snapshots that are kept';
  return new VaultError(
    'NOT_FOUND',
    `snapshot ${hex.slice(0, 8)} was forgotten on ${time.slice(0, 10)}, and gc has removed object ${id.toString('hex')}`,
    { hint, subject: id.toString('hex'), details: { snapshot: hex, forgotten: time }, cause },
  );
}

/** The snapshot that has the object as its root; else the one that was named last. */
async function whoseTree({ store }: Repository, id: Id, snapshots: readonly Id[]): Promise<Id> {
  for (const snapshot of snapshots) {
    const { root } = await readSnapshot(store, snapshot);
    if (root.id?.equals(id)) return snapshot;
  }
  return snapshots[0]!;
}

/** Of the newest record that drops it. */
async function timeForgotten({ backend }: Repository, snapshot: string): Promise<string> {
  for await (const { dropped, time } of forgottenRecords(backend))
    if (dropped.includes(snapshot)) return time;
  throw new VaultError('BUG', `no record says that ${snapshot} was forgotten`);
}
