/** A place in a paged list. It moves forward over rows, or over whole pages that nobody needs to read. */
import { invariant } from '../errors.ts';
import { type Awaitable, andThen } from '../store/backend/awaitable.ts';
import type { Id } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import { decoding, malformed } from './malformed.ts';
import { type Child, keyAt, type Page, type PageReading, pageLength, readPage } from './paged.ts';

interface Frame<Row> {
  page: Page<Row>;
  index: number;
  /** the key that begins what comes after this page */
  bound: Buffer | undefined;
  /** the page above; undefined for the root page */
  above: Frame<Row> | undefined;
}

export class PagedCursor<Row> {
  readonly #format: PageReading<Row>;
  readonly #reader: ObjectReader;
  /** of the lowest page; undefined at the end */
  #frame: Frame<Row> | undefined;

  private constructor(format: PageReading<Row>, reader: ObjectReader, root: Page<Row>) {
    this.#format = format;
    this.#reader = reader;
    this.#frame = { page: root, index: 0, bound: undefined, above: undefined };
    this.#settle();
  }

  /** At the first row of list `id`. Reads one page. */
  static open<Row>(format: PageReading<Row>, reader: ObjectReader, id: Id): Awaitable<PagedCursor<Row>> {
    return andThen(readPage(format, reader, id), (page) => new PagedCursor(format, reader, page));
  }

  get done(): boolean {
    return this.#frame === undefined;
  }

  /** The row that comes next, when its page has been read. */
  get row(): Row | undefined {
    const frame = this.#frame;
    return frame?.page.rows[frame.index];
  }

  /** The page that comes next, when it has not been read. */
  get child(): Child | undefined {
    const frame = this.#frame;
    return frame?.page.children[frame.index];
  }

  /** Level of the page that holds what comes next. */
  get level(): number {
    return this.#frame!.page.level;
  }

  /** Key of what comes next, row or page. */
  get key(): Buffer {
    const frame = this.#frame!;
    return keyAt(this.#format, frame.page, frame.index);
  }

  /** Goes behind what comes next, row or page. */
  skip(): void {
    this.#frame!.index++;
    this.#settle();
  }

  /** The rows left in the page that has been read; goes behind them. */
  takeRows(): Row[] {
    const frame = this.#frame!;
    const rows = frame.index === 0 ? frame.page.rows : frame.page.rows.slice(frame.index);
    frame.index = frame.page.rows.length;
    this.#settle();
    return rows;
  }

  /** Reads the page that comes next: what comes next then is the first thing in it. */
  expand(): Awaitable<void> {
    const child = this.child;
    invariant(child, 'there is no page to read');
    const frame = this.#frame!;
    const below = frame.page.level - 1;
    return andThen(readPage(this.#format, this.#reader, child.id, child, below), (page) => {
      frame.index++;
      const bound = frame.page.children[frame.index]?.key ?? frame.bound;
      this.#checkBound(page, child.id, bound);
      this.#frame = { page, index: 0, bound, above: frame };
    });
  }

  #checkBound(page: Page<Row>, id: Id, bound: Buffer | undefined): void {
    const { order, type } = this.#format;
    if (!order || !bound) return;
    const last = keyAt(this.#format, page, pageLength(page) - 1);
    decoding(type, id, () => {
      if (order.keys(last, bound) >= 0) malformed('its rows overlap with those of the next page');
    });
  }

  /** From the start, goes to the first row whose key is `key` or behind it. Reads one page a level. */
  async seek(key: Buffer): Promise<void> {
    while (!this.done) {
      const frame = this.#frame!;
      const isLeaf = frame.page.level === 0;
      const index = this.#search(frame.page, key, !isLeaf);
      frame.index = isLeaf ? index : Math.max(index - 1, 0);
      if (isLeaf) return this.#settle();
      await this.expand();
    }
  }

  /** Index of the first key that is not before `key`; or, with `behind`, that comes after it. */
  #search(page: Page<Row>, key: Buffer, behind: boolean): number {
    const { order } = this.#format;
    invariant(order, 'a list without order cannot be searched');
    let low = 0;
    let high = pageLength(page);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const difference = order.keys(keyAt(this.#format, page, middle), key);
      if (difference < 0 || (behind && difference === 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Leaves pages that are used up. */
  #settle(): void {
    let frame = this.#frame;
    while (frame && frame.index >= pageLength(frame.page)) frame = frame.above;
    this.#frame = frame;
  }
}

/** The rows in order, a page at a time, from the first whose key is `from` or behind it. */
export async function* readRows<Row>(
  format: PageReading<Row>,
  reader: ObjectReader,
  id: Id,
  from?: Buffer,
): AsyncGenerator<Row[], void, undefined> {
  const cursor = await PagedCursor.open(format, reader, id);
  if (from) await cursor.seek(from);
  while (!cursor.done) {
    while (cursor.child) await cursor.expand();
    yield cursor.takeRows();
  }
}

/** The row with `key`. Reads one page a level. */
export async function lookupRow<Row>(
  format: PageReading<Row>,
  reader: ObjectReader,
  id: Id,
  key: Buffer,
): Promise<Row | undefined> {
  const cursor = await PagedCursor.open(format, reader, id);
  await cursor.seek(key);
  const { row } = cursor;
  return row !== undefined && format.key(row).equals(key) ? row : undefined;
}
