/** The snapshots that revisions lead to, and the objects of these: `rev-list`. */
import { VaultError } from '../../errors.ts';
import type { Snapshot } from '../../objects/model.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { snapshotTime } from '../../refs/dates.ts';
import type { Forgotten } from '../../refs/forgotten.ts';
import { type RefTarget, targetOf } from '../../refs/ref-record.ts';
import { parseRange } from '../../refs/revision.ts';
import { type Id, idKey, ObjectType } from '../../store/id.ts';
import { forgottenSnapshots } from '../forgotten-snapshots.ts';
import { infoOf } from '../object-info.ts';
import { listRefs } from '../refs/list-refs.ts';
import type { Repository } from '../repository.ts';
import { type ResolveOptions, resolve, resolveRange, resolveSnapshot } from '../resolve.ts';
import { ancestors, type Visited } from './ancestry.ts';
import { type NamedObject, objectsOf } from './rev-objects.ts';

const CARET = 0x5e;
const NO_PATH = Buffer.alloc(0);

export interface RevListOptions extends ResolveOptions {
  /** what A has: `A`; not what A has: `^A`; what B has and A has not: `A..B`. With `objects` also trees and contents */
  revisions: readonly Buffer[];
  /** what every ref names, too */
  all?: boolean;
  /** with the trees and contents of the snapshots, behind these */
  objects?: boolean;
  /** nanoseconds since 1970, both included */
  since?: bigint;
  until?: bigint;
  /** snapshots */
  limit?: number;
  firstParent?: boolean;
  /** oldest first: all snapshots are held, about 1 KiB each */
  reverse?: boolean;
  /** with snapshots that are forgotten, whose objects may be gone */
  forgotten?: boolean;
  /** without `forgotten`: a revision names such a snapshot, which is left out as all others */
  onForgotten?: (id: Id) => void;
}

export type Listed = ({ kind: 'snapshot' } & Visited) | ({ kind: 'object' } & NamedObject);

/**
 * Each snapshot before its parents; of those side by side the one with the longer history first. Then, with `objects`, each tree and content
 * that the excluded snapshots have not, once, as a walk meets it. Memory: the frontier of the walk; with `objects` up to 90 bytes for each
 * object and 200 for each snapshot.
 * @throws as `resolve` before anything is given; MISSING_OBJECT, DAMAGED
 */
export async function* revList(
  repository: Repository,
  options: RevListOptions,
): AsyncGenerator<Listed, void, undefined> {
  const hidden = options.forgotten ? undefined : await forgottenSnapshots(repository);
  const { tips, excluded, others } = await resolveAll(repository, options, hidden);
  const trees: NamedObject[] = [];
  const edges = new Edges();
  const held: Visited[] = [];
  for await (const visited of select(repository, { tips, excluded }, options, hidden)) {
    if (options.objects) {
      trees.push(treeOf(visited.snapshot.tree));
      edges.pass(visited);
    }
    if (options.reverse) held.push(visited);
    else yield { kind: 'snapshot', ...visited };
  }
  for (const visited of held.reverse()) yield { kind: 'snapshot', ...visited };
  if (!options.objects) return;
  // Where the walk ended early, what lies behind it is not what was to be left out.
  const isWhole = options.since === undefined && options.until === undefined && options.limit === undefined;
  const without = excluded.length === 0 ? [] : isWhole ? [...excluded, ...edges.ids] : excluded;
  const known: NamedObject[] = [];
  for (const id of without) known.push(treeOf((await readSnapshot(repository.store, id)).tree));
  for await (const object of objectsOf(repository.store, [...trees, ...others], known))
    yield { kind: 'object', ...object };
}

function treeOf(id: Id): NamedObject {
  return { id, stored: ObjectType.tree, path: NO_PATH };
}

/** The parents of snapshots that were passed which were not passed themselves. */
class Edges {
  readonly #parents = new Map<string, Id>();

  /** In the order of the walk: parents come behind their children. */
  pass({ id, snapshot }: Visited): void {
    this.#parents.delete(idKey(id));
    for (const parent of snapshot.parents) this.#parents.set(idKey(parent), parent);
  }

  get ids(): Iterable<Id> {
    return this.#parents.values();
  }
}

async function* select(
  repository: Repository,
  { tips, excluded }: Pick<Wanted, 'tips' | 'excluded'>,
  { since, until, limit = Number.POSITIVE_INFINITY, firstParent = false }: RevListOptions,
  hidden: Forgotten | undefined,
): AsyncGenerator<Visited, void, undefined> {
  // No snapshot is dated before its parents, so nothing behind one that is too old is wanted.
  const endsAt = (snapshot: Snapshot): boolean => since !== undefined && snapshotTime(snapshot) < since;
  let left = limit;
  if (left <= 0) return;
  for await (const visited of ancestors(repository.store, tips, { excluded, endsAt, firstParent })) {
    if (until !== undefined && snapshotTime(visited.snapshot) > until) continue;
    if (hidden?.has(visited.id)) continue;
    yield visited;
    if (--left <= 0) return;
  }
}

interface Wanted {
  tips: Id[];
  excluded: Id[];
  /** trees and contents that were named themselves */
  others: NamedObject[];
}

/** @param hidden the forgotten snapshots, where they are left out */
async function resolveAll(
  repository: Repository,
  options: RevListOptions,
  hidden: Forgotten | undefined,
): Promise<Wanted> {
  const { revisions, all = false, objects = false, onForgotten } = options;
  const wanted: Wanted = { tips: [], excluded: [], others: [] };
  if (revisions.length === 0 && !all) {
    throw new VaultError('USAGE', 'no revision is named', { hint: 'name one, as HEAD, or say --all' });
  }
  for (const text of revisions) {
    if (text[0] === CARET) wanted.excluded.push(await resolveSnapshot(repository, text.subarray(1), options));
    else if (parseRange(text).kind === 'range') {
      const { from, to } = await resolveRange(repository, text, options);
      wanted.tips.push(to);
      wanted.excluded.push(from!);
    } else if (objects) {
      const { id, stored } = infoOf(await resolve(repository, text, options));
      addTarget(wanted, { id, stored });
    } else wanted.tips.push(await resolveSnapshot(repository, text, options));
  }
  for (const id of wanted.tips) if (hidden?.has(id)) onForgotten?.(id);
  if (all) for await (const { record } of listRefs(repository)) addTarget(wanted, targetOf(record));
  return wanted;
}

function addTarget({ tips, others }: Wanted, { id, stored }: RefTarget): void {
  if (stored === ObjectType.snapshot) tips.push(id);
  else others.push({ id, stored, path: NO_PATH });
}
