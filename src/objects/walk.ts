/** Walks over all that is in a directory. */
import { VaultError } from '../errors.ts';
import type { Id } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import type { EntryView } from './entry-view.ts';
import { type Entry, Kind } from './model.ts';
import { joinPath, quote } from './names.ts';
import type { PageReading } from './paged.ts';
import { readRows } from './paged-cursor.ts';
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

type AnyRow = Pick<Entry, 'name' | 'kind' | 'id'>;

interface Frame<Row> {
  path: Buffer;
  pages: AsyncIterator<Row[]>;
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

/** The same as `walkRuns`, with entries of which little is decoded. */
export function walkViews(
  reader: ObjectReader,
  root: Entry,
  options: WalkOptions = {},
): AsyncGenerator<Run<EntryView>, void, undefined> {
  return walkRows(viewFormat, reader, root.id, options);
}

async function* walkRows<Row extends AnyRow>(
  format: PageReading<Row>,
  reader: ObjectReader,
  root: Id,
  { prefix = Buffer.alloc(0), recursive = true }: WalkOptions,
): AsyncGenerator<Run<Row>, void, undefined> {
  const openFrame = (path: Buffer, id: Id): Frame<Row> => {
    return { path, pages: readRows(format, reader, id)[Symbol.asyncIterator](), rows: [], index: 0 };
  };
  const frames = [openFrame(prefix, root)];
  while (frames.length > 0) {
    const frame = frames.at(-1)!;
    const { path, pages, rows, index } = frame;
    if (index === rows.length) {
      const { done, value } = await pages.next();
      if (done) frames.pop();
      else Object.assign(frame, { rows: value, index: 0 });
      continue;
    }
    const end = recursive ? behindDirectory(rows, index) : rows.length;
    frame.index = end;
    yield { folder: path, entries: index === 0 && end === rows.length ? rows : rows.slice(index, end) };
    const last = rows[end - 1]!;
    if (!recursive || last.kind !== Kind.dir) continue;
    const below = joinPath(path, last.name);
    checkDepth(frames.length, below);
    frames.push(openFrame(below, last.id));
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
  throw new VaultError(
    'DAMAGED',
    `directories nest deeper than ${MAX_WALK_DEPTH} at ${quote(path.subarray(0, 100))}…`,
    {
      hint: 'run `vault check` to see what is affected',
    },
  );
}
