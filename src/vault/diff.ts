/** Differences between two versions of the folder, either of which may be what is on disk now. */
import { isVaultError } from '../errors.ts';
import type { Change, ChangeLetter, Entry, Snapshot } from '../objects/model.ts';
import { Kind } from '../objects/model.ts';
import { readSnapshot } from '../objects/snapshot.ts';
import { lookupPath } from '../objects/tree.ts';
import { changeOf, diffTrees } from '../objects/tree-diff.ts';
import type { Id } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import type { Repository } from './repository.ts';
import { splitPath } from './split-path.ts';

/** One version of the folder. */
export interface Side {
  root: Entry;
  reader: ObjectReader;
  /** the folder, where the side is what is on disk: contents are read from there */
  disk?: Buffer;
  snapshot?: Snapshot;
}

export interface Difference {
  path: Buffer;
  /** R: a file renamed from `from`; only where renames are looked for */
  letter: ChangeLetter | 'R';
  from?: Buffer;
  /** R only: how much of the content stayed, in percent */
  similarity?: number;
  old?: Entry;
  new?: Entry;
  /** the content is the same */
  metadataOnly: boolean;
}

export async function snapshotSide(repository: Repository, id: Id): Promise<Side> {
  const snapshot = await readSnapshot(repository.store, id);
  return { root: snapshot.root, reader: repository.store, snapshot };
}

/** A stored tree or an entry of one. */
export function entrySide(repository: Repository, entry: Entry): Side {
  return { root: entry, reader: repository.store };
}

/**
 * In walk order. `a` undefined: everything in `b` is added.
 * @param paths only these files and what is below these folders; all when empty
 */
export async function* differences(
  a: Side | undefined,
  b: Side,
  paths: readonly Buffer[] = [],
): AsyncGenerator<Difference, void, undefined> {
  if (paths.length === 0) {
    yield* between(b.reader, a?.root, b.root, Buffer.alloc(0));
    return;
  }
  for (const path of paths) {
    const names = splitPath(path);
    const old = a && (await at(b.reader, a.root, names));
    const next = await at(b.reader, b.root, names);
    yield* between(b.reader, old, next, path);
  }
}

/** Undefined also where the path goes into what is no folder on this side. */
export async function at(reader: ObjectReader, root: Entry, names: Buffer[]): Promise<Entry | undefined> {
  try {
    return await lookupPath(reader, root, names);
  } catch (error) {
    if (isVaultError(error, 'BAD_PATH')) return undefined;
    throw error;
  }
}

async function* between(
  reader: ObjectReader,
  old: Entry | undefined,
  next: Entry | undefined,
  path: Buffer,
): AsyncGenerator<Difference, void, undefined> {
  if (path.length > 0) {
    const change = changeOf({ path, ...(old && { old }), ...(next && { new: next }) });
    if (change) yield difference(change, old, next);
  }
  const oldTree = old?.kind === Kind.dir ? old.id : undefined;
  const newTree = next?.kind === Kind.dir ? next.id : undefined;
  if (!oldTree && !newTree) return;
  const prefix = path.length > 0 ? Buffer.concat([path, Buffer.from('/')]) : path;
  for await (const pair of diffTrees(reader, oldTree, newTree)) {
    const full = { ...pair, path: Buffer.concat([prefix, pair.path]) };
    const change = changeOf(full);
    if (change) yield difference(change, pair.old, pair.new);
  }
}

function difference(change: Change, old: Entry | undefined, next: Entry | undefined): Difference {
  const { path, letter, metadataOnly } = change;
  return { path, letter, metadataOnly, ...(old && { old }), ...(next && { new: next }) };
}
