/** Differences between two versions of the folder, either of which may be what is on disk now. */
import { viewOf } from '../../objects/entry-view.ts';
import { type ChangeLetter, type Entry, Kind, type Snapshot } from '../../objects/model.ts';
import { parentPath } from '../../objects/names.ts';
import { RowPair, sameView } from '../../objects/row-pair.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { diffBatches } from '../../objects/tree-diff.ts';
import type { Id } from '../../store/id.ts';
import type { ObjectReader } from '../../store/store.ts';
import { entryAt } from '../entry-at.ts';
import type { Repository } from '../repository.ts';
import { splitPath } from '../split-path.ts';

/** One version of the folder. */
export interface Side {
  root: Entry;
  reader: ObjectReader;
  /** the folder, where the side is what is on disk: contents are read from there */
  disk?: Buffer;
  snapshot?: Snapshot;
}

export interface Difference {
  readonly path: Buffer;
  /** R: a file renamed from `from`; only where renames are looked for */
  readonly letter: ChangeLetter | 'R';
  readonly from?: Buffer;
  /** R only: how much of the content stayed, in percent */
  readonly similarity?: number;
  /** decoded when it is asked for, and DAMAGED is thrown then */
  readonly old?: Entry | undefined;
  /** as `old` */
  readonly new?: Entry | undefined;
  /** the content is the same */
  readonly metadataOnly: boolean;
  /** what it was decoded from, where both sides are stored trees */
  readonly rows?: RowPair;
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
  for await (const group of differenceGroups(a, b, paths)) yield* group;
}

/** The same as `differences`, many at a time. */
export async function* differenceGroups(
  a: Side | undefined,
  b: Side,
  paths: readonly Buffer[] = [],
): AsyncGenerator<Difference[], void, undefined> {
  if (paths.length === 0) {
    yield* between(b.reader, a?.root, b.root, Buffer.alloc(0));
    return;
  }
  for (const path of paths) {
    const names = splitPath(path);
    const old = a && (await entryAt(b.reader, a.root, names));
    const next = await entryAt(b.reader, b.root, names);
    yield* between(b.reader, old, next, path);
  }
}

async function* between(
  reader: ObjectReader,
  old: Entry | undefined,
  next: Entry | undefined,
  path: Buffer,
): AsyncGenerator<Difference[], void, undefined> {
  if (path.length > 0 && (old || next)) yield toDifferences([pairOf(parentPath(path), old, next)]);
  const oldTree = old?.kind === Kind.dir ? old.id : undefined;
  const newTree = next?.kind === Kind.dir ? next.id : undefined;
  if (!oldTree && !newTree) return;
  const found = diffBatches(reader, oldTree, newTree, { prefix: path });
  for await (const pairs of found) yield toDifferences(pairs);
}

function pairOf(folder: Buffer, old: Entry | undefined, next: Entry | undefined): RowPair {
  const a = old && viewOf(old);
  const b = next && viewOf(next);
  return new RowPair(folder, a, b, !a || !b || !sameView(a, b));
}

function toDifferences(pairs: readonly RowPair[]): Difference[] {
  return pairs.filter(isDifference);
}

function isDifference(pair: RowPair): pair is RowPair & Difference {
  return pair.letter !== undefined;
}
