/** Two trees compared as git's diff-tree does: entry by entry, a folder as one of them unless it is gone into. */
import { VaultError } from '../../errors.ts';
import { type Entry, Kind } from '../../objects/model.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { changeOf, diffTrees, type EntryPair } from '../../objects/tree-diff.ts';
import { keptParent } from '../../refs/ancestors.ts';
import { parseRange } from '../../refs/revision.ts';
import type { Id } from '../../store/id.ts';
import { keptOf } from '../forgotten-snapshots.ts';
import { treeRoot } from '../list-tree.ts';
import type { Repository } from '../repository.ts';
import { type ResolveOptions, resolve, resolveRange } from '../resolve.ts';
import type { Difference } from './diff.ts';

export interface ComparedTrees {
  /** absent: everything is new */
  a?: Entry;
  b: Entry;
  /** the one that was named, where a snapshot is compared with its first parent */
  snapshot?: Id;
}

/**
 * What revisions name: two trees (`A`, `B` or `A..B`), or a snapshot and its nearest kept first parent. A first snapshot, which has none, is
 * compared with itself, or with nothing where `root` says so.
 * @throws USAGE unless there are one or two; WRONG_TYPE for what is no tree, and for one tree alone; as `resolve`
 */
export async function treesToCompare(
  repository: Repository,
  revisions: readonly Buffer[],
  options: ResolveOptions & { root?: boolean } = {},
): Promise<ComparedTrees> {
  const [first, second] = revisions;
  if (first === undefined || revisions.length > 2)
    throw new VaultError('USAGE', 'name one snapshot, or two trees');
  const named = async (text: Buffer) =>
    treeRoot(repository.store, await resolve(repository, text, options), text.toString());
  const rootOf = async (id: Id) => (await readSnapshot(repository.store, id)).root;
  if (second !== undefined) return { a: await named(first), b: await named(second) };
  if (parseRange(first).kind === 'range') {
    const { from, to } = await resolveRange(repository, first, options);
    return { a: await rootOf(from!), b: await rootOf(to) };
  }
  const resolved = await resolve(repository, first, options);
  if (resolved.kind !== 'snapshot') {
    throw new VaultError('WRONG_TYPE', `${first} is not a snapshot, which has a parent to compare it with`, {
      hint: 'name two trees',
      subject: first.toString(),
    });
  }
  const b = await rootOf(resolved.id);
  const parent = await keptParent(repository.store, resolved.id, 1, keptOf(repository));
  const a = parent ? { a: await rootOf(parent) } : options.root ? {} : { a: b };
  return { ...a, b, snapshot: resolved.id };
}

export interface DiffTreeOptions {
  /** go into folders, which are not listed themselves then */
  recursive?: boolean;
  /** with `recursive`: list them all the same */
  trees?: boolean;
  /** from the trees' roots; without `recursive` the entry of a root that leads to it. All when empty */
  paths?: readonly Buffer[];
}

/**
 * In walk order, each entry once. Without `recursive` a folder differs when its tree has another id. With it, a file in whose place is a folder
 * now is deleted, and what is in the folder added.
 * @throws MISSING_OBJECT, DAMAGED
 */
export async function* diffTree(
  { store }: Repository,
  { a, b }: ComparedTrees,
  options: DiffTreeOptions = {},
): AsyncGenerator<Difference, void, undefined> {
  const { recursive = false, trees = false, paths = [] } = options;
  const wanted = paths.map(withoutSlash).filter((path) => path.length > 0);
  const isAll = wanted.length < paths.length || paths.length === 0;
  const within = isAll
    ? {}
    : { within: (path: Buffer) => wanted.some((one) => leadsTo(path, one) || leadsTo(one, path)) };
  for await (const pair of diffTrees(store, a?.id, b.id, { recursive, trees, ...within })) {
    for (const row of recursive ? rowsOf(pair) : [pair]) {
      const isFolder = (row.new ?? row.old)!.kind === Kind.dir;
      if (!recursive || trees || !isFolder) yield difference(row);
    }
  }
}

/** A folder on one side and something else on the other are two rows. */
function rowsOf(pair: EntryPair): EntryPair[] {
  const { path, old, new: next } = pair;
  if (!old || !next || (old.kind === Kind.dir) === (next.kind === Kind.dir)) return [pair];
  return [
    { path, old },
    { path, new: next },
  ];
}

function difference(pair: EntryPair): Difference {
  const { path, old, new: next } = pair;
  const { letter, metadataOnly } = changeOf(pair) ?? { letter: 'M', metadataOnly: false };
  return { path, letter, metadataOnly, old, new: next };
}

/** Whether `path` is `other`, or a folder above it. */
function leadsTo(path: Buffer, other: Buffer): boolean {
  if (other.length < path.length || other.compare(path, 0, path.length, 0, path.length) !== 0) return false;
  return other.length === path.length || other[path.length] === SLASH;
}

const SLASH = 0x2f;

function withoutSlash(path: Buffer): Buffer {
  return path.at(-1) === SLASH ? path.subarray(0, -1) : path;
}
