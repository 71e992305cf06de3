/** Lists: the chunks of a content that needs more than one, in order. And reading contents, whichever they are. */
import { invariant, type VaultError } from '../errors.ts';
import { EMPTY_CONTENT, ID_LENGTH, type Id, ObjectType } from '../store/id.ts';
import { damaged } from '../store/object-errors.ts';
import type { ObjectReader } from '../store/store.ts';
import { MAX_UINT32 } from './entry.ts';
import { malformed } from './malformed.ts';
import type { ChunkRef } from './model.ts';
import { type PagedFormat, pageTotals, readPage } from './paged.ts';
import { PagedBuilder, type Put } from './paged-builder.ts';
import { PagedCursor } from './paged-cursor.ts';
import type { RowReader } from './row-reader.ts';

export const listFormat: PagedFormat<ChunkRef> = {
  type: ObjectType.list,
  key: (chunk) => chunk.id,
  // An id is a hash already. Chunks may repeat, so all levels may see one value over and over: `MIN_ROWS` bounds that.
  boundaryHash: (_level, id) => id.readUInt32BE(0),
  weight: (chunk) => chunk.length,
  write(chunk, out) {
    out.array(2);
    out.binary(chunk.id);
    out.int(chunk.length);
  },
  read: readChunkRef,
};

function readChunkRef(row: RowReader): ChunkRef {
  if (row.array('a chunk') !== 2) malformed('a chunk has not two fields');
  const id = row.binary('a chunk’s id');
  const length = row.uint(MAX_UINT32, 'a chunk’s length');
  if (id.length !== ID_LENGTH) malformed('a chunk’s id is too long or too short');
  if (length === 0) malformed('a chunk is empty');
  return { id, length };
}

/** What a content is stored as. */
export interface BuiltContent {
  id: Id;
  /** `id` names a list, not a chunk */
  list: boolean;
  size: number;
}

/** Builds a content from its chunks: nothing, one chunk as it is, or a list. */
export class ListBuilder {
  readonly #pages: PagedBuilder<ChunkRef>;
  #first: ChunkRef | undefined;
  #count = 0;

  constructor(put: Put) {
    this.#pages = new PagedBuilder(listFormat, put);
  }

  /** Takes the next chunk. Returns a promise when a page became full: wait for it before the next call. */
  add(chunk: ChunkRef): void | Promise<void> {
    invariant(chunk.id.length === ID_LENGTH, 'a chunk has an id');
    invariant(chunk.length > 0 && chunk.length <= MAX_UINT32, 'a chunk is neither empty nor huge');
    if (this.#count++ === 0) {
      this.#first = chunk;
      return undefined;
    }
    if (this.#first) {
      // The first of many cannot fill a page.
      void this.#pages.add(this.#first);
      this.#first = undefined;
    }
    return this.#pages.add(chunk);
  }

  async finish(): Promise<BuiltContent> {
    if (this.#count === 0) return { id: EMPTY_CONTENT, list: false, size: 0 };
    if (this.#first) return { id: this.#first.id, list: false, size: this.#first.length };
    const { id, bytes } = await this.#pages.finish();
    return { id, list: true, size: bytes };
  }
}

/** A chunk in its place. */
export interface PlacedChunk extends ChunkRef {
  /** its first byte in the content */
  offset: number;
}

/** The chunks of a content, from the one that holds byte `from`. */
export async function* contentChunks(
  reader: ObjectReader,
  id: Id,
  isList: boolean,
  from = 0,
): AsyncGenerator<PlacedChunk, void, undefined> {
  if (!isList) {
    const { size } = await statContent(reader, id, false);
    if (from < size) yield { id, length: size, offset: 0 };
    return;
  }
  const cursor = await PagedCursor.open(listFormat, reader, id);
  let offset = 0;
  while (!cursor.done) {
    const { child } = cursor;
    if (child && offset + child.bytes <= from) {
      offset += child.bytes;
      cursor.skip();
    } else if (child) {
      await cursor.expand();
    } else {
      for (const { id, length } of cursor.takeRows()) {
        if (offset + length > from) yield { id, length, offset };
        offset += length;
      }
    }
  }
}

export interface ContentStat {
  /** bytes */
  size: number;
  chunks: number;
}

/**
 * Size of a content, from one page or the index.
 * @throws MISSING_OBJECT when no pack has it
 */
export async function statContent(reader: ObjectReader, id: Id, isList: boolean): Promise<ContentStat> {
  if (isList) {
    const { rows, bytes } = pageTotals(listFormat, await readPage(listFormat, reader, id));
    return { size: bytes, chunks: rows };
  }
  if (id.equals(EMPTY_CONTENT)) return { size: 0, chunks: 0 };
  const location = await reader.locate(id, 'chunk');
  if (location) return { size: location.length, chunks: 1 };
  // The index may be behind: reading looks harder, or says what is missing.
  const { length } = await reader.readChunk(id);
  return { size: length, chunks: 1 };
}

/** A part of a content; what reaches behind its end is left out. */
export interface ContentRange {
  offset?: number;
  length?: number;
}

/**
 * The bytes of a content, chunk by chunk; the buffers may be views of what the reader keeps.
 * @throws DAMAGED when a chunk has another length than its list says
 */
export async function* readContent(
  reader: ObjectReader,
  id: Id,
  isList: boolean,
  range: ContentRange = {},
): AsyncGenerator<Buffer, void, undefined> {
  const start = range.offset ?? 0;
  const end = start + (range.length ?? Number.POSITIVE_INFINITY);
  if (start >= end) return;
  if (!isList) {
    const bytes = (await reader.readChunk(id)).subarray(start, Math.min(end, MAX_UINT32));
    if (bytes.length > 0) yield bytes;
    return;
  }
  for await (const chunk of contentChunks(reader, id, true, start)) {
    if (chunk.offset >= end) return;
    const bytes = await reader.readChunk(chunk.id);
    if (bytes.length !== chunk.length) throw wrongLength(id, chunk, bytes.length);
    yield bytes.subarray(Math.max(start - chunk.offset, 0), Math.min(end - chunk.offset, chunk.length));
  }
}

function wrongLength(list: Id, chunk: ChunkRef, length: number): VaultError {
  const hex = list.toString('hex');
  const text = `list ${hex} says that chunk ${chunk.id.toString('hex')} has ${chunk.length} bytes, but it has ${length}`;
  return damaged(text, hex);
}
