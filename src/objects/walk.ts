/** Walks over all that is in a directory. */
import { VaultError } from '../errors.ts';
import type { ObjectReader } from '../store/store.ts';
import { type Entry, Kind } from './model.ts';
import { joinPath, quote } from './names.ts';
import { readTree } from './tree.ts';

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

interface Frame {
  path: Buffer;
  pages: AsyncIterator<Entry[]>;
  rows: Entry[];
  index: number;
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
  const { prefix = Buffer.alloc(0), recursive = true } = options;
  const frames = [openFrame(reader, root, prefix)];
  while (frames.length > 0) {
    const frame = frames.at(-1)!;
    if (frame.index === frame.rows.length) {
      const { done, value } = await frame.pages.next();
      if (done) frames.pop();
      else Object.assign(frame, { rows: value, index: 0 });
      continue;
    }
    const entry = frame.rows[frame.index++]!;
    const path = joinPath(frame.path, entry.name);
    yield { path, entry };
    if (!recursive || entry.kind !== Kind.dir) continue;
    checkDepth(frames.length, path);
    frames.push(openFrame(reader, entry, path));
  }
}

function openFrame(reader: ObjectReader, directory: Entry, path: Buffer): Frame {
  return { path, pages: readTree(reader, directory.id), rows: [], index: 0 };
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
