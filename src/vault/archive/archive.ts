/** A snapshot, a folder or a file of one as a single file that other programs unpack. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { isList } from '../../objects/entry-flags.ts';
import { readContent, statContent } from '../../objects/list.ts';
import { type Entry, Kind } from '../../objects/model.ts';
import { quote } from '../../objects/names.ts';
import { damaged } from '../../store/object-errors.ts';
import type { ObjectReader } from '../../store/store.ts';
import { treeRoot } from '../list-tree.ts';
import type { Repository } from '../repository.ts';
import { resolve } from '../resolve.ts';
import { HardLinks } from '../restore/stage/links.ts';
import { type ArchiveMember, archiveMembers, checkPrefix } from './members.ts';
import { hasTarType, tarEnd, tarHeader, tarPadding } from './tar.ts';
import { ZipWriter } from './zip.ts';
import { hasZipType } from './zip-records.ts';

export const ARCHIVE_FORMATS = ['tar', 'tar.gz', 'zip'] as const;
export type ArchiveFormat = (typeof ARCHIVE_FORMATS)[number];

export interface ArchiveOptions {
  /** `REV`, `REV:PATH`, or a tree */
  revision: string | Buffer;
  /** the current folder's names from the root, for `REV:./path` */
  here?: readonly Buffer[];
  format: ArchiveFormat;
  /** put in front of every name; with a final `/` a folder */
  prefix?: Buffer;
  /** told of what the format has no word for: sockets; in a zip file also fifos and devices */
  onLeftOut?: (path: Buffer) => void;
  signal?: AbortSignal;
}

/** gzip's and zip's customary one. */
const GZIP_LEVEL = 6;
/** Pieces are given out at about this size. */
const PIECE = 64 * 1024;

/**
 * The archive's bytes in pieces; the same for the same snapshot. Memory does not grow with the sizes of files; a zip file takes 28
 * bytes a name, and hard links in a tar at most 60 MB.
 *
 *     for await (const piece of await archive(vault, { revision: 'v1', format: 'tar.gz' })) out.write(piece);
 *
 * Modes, owners, times, symlinks and, in a tar, hard links and devices are kept; extended attributes and ACLs are not.
 * @throws as `resolve`; WRONG_TYPE for what is no file or folder, USAGE for a prefix that leads elsewhere. Reading on throws REFUSED
 *   for names that no archive may hold, MISSING_OBJECT, DAMAGED
 */
export async function archive(
  { store, ...repository }: Repository,
  { revision, here, format, prefix = Buffer.alloc(0), onLeftOut = () => {}, signal }: ArchiveOptions,
): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  if (prefix.length > 0) checkPrefix(prefix);
  const resolved = await resolve({ store, ...repository }, revision, {
    snapshotsOnly: true,
    ...(here && { here }),
  });
  const root =
    resolved.kind === 'path' && resolved.entry.kind !== Kind.dir
      ? resolved.entry
      : await treeRoot(store, resolved, revision.toString());
  const members = () => archiveMembers(store, root, prefix, signal);
  const contentOf: ContentOf = (path, entry, size) => content(store, path, entry, size, signal);
  if (format === 'zip') return gathered(zipped(store, members, contentOf, onLeftOut));
  const tar = gathered(tarred(store, members(), contentOf, onLeftOut));
  return format === 'tar' ? tar : gzipped(tar);
}

type ContentOf = (path: Buffer, entry: Entry, size: number) => AsyncGenerator<Buffer, void, undefined>;

async function* tarred(
  reader: ObjectReader,
  members: AsyncIterable<ArchiveMember>,
  contentOf: ContentOf,
  onLeftOut: (path: Buffer) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const links = new HardLinks();
  let written = 0;
  for await (const { path, entry } of members) {
    if (!hasTarType(entry.kind)) {
      onLeftOut(path);
      continue;
    }
    const link = entry.kind === Kind.file ? links.take(entry) : undefined;
    const group = typeof link === 'object' ? link.group : undefined;
    const linkTo = group?.path;
    if (group) group.path ??= path;
    const size = linkTo ? 0 : await contentSize(reader, entry);
    const header = tarHeader({ path, entry, size, ...(linkTo && { linkTo }) });
    const padding = tarPadding(size);
    yield header;
    if (size > 0) yield* contentOf(path, entry, size);
    yield padding;
    written += header.length + size + padding.length;
  }
  yield tarEnd(written);
}

async function* zipped(
  reader: ObjectReader,
  members: () => AsyncIterable<ArchiveMember>,
  contentOf: ContentOf,
  onLeftOut: (path: Buffer) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const zip = new ZipWriter();
  for await (const member of members()) {
    const { path, entry } = member;
    if (!hasZipType(entry.kind)) {
      onLeftOut(path);
      continue;
    }
    const size = entry.kind === Kind.symlink ? entry.target!.length : await contentSize(reader, entry);
    yield* zip.member(member, size, contentOf(path, entry, size));
  }
  yield* zip.end(only(members()));
}

async function* only(members: AsyncIterable<ArchiveMember>): AsyncGenerator<ArchiveMember, void, undefined> {
  for await (const member of members) if (hasZipType(member.entry.kind)) yield member;
}

/** As stored: an entry that plumbing made need not say it. */
async function contentSize(reader: ObjectReader, entry: Entry): Promise<number> {
  return entry.kind === Kind.file ? (await statContent(reader, entry.id, isList(entry))).size : 0;
}

/** @throws DAMAGED when it is not as long as its list says: the headers before it would lie */
async function* content(
  reader: ObjectReader,
  path: Buffer,
  entry: Entry,
  size: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const { kind, id, target } = entry;
  if (kind === Kind.symlink) yield target!;
  if (kind !== Kind.file) return;
  let left = size;
  for await (const bytes of readContent(reader, id, isList(entry))) {
    signal?.throwIfAborted();
    left -= bytes.length;
    yield bytes;
  }
  if (left === 0) return;
  throw damaged(`the content of ${quote(path)} is not as long as its list says`, id.toString('hex'));
}

/** Small pieces together. */
async function* gathered(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    held.push(piece);
    length += piece.length;
    if (length < PIECE) continue;
    yield Buffer.concat(held);
    held = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(held);
}

/** zlib's header has no time, so that the bytes stay the same. */
async function* gzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const gzip = createGzip({ level: GZIP_LEVEL });
  const fed = pipeline(Readable.from(bytes), gzip);
  fed.catch(() => {}); // the loop below throws it
  try {
    for await (const piece of gzip) yield piece;
    await fed;
  } finally {
    gzip.destroy();
  }
}
