/** The snapshots of a history, newest first. */
import { VaultError } from '../../errors.ts';
import type { Snapshot } from '../../objects/model.ts';
import { keptParent } from '../../refs/ancestors.ts';
import { snapshotTime } from '../../refs/dates.ts';
import type { Forgotten } from '../../refs/forgotten.ts';
import { HEADS } from '../../refs/names.ts';
import { isLive } from '../../refs/ref-record.ts';
import { type Id, idKey } from '../../store/id.ts';
import { type Difference, differences, snapshotSide } from '../diff/diff.ts';
import { forgottenSnapshots, keptOf } from '../forgotten-snapshots.ts';
import type { Repository } from '../repository.ts';
import { resolveRange } from '../resolve.ts';
import { ancestors, type Visited } from './ancestry.ts';
import { type RefNames, refNames } from './decorations.ts';
import { mergeNewest } from './merge-newest.ts';

/** Which history is meant. */
export interface HistoryOptions {
  /** a revision, or a range `A..B`: what B has and A has not; HEAD unless given */
  revision?: Buffer;
  /** of all lines, by time */
  all?: boolean;
  /** the current folder's names from the root */
  here?: readonly Buffer[];
  /** the revision names a forgotten snapshot, which is left out as all others */
  onForgotten?: (id: Id) => void;
}

export interface LogOptions extends HistoryOptions {
  /** with those that are forgotten */
  forgotten?: boolean;
  /** nanoseconds since 1970, both included */
  since?: bigint;
  until?: bigint;
  limit?: number;
}

export interface LogEntry extends Visited {
  names: RefNames;
  forgotten: boolean;
}

/** The tips of a history, what is cut off from it, and which snapshots are hidden in it. */
export interface HistoryRange {
  tips: Id[];
  excluded: Id[];
  forgotten: Forgotten;
}

const UNNAMED: RefNames = { lines: [], tags: [] };

/** @throws as `resolveRange`, USAGE for a revision with `all`, NOT_FOUND when there is no snapshot at all */
export async function logSnapshots(
  repository: Repository,
  options: LogOptions,
): Promise<AsyncGenerator<LogEntry, void, undefined>> {
  const range = await historyRange(repository, options);
  return select(repository, range, await refNames(repository), options);
}

export async function historyRange(
  repository: Repository,
  { revision, all, here, onForgotten }: HistoryOptions,
): Promise<HistoryRange> {
  if (!all) {
    const { from, to } = await resolveRange(repository, revision ?? 'HEAD', here ? { here } : {});
    const forgotten = await forgottenSnapshots(repository);
    if (forgotten.has(to)) onForgotten?.(to);
    return { tips: [to], excluded: from ? [from] : [], forgotten };
  }
  if (revision) throw new VaultError('USAGE', '--all takes no revision');
  const tips = new Map<string, Id>();
  for await (const record of repository.refs.each(HEADS)) {
    if (isLive(record)) tips.set(record.target, Buffer.from(record.target, 'hex'));
  }
  const forgotten = await forgottenSnapshots(repository);
  if (tips.size > 0) return { tips: [...tips.values()], excluded: [], forgotten };
  throw new VaultError('NOT_FOUND', 'this vault has no snapshot yet', {
    hint: 'take one with `vault snapshot`',
  });
}

async function* select(
  { store }: Repository,
  { tips, excluded, forgotten: hidden }: HistoryRange,
  names: Map<string, RefNames>,
  { since, until, forgotten: all = false, limit = Number.POSITIVE_INFINITY }: LogOptions,
): AsyncGenerator<LogEntry, void, undefined> {
  // No snapshot is dated before its parents, so nothing behind one that is too old is wanted.
  const endsAt = (snapshot: Snapshot): boolean => since !== undefined && snapshotTime(snapshot) < since;
  const histories = tips.map((tip) => ancestors(store, [tip], { excluded, endsAt }));
  const newest = ({ snapshot }: Visited): bigint => snapshotTime(snapshot);
  let left = limit;
  if (left <= 0) return;
  for await (const visited of mergeNewest(histories, newest, ({ id }) => idKey(id))) {
    if (until !== undefined && snapshotTime(visited.snapshot) > until) continue;
    const forgotten = hidden.has(visited.id);
    if (forgotten && !all) continue;
    yield { ...visited, names: names.get(visited.id.toString('hex')) ?? UNNAMED, forgotten };
    if (--left === 0) return;
  }
}

/**
 * What a snapshot changed of the nearest kept one behind its first parent; nothing for a first one, in which everything is
 * new, and for a forgotten one, whose trees may be gone.
 */
export async function* changesOf(
  repository: Repository,
  { id }: Visited,
  paths: readonly Buffer[] = [],
): AsyncGenerator<Difference, void, undefined> {
  const kept = keptOf(repository);
  const parent = (await kept(id)) ? await keptParent(repository.store, id, 1, kept) : undefined;
  if (!parent) return;
  yield* differences(await snapshotSide(repository, parent), await snapshotSide(repository, id), paths);
}
