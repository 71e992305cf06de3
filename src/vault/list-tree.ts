/** What `ls-tree` and `ls` list: rows of a tree, below it where wanted, only some paths. */
import { VaultError } from '../errors.ts';
import { type EntryView, viewOf } from '../objects/entry-view.ts';
import { type Entry, Kind } from '../objects/model.ts';
import { joinPath, parentPath } from '../objects/names.ts';
import { readSnapshot } from '../objects/snapshot.ts';
import { type Run, type Walked, type WalkViewsOptions, walkViews } from '../objects/walk.ts';
import type { Resolved } from '../refs/resolve.ts';
import { ObjectType } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import { entryAt } from './entry-at.ts';
import { splitPath } from './split-path.ts';

const SLASH = 0x2f;

export interface ListTreeOptions {
  /** go into folders */
  recursive?: boolean;
  /** with `recursive`: folders themselves, too */
  trees?: boolean;
  /** folders only */
  foldersOnly?: boolean;
  /** from the tree's root; a folder's own row unless it ends with `/` or `recursive` is set. What is not there is left out */
  paths?: readonly Buffer[];
}

/** The folder that a revision names. @throws WRONG_TYPE for a blob */
export async function treeRoot(reader: ObjectReader, resolved: Resolved, text: string): Promise<Entry> {
  if (resolved.kind === 'snapshot') return (await readSnapshot(reader, resolved.id)).root;
  if (resolved.kind === 'path' && resolved.entry.kind === Kind.dir) return resolved.entry;
  if (resolved.kind === 'object' && resolved.type === ObjectType.tree) {
    return { name: Buffer.alloc(0), kind: Kind.dir, id: resolved.id };
  }
  throw new VaultError('WRONG_TYPE', `${text} is not a tree`, {
    subject: text,
    hint: 'name a snapshot, a tree, or REV:folder',
  });
}

/** Rows in walk order (those of each path after the other). */
export async function* listTree(
  reader: ObjectReader,
  root: Entry,
  options: ListTreeOptions = {},
): AsyncGenerator<Walked, void, undefined> {
  for await (const { folder, entries } of listTreeRuns(reader, root, options)) {
    for (const view of entries) yield { path: joinPath(folder, view.name), entry: view.entry() };
  }
}

/** The same as `listTree`, many rows at a time, each decoded as far as it is looked at. No run is empty. */
export function listTreeRuns(
  reader: ObjectReader,
  root: Entry,
  options: ListTreeOptions = {},
): AsyncGenerator<Run<EntryView>, void, undefined> {
  const { recursive = false, trees = false, foldersOnly = false } = options;
  const all = !foldersOnly && (trees || !recursive);
  const wanted = all ? undefined : ({ kind }: EntryView) => (kind === Kind.dir) === foldersOnly;
  const walking = { recursive, ...(wanted && { wanted }) };
  const { paths = [] } = options;
  return paths.length === 0 ? walkViews(reader, root, walking) : listPaths(reader, root, paths, walking);
}

async function* listPaths(
  reader: ObjectReader,
  root: Entry,
  paths: readonly Buffer[],
  options: WalkViewsOptions,
): AsyncGenerator<Run<EntryView>, void, undefined> {
  const { recursive, wanted } = options;
  for (const given of paths) {
    const inside = given.at(-1) === SLASH;
    const path = inside ? given.subarray(0, -1) : given;
    const entry = path.length === 0 ? root : await entryAt(reader, root, splitPath(path));
    if (!entry || (inside && entry.kind !== Kind.dir)) continue;
    const view = viewOf(entry);
    if (path.length > 0 && !inside && (!wanted || wanted(view)))
      yield { folder: parentPath(path), entries: [view] };
    if (entry.kind === Kind.dir && (inside || recursive))
      yield* walkViews(reader, entry, { prefix: path, ...options });
  }
}
