/** What is different in the content of a file, as text. */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { sameContent } from '../../objects/entry-diff.ts';
import { isList } from '../../objects/entry-flags.ts';
import { readContent } from '../../objects/list.ts';
import { type Entry, Kind } from '../../objects/model.ts';
import { joinPath } from '../../objects/names.ts';
import { isBinary, PROBE_BYTES } from './binary.ts';
import type { Difference, Side } from './diff.ts';
import type { TextDiff } from './text-diff.ts';

/**
 * The text diff of a difference between two sides; undefined where there is no content to compare: the same on both, a
 * folder, a fifo, a device.
 * @throws MISSING_OBJECT, DAMAGED, and Node's errors of files on disk that have changed meanwhile
 */
export async function contentDiff(difference: Difference, a: Side, b: Side): Promise<TextDiff | undefined> {
  const { path, from = path, old, new: next } = difference;
  if (old && next && sameContent(old, next)) return undefined;
  if (!hasContent(old ?? next) || !hasContent(next ?? old)) return undefined;
  // The comparison's library costs some milliseconds that other listings need not spend.
  const { diffText, MOST_TEXT_BYTES } = await import('./text-diff.ts');
  const isLarge = Math.max(old?.size ?? 0, next?.size ?? 0) > MOST_TEXT_BYTES;
  const limit = isLarge ? PROBE_BYTES : MOST_TEXT_BYTES + 1;
  const before = await contentStart(a, from, old, limit);
  const after = await contentStart(b, path, next, limit);
  if (isLarge) return { kind: isBinary(before) || isBinary(after) ? 'binary' : 'large' };
  return diffText(before, after);
}

function hasContent(entry: Entry | undefined): boolean {
  return entry?.kind === Kind.file || entry?.kind === Kind.symlink;
}

/**
 * At most `limit` bytes of what a side has at `path`; none where the entry is not there.
 * @throws as `contentDiff`
 */
export async function contentStart(
  side: Side,
  path: Buffer,
  entry: Entry | undefined,
  limit: number,
): Promise<Buffer> {
  if (!entry) return Buffer.alloc(0);
  if (entry.kind === Kind.symlink) return entry.target ?? Buffer.alloc(0);
  if (side.disk) return readStart(joinPath(side.disk, path), limit);
  const parts: Buffer[] = [];
  const content = readContent(side.reader, entry.id, isList(entry), { length: limit });
  for await (const part of content) parts.push(part);
  return Buffer.concat(parts);
}

function readStart(path: Buffer, limit: number): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | (constants.O_NOFOLLOW ?? 0));
  try {
    const parts: Buffer[] = [];
    for (let held = 0; held < limit; ) {
      const part = Buffer.allocUnsafe(Math.min(limit - held, 1024 * 1024));
      const got = readSync(fd, part, 0, part.length, null);
      if (got === 0) break;
      parts.push(part.subarray(0, got));
      held += got;
    }
    return Buffer.concat(parts);
  } finally {
    closeSync(fd);
  }
}
