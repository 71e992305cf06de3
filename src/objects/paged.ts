/**
 * The paged list that trees, lists and changes share: rows in pages, above them pages of pages.
 *
 * A page is `[version, level, rows, extensions]`. Up to 1,024 rows stay one page. Above that, pages end where the hash
 * of a row's key says so, so that a changed row changes its own page and those above it, and an added or removed one
 * moves no boundary but its neighbours'. Metadata takes no part, unless it is so long that a page would outgrow what an
 * object may have. Rows of level n + 1 are `[first key, rows below, bytes below (lists only), id]`, one for each page of
 * level n, and are paged the same way.
 * (The idea is that of content-defined chunking, applied to keys; Dolt's prolly trees and IPLD do alike.)
 */
import { type Awaitable, andThen } from '../store/backend/awaitable.ts';
import { ID_LENGTH, type Id, type ObjectType } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import { decoding, malformed } from './malformed.ts';
import { RowReader } from './row-reader.ts';
import type { RowWriter } from './row-writer.ts';
import { checkVersion, VERSION } from './shape.ts';

/** Rows that a page has at most. */
export const MAX_ROWS = 1024;
/** A page ends nowhere before, whatever the hash says: an upper level is then always much shorter than the one below. */
export const MIN_ROWS = 16;
/** A page ends with the row that brings its rows to so many encoded bytes: attributes and paths can be long. */
export const FULL_BYTES = 4 * 1024 * 1024;
/** A page ends after one row in so many. */
const BOUNDARY_ONE_IN = 256;
/** 16^7 pages of rows and more: nothing real has as many. */
export const MAX_LEVEL = 7;

const MAX_COUNT = Number.MAX_SAFE_INTEGER;

/** Strictly ascending. */
export interface RowOrder<Row> {
  keys(a: Buffer, b: Buffer): number;
  /** the same, of rows by their keys */
  rows(a: Row, b: Row): number;
}

/** How rows are read: what trees, lists and changes differ in. */
export interface PageReading<Row> {
  readonly type: ObjectType;
  key(row: Row): Buffer;
  /** Absent where rows are in an order of their own and keys may repeat. */
  readonly order?: RowOrder<Row>;
  /** The bytes of content that a row stands for; absent where rows have none. */
  weight?(row: Row): number;
  /** @throws Malformed */
  read(row: RowReader): Row;
}

/** The same, and how they are written. */
export interface PagedFormat<Row> extends PageReading<Row> {
  /** 32 bits that decide where pages end. */
  boundaryHash(level: number, key: Buffer): number;
  write(row: Row, out: RowWriter): void;
}

/** A row of an upper level: a page of the level below. */
export interface Child {
  key: Buffer;
  /** rows of level 0 in it */
  rows: number;
  /** the sum of their weights */
  bytes: number;
  id: Id;
}

/** A decoded page; `rows` on level 0, else `children`. */
export interface Page<Row> {
  level: number;
  rows: Row[];
  children: Child[];
}

export function isBoundary(hash: number): boolean {
  return hash % BOUNDARY_ONE_IN === 0;
}

/** The encoding of a page whose rows are encoded already. */
export function encodePage(level: number, count: number, rows: Uint8Array): Buffer {
  const short = count < 0x10;
  const page = Buffer.allocUnsafe((short ? 4 : 6) + rows.length + 1);
  page[0] = 0x94;
  page[1] = VERSION;
  page[2] = level;
  if (short) {
    page[3] = 0x90 | count;
  } else {
    page[3] = 0xdc;
    page.writeUInt16BE(count, 4);
  }
  page.set(rows, short ? 4 : 6);
  page[page.length - 1] = 0x90;
  return page;
}

export function writeChild<Row>(format: PagedFormat<Row>, child: Child, out: RowWriter): void {
  out.array(format.weight ? 4 : 3);
  out.binary(child.key);
  out.int(child.rows);
  if (format.weight) out.int(child.bytes);
  out.binary(child.id);
}

function readChild<Row>(format: PageReading<Row>, row: RowReader): Child {
  const count = format.weight ? 4 : 3;
  if (row.array('a row of pages') !== count) malformed(`a row of pages has not ${count} fields`);
  const key = row.binary('a page’s key');
  const rows = row.uint(MAX_COUNT, 'a count of rows');
  const bytes = format.weight ? row.uint(MAX_COUNT, 'a count of bytes') : 0;
  const id = row.binary('a page’s id');
  if (id.length !== ID_LENGTH) malformed('a page’s id is too long or too short');
  return { key, rows, bytes, id };
}

/**
 * The page that `encoding` holds.
 * @param id the page's, for rows that are read in part
 * @throws Malformed, also when keys are out of order
 */
export function decodePage<Row>(format: PageReading<Row>, encoding: Buffer, id: Id): Page<Row> {
  const reader = new RowReader(encoding, id);
  const fields = reader.array('the page');
  checkVersion(reader.int('the version'), 'the page');
  if (fields !== 4) malformed(`the page has ${fields} fields, not 4`);
  const level = reader.uint(MAX_LEVEL, 'the level');
  const count = reader.array('the list of rows');
  if (count > MAX_ROWS) malformed(`a page has ${count} rows, not at most ${MAX_ROWS}`);
  if (level > 0 && count === 0) malformed('an upper page is empty');
  const page: Page<Row> = { level, rows: [], children: [] };
  const { order } = format;
  if (level === 0) readAll(page.rows, count, () => format.read(reader), order?.rows);
  else {
    const compare = order && ((a: Child, b: Child) => order.keys(a.key, b.key));
    readAll(page.children, count, () => readChild(format, reader), compare);
  }
  // Extensions of a page belong to its writer; nobody carries a page over, so they are read past.
  if (!reader.emptyArray() && !Array.isArray(reader.value())) malformed('its extensions are not an array');
  reader.end();
  return page;
}

function readAll<T>(all: T[], count: number, read: () => T, compare?: (a: T, b: T) => number): void {
  let previous: T | undefined;
  for (let i = 0; i < count; i++) {
    const one = read();
    if (compare && previous !== undefined && compare(previous, one) >= 0)
      malformed('its rows are out of order');
    all.push(one);
    previous = one;
  }
}

/**
 * Reads one page. With `child`, the row above it, checks that it is the page that the row promises.
 * @throws DAMAGED naming the page
 */
export function readPage<Row>(
  format: PageReading<Row>,
  reader: ObjectReader,
  id: Id,
  child?: Child,
  level = 0,
): Awaitable<Page<Row>> {
  return andThen(reader.readMeta(id, format.type), (encoding) =>
    decoding(format.type, id, () => {
      const page = decodePage(format, encoding, id);
      if (child) checkChild(format, page, child, level);
      return page;
    }),
  );
}

function checkChild<Row>(format: PageReading<Row>, page: Page<Row>, child: Child, level: number): void {
  if (page.level !== level) malformed(`its level is ${page.level}, not ${level}`);
  const { rows, bytes } = pageTotals(format, page);
  if (rows !== child.rows || bytes !== child.bytes) malformed('it has other totals than the page above says');
  if (rows === 0 || !keyAt(format, page, 0).equals(child.key))
    malformed('it begins with another row than due');
}

/** Rows of level 0 in and below a page, and the sum of their weights. */
export function pageTotals<Row>(format: PageReading<Row>, page: Page<Row>): { rows: number; bytes: number } {
  let rows = page.rows.length;
  let bytes = 0;
  if (format.weight) for (const row of page.rows) bytes += format.weight(row);
  for (const child of page.children) {
    rows += child.rows;
    bytes += child.bytes;
  }
  return { rows, bytes };
}

/** Rows of the page itself. */
export function pageLength<Row>(page: Page<Row>): number {
  return page.level === 0 ? page.rows.length : page.children.length;
}

export function keyAt<Row>(format: PageReading<Row>, page: Page<Row>, index: number): Buffer {
  return page.level === 0 ? format.key(page.rows[index]!) : page.children[index]!.key;
}
