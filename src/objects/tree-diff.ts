/**
 * Compares two directories and all that is in them. What has the same id on both sides is not read: neither directories
 * nor the pages of large ones.
 */
import { type Awaitable, andThen } from '../store/backend/awaitable.ts';
import type { Id } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import type { EntryPair } from './entry-diff.ts';
import type { EntryView } from './entry-view.ts';
import { type Change, Kind } from './model.ts';
import { compareNames } from './names.ts';
import { PagedCursor } from './paged-cursor.ts';
import { changeOfRows, RowPair, sameView } from './row-pair.ts';
import { viewFormat } from './tree.ts';
import { checkDepth } from './walk.ts';

export { changeOf, type EntryPair, sameContent, sameEntry } from './entry-diff.ts';

export interface DiffOptions {
  /** path of the two directories themselves; empty when absent */
  prefix?: Buffer;
  /** false: only what is directly in them, directories with other content included */
  recursive?: boolean;
  /** with `recursive`: pairs of directories, too, that differ only in what is in them */
  trees?: boolean;
  /** where it is false for the path of a pair, neither that nor what is in it is looked at */
  within?: (path: Buffer) => boolean;
}

type Cursor = PagedCursor<EntryView>;

/** Pairs that come together. */
const BATCH = 256;

/** The entries of one name. */
interface Rows {
  old: EntryView | undefined;
  new: EntryView | undefined;
}

/** Two directories of one path, as far as they are compared. */
interface Frame {
  path: Buffer;
  old: Cursor | undefined;
  new: Cursor | undefined;
}

/**
 * Pairs of entries that differ, in walk order; with a directory that is on one side only, all that is in it. Pairs of the
 * same kind that differ only in what `sameEntry` leaves out are passed over.
 * @param a the old tree, or undefined for none; `b` the new one
 * @throws DAMAGED when directories nest deeper than `MAX_WALK_DEPTH`
 */
export async function* diffTrees(
  reader: ObjectReader,
  a: Id | undefined,
  b: Id | undefined,
  options: DiffOptions = {},
): AsyncGenerator<EntryPair, void, undefined> {
  for await (const pairs of diffBatches(reader, a, b, options)) yield* pairs;
}

/** The same as `diffTrees`, up to 256 pairs at a time and never none. */
export async function* diffBatches(
  reader: ObjectReader,
  a: Id | undefined,
  b: Id | undefined,
  options: DiffOptions = {},
): AsyncGenerator<RowPair[], void, undefined> {
  const { prefix = Buffer.alloc(0), recursive = true, trees = false, within } = options;
  if (a && b && a.equals(b)) return;
  let pairs: RowPair[] = [];
  const frames = [await openFrame(reader, prefix, a, b)];
  while (frames.length > 0) {
    const frame = frames.at(-1)!;
    const next = nextPair(frame);
    if (next === undefined) {
      frames.pop();
      continue;
    }
    if (next instanceof PagedCursor) {
      const reading = next.expand();
      if (reading) await reading;
      continue;
    }
    const { old, new: now } = next;
    const oldTree = treeOf(old);
    const newTree = treeOf(now);
    const descends = oldTree && newTree ? !oldTree.equals(newTree) : (oldTree ?? newTree) !== undefined;
    const differs = !old || !now || !sameView(old, now);
    if (!differs && !descends) continue;
    const pair = new RowPair(frame.path, old, now, differs);
    if (within && !within(pair.path)) continue;
    if (differs || !recursive || trees) pairs.push(pair);
    if (pairs.length === BATCH) {
      yield pairs;
      pairs = [];
    }
    if (!recursive || !descends) continue;
    const { path } = pair;
    checkDepth(frames.length, path);
    const below = openFrame(reader, path, oldTree, newTree);
    frames.push(below instanceof Promise ? await below : below);
  }
  if (pairs.length > 0) yield pairs;
}

function treeOf(view: EntryView | undefined): Id | undefined {
  return view?.kind === Kind.dir ? view.id : undefined;
}

function openFrame(
  reader: ObjectReader,
  path: Buffer,
  a: Id | undefined,
  b: Id | undefined,
): Awaitable<Frame> {
  const open = (id: Id | undefined) => id && PagedCursor.open(viewFormat, reader, id);
  const old = open(a);
  if (old instanceof Promise) return old.then((opened) => frameOf(path, opened, open(b)));
  return frameOf(path, old, open(b));
}

function frameOf(
  path: Buffer,
  old: Cursor | undefined,
  next: Awaitable<Cursor> | undefined,
): Awaitable<Frame> {
  return next ? andThen(next, (opened) => ({ path, old, new: opened })) : { path, old, new: undefined };
}

/**
 * The entries of the next name that one of the directories has, without those in pages that both share; or the side
 * whose next page must be read first. Does not wait itself, since most steps have nothing to wait for.
 */
function nextPair(frame: Frame): Rows | Cursor | undefined {
  for (;;) {
    const a = frame.old?.done === false ? frame.old : undefined;
    const b = frame.new?.done === false ? frame.new : undefined;
    if (!a && !b) return undefined;
    if (!a?.row || !b?.row) {
      if (a?.child && b?.child?.id.equals(a.child.id)) {
        a.skip();
        b.skip();
        continue;
      }
      const page = pageToOpen(a, b);
      if (page) return page;
    }
    const order = !a ? 1 : !b ? -1 : compareKeys(a, b);
    // The other side may be at a whole page, and stays there.
    return takePair(order <= 0 ? a : undefined, order >= 0 ? b : undefined);
  }
}

/** The order of what comes next, row or page. */
function compareKeys(a: Cursor, b: Cursor): number {
  const { row } = a;
  const { row: other } = b;
  return row && other ? row.compareName(other) : compareNames(a.key, b.key);
}

/** The side whose next page must be read before anything can be said, if there is one. */
function pageToOpen(a: Cursor | undefined, b: Cursor | undefined): Cursor | undefined {
  if (!a?.child && !b?.child) return undefined;
  if (!a || !b) return a ?? b;
  const order = compareKeys(a, b);
  if (order !== 0) return openFirst(order < 0 ? a : b);
  // Pages that begin alike: the taller first, so that those of one level meet.
  return openFirst(a.child && (!b.child || a.level >= b.level) ? a : b);
}

/** A side that is at a row already has nothing to open. */
function openFirst(side: Cursor): Cursor | undefined {
  return side.child && side;
}

function takePair(a: Cursor | undefined, b: Cursor | undefined): Rows {
  const rows = { old: a?.row, new: b?.row };
  a?.skip();
  b?.skip();
  return rows;
}

/** The rows of the changes object between two trees, in walk order, as many at a time as `diffBatches` gives. */
export async function* changesBetween(
  reader: ObjectReader,
  a: Id | undefined,
  b: Id | undefined,
  options: DiffOptions = {},
): AsyncGenerator<Change[], void, undefined> {
  for await (const pairs of diffBatches(reader, a, b, options)) {
    const changes: Change[] = [];
    for (const pair of pairs) {
      const change = changeOfRows(pair);
      if (change) changes.push(change);
    }
    yield changes;
  }
}
