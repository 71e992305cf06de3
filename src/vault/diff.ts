/** Differences between two versions of the folder, either of which may be what is on disk now. */
import { isVaultError } from '../errors.ts';
import type { ChangeLetter, Entry, Snapshot } from '../objects/model.ts';
import { Kind } from '../objects/model.ts';
import { readSnapshot } from '../objects/snapshot.ts';
import { lookupPath } from '../objects/tree.ts';
import { changeOf, diffBatches, type EntryPair } from '../objects/tree-diff.ts';
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

export interface DifferencesOptions {
  /** only what one side has and the other has not: A and D */
  oneSided?: boolean;
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
  for await (const group of differenceGroups(a, b, paths)) yield* group;
}

/** The same as `differences`, many at a time. */
export async function* differenceGroups(
  a: Side | undefined,
  b: Side,
  paths: readonly Buffer[] = [],
  options: DifferencesOptions = {},
): AsyncGenerator<Difference[], void, undefined> {
  if (paths.length === 0) {
    yield* between(b.reader, a?.root, b.root, Buffer.alloc(0), options);
    return;
  }
  for (const path of paths) {
    const names = splitPath(path);
    const old = a && (await at(b.reader, a.root, names));
    const next = await at(b.reader, b.root, names);
    yield* between(b.reader, old, next, path, options);
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
  options: DifferencesOptions,
): AsyncGenerator<Difference[], void, undefined> {
  if (path.length > 0) yield toDifferences([{ path, ...(old && { old }), ...(next && { new: next }) }]);
  const oldTree = old?.kind === Kind.dir ? old.id : undefined;
  const newTree = next?.kind === Kind.dir ? next.id : undefined;
  if (!oldTree && !newTree) return;
  const found = diffBatches(reader, oldTree, newTree, { prefix: path, ...options });
  for await (const pairs of found) yield toDifferences(pairs);
}

function toDifferences(pairs: readonly EntryPair[]): Difference[] {
  const found: Difference[] = [];
  for (const pair of pairs) {
    const change = changeOf(pair);
    if (!change) continue;
    const { path, letter, metadataOnly } = change;
    const difference: Difference = { path, letter, metadataOnly };
    if (pair.old) difference.old = pair.old;
    if (pair.new) difference.new = pair.new;
    found.push(difference);
  }
  return found;
}
