/** Walks over all that is in a directory. */
import { type Awaitable, andThen } from '../store/backend/awaitable.ts';
import type { Id } from '../store/id.ts';
import { damaged } from '../store/object-errors.ts';
import type { ObjectReader } from '../store/store.ts';
import type { EntryView } from './entry-view.ts';
import { type Entry, Kind } from './model.ts';
import { joinPath, quote } from './names.ts';
import type { PageReading } from './paged.ts';
import { PagedCursor } from './paged-cursor.ts';
import { treeFormat, viewFormat } from './tree.ts';

/** Directories in directories. A path that a system call takes has half as many at most. */
export const MAX_WALK_DEPTH = 4096;

export interface Walked {
  path: Buffer;
  entry: Entry;
}

export interface WalkOptions {
  /** path of the directory itself; empty when absent */
  prefix?: Buffer;
  /** false: only what is directly in it */
  recursive?: boolean;
}

export interface WalkViewsOptions extends WalkOptions {
  /** what is given; all is gone into */
  wanted?: (view: EntryView) => boolean;
}

type AnyRow = Pick<Entry, 'name' | 'kind' | 'id'>;

interface Frame<Row> {
  path: Buffer;
  cursor: PagedCursor<Row>;
  /** of one page, the next of which is the one at `index` */
  rows: Row[];
  index: number;
}

/** Entries of one directory that follow each other. When the last is a directory, what is in it comes next. */
export interface Run<Row = Entry> {
  folder: Buffer;
  entries: Row[];
}

/**
 * What is in the directory `root` (not itself), depth first in the order of names, directories before their content.
 * Holds a page of each directory on the way down.
 * @throws DAMAGED when directories nest deeper than `MAX_WALK_DEPTH`
 */
export async function* walkTree(
  reader: ObjectReader,
  root: Entry,
  options: WalkOptions = {},
): AsyncGenerator<Walked, void, undefined> {
  for await (const { folder, entries } of walkRuns(reader, root, options)) {
    for (const entry of entries) yield { path: joinPath(folder, entry.name), entry };
  }
}

/** The same as `walkTree`, many entries at a time: for whoever walks over all of a large tree. Errors are the same. */
export function walkRuns(
  reader: ObjectReader,
  root: Entry,
  options: WalkOptions = {},
): AsyncGenerator<Run, void, undefined> {
  return walkRows(treeFormat, reader, root.id, options);
}

/** The same as `walkRuns`, with entries of which little is decoded. No run is empty. */
export function walkViews(
  reader: ObjectReader,
  root: Entry,
  options: WalkViewsOptions = {},
): AsyncGenerator<Run<EntryView>, void, undefined> {
  return walkRows(viewFormat, reader, root.id, options);
}

/** The one loop behind all of these: what generators around it would cost, a large tree shows. */
async function* walkRows<Row extends AnyRow>(
  format: PageReading<Row>,
  reader: ObjectReader,
  root: Id,
  options: WalkOptions & { wanted?: (row: Row) => boolean },
): AsyncGenerator<Run<Row>, void, undefined> {
  const { prefix = Buffer.alloc(0), recursive = true, wanted } = options;
  const openFrame = (path: Buffer, id: Id): Awaitable<Frame<Row>> =>
    andThen(PagedCursor.open(format, reader, id), (cursor) => ({ path, cursor, rows: [], index: 0 }));
  const frames = [await openFrame(prefix, root)];
  while (frames.length > 0) {
    const frame = frames.at(-1)!;
    const { path, cursor, rows, index } = frame;
    if (index === rows.length) {
      if (cursor.done) frames.pop();
      else if (cursor.child) await cursor.expand();
      else {
        frame.rows = cursor.takeRows();
        frame.index = 0;
      }
      continue;
    }
    const end = recursive ? behindDirectory(rows, index) : rows.length;
    frame.index = end;
    const run = index === 0 && end === rows.length ? rows : rows.slice(index, end);
    const entries = wanted ? run.filter(wanted) : run;
    if (entries.length > 0) yield { folder: path, entries };
    const last = rows[end - 1]!;
    if (!recursive || last.kind !== Kind.dir) continue;
    const below = joinPath(path, last.name);
    checkDepth(frames.length, below);
    const frameBelow = openFrame(below, last.id);
    // Most folders are small and near at hand: to wait for nothing would take as long as to read them.
    frames.push(frameBelow instanceof Promise ? await frameBelow : frameBelow);
  }
}

/** Index behind the first directory from `start` on, or the end. */
function behindDirectory(rows: readonly AnyRow[], start: number): number {
  for (let i = start; i < rows.length; i++) if (rows[i]!.kind === Kind.dir) return i + 1;
  return rows.length;
}

/** @throws DAMAGED when there is no going deeper */
export function checkDepth(depth: number, path: Buffer): void {
  if (depth < MAX_WALK_DEPTH) return;
  throw damaged(`directories nest deeper than ${MAX_WALK_DEPTH} at ${quote(path.subarray(0, 100))}…`);
}
