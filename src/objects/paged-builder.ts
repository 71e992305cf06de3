/** Builds a paged list from rows that come one by one, in memory that does not grow with their number. */
import { invariant, VaultError } from '../errors.ts';
import type { Id, ObjectType } from '../store/id.ts';
import {
  type Child,
  encodePage,
  FULL_BYTES,
  isBoundary,
  MAX_LEVEL,
  MAX_ROWS,
  MIN_ROWS,
  type PagedFormat,
  writeChild,
} from './paged.ts';
import { RowWriter } from './row-writer.ts';

/** Stores an object and gives its id. */
export type Put = (type: ObjectType, encoding: Buffer) => Promise<Id>;

/** A page's share of what its level holds. */
interface Cut {
  count: number;
  encoding: Buffer;
  key: Buffer;
  rows: number;
  bytes: number;
}

const FIRST_CAPACITY = 2048;

/** The rows of one level that are in no page yet: at most `MAX_ROWS` + 1. */
class OpenLevel {
  readonly level: number;
  readonly out = new RowWriter(FIRST_CAPACITY);
  /** more than one page: rows leave as soon as a page is full */
  split = false;
  readonly #keys: Buffer[] = [];
  readonly #ends: number[] = [];
  readonly #rows: number[] = [];
  readonly #bytes: number[] = [];
  /** rows of the next page that are known not to end it */
  #examined = 0;

  constructor(level: number) {
    this.level = level;
  }

  get length(): number {
    return this.#keys.length;
  }

  get lastKey(): Buffer | undefined {
    return this.#keys.at(-1);
  }

  /** Takes note of the row just written to `out`. */
  push(key: Buffer, rows: number, bytes: number): void {
    if (this.#isFull(this.length)) this.split = true;
    this.#keys.push(key);
    this.#ends.push(this.out.length);
    this.#rows.push(rows);
    this.#bytes.push(bytes);
  }

  /** Whether the first `count` rows are all that a page may have. */
  #isFull(count: number): boolean {
    return count === MAX_ROWS || (count > 0 && this.#ends[count - 1]! >= FULL_BYTES);
  }

  /** The next page that is complete, if one is. */
  nextCut(boundaryHash: (level: number, key: Buffer) => number): Cut | undefined {
    if (!this.split) return undefined;
    while (this.#examined < this.#keys.length) {
      const key = this.#keys[this.#examined++]!;
      const count = this.#examined;
      if (this.#isFull(count) || (count >= MIN_ROWS && isBoundary(boundaryHash(this.level, key)))) {
        return this.take(count);
      }
    }
    return undefined;
  }

  /** Makes a page of the first `count` rows. */
  take(count: number): Cut {
    const end = count === 0 ? 0 : this.#ends[count - 1]!;
    const cut: Cut = {
      count,
      encoding: encodePage(this.level, count, this.out.written.subarray(0, end)),
      key: this.#keys[0]!,
      rows: 0,
      bytes: 0,
    };
    for (let i = 0; i < count; i++) {
      cut.rows += this.#rows[i]!;
      cut.bytes += this.#bytes[i]!;
    }
    this.out.drop(end);
    this.#keys.splice(0, count);
    this.#ends.splice(0, count);
    for (let i = 0; i < this.#ends.length; i++) this.#ends[i]! -= end;
    this.#rows.splice(0, count);
    this.#bytes.splice(0, count);
    this.#examined = 0;
    return cut;
  }
}

export class PagedBuilder<Row> {
  readonly #format: PagedFormat<Row>;
  readonly #put: Put;
  readonly #levels = [new OpenLevel(0)];
  #last: Buffer | undefined;
  #storing = false;
  #rows = 0;
  #bytes = 0;

  constructor(format: PagedFormat<Row>, put: Put) {
    this.#format = format;
    this.#put = put;
  }

  /**
   * Takes the next row. Returns a promise when a page became full: wait for it before the next call.
   * @throws USAGE when the row cannot be stored or is not behind the last one
   */
  add(row: Row): void | Promise<void> {
    invariant(!this.#storing, 'a row was added before the page before it was stored');
    const format = this.#format;
    const level = this.#levels[0]!;
    const key = format.key(row);
    if (format.order) this.#checkOrder(format.order.keys(this.#last ?? key, key), key);
    format.write(row, level.out);
    const weight = format.weight ? format.weight(row) : 0;
    level.push(key, 1, weight);
    this.#last = key;
    this.#rows++;
    this.#bytes += weight;
    const cut = level.nextCut(format.boundaryHash);
    return cut && this.#store(cut);
  }

  #checkOrder(order: number, key: Buffer): void {
    if (this.#last === undefined || order < 0) return;
    const what = `${JSON.stringify(key.toString())} comes after ${JSON.stringify(this.#last.toString())}`;
    throw new VaultError('USAGE', order === 0 ? `${what} again` : `${what}, out of order`);
  }

  async #store(cut: Cut): Promise<void> {
    this.#storing = true;
    await this.#storeCuts(0, cut);
    this.#storing = false;
  }

  /** Stores `cut` and whatever else of its level is complete; then what that completes above. */
  async #storeCuts(at: number, cut: Cut | undefined): Promise<void> {
    const level = this.#levels[at]!;
    for (let next = cut; next; next = level.nextCut(this.#format.boundaryHash)) {
      await this.#raise(at + 1, next);
    }
  }

  /** Stores a page and gives the level above its row. */
  async #raise(at: number, cut: Cut): Promise<void> {
    invariant(at <= MAX_LEVEL, 'a paged list has more levels than any list can need');
    const id = await this.#put(this.#format.type, cut.encoding);
    this.#levels[at] ??= new OpenLevel(at);
    const upper = this.#levels[at];
    // A copy: a key may be a view of the caller's buffer, which upper levels would keep alive.
    const child: Child = { key: Buffer.from(cut.key), rows: cut.rows, bytes: cut.bytes, id };
    writeChild(this.#format, child, upper.out);
    upper.push(child.key, child.rows, child.bytes);
    await this.#storeCuts(at, upper.nextCut(this.#format.boundaryHash));
  }

  /** Stores what is left. The list's id, its rows and the sum of their weights. */
  async finish(): Promise<{ id: Id; rows: number; bytes: number }> {
    invariant(!this.#storing, 'a list was finished before its last page was stored');
    this.#storing = true;
    for (let at = 0; ; at++) {
      const level = this.#levels[at]!;
      if (!level.split) {
        const id = await this.#put(this.#format.type, level.take(level.length).encoding);
        return { id, rows: this.#rows, bytes: this.#bytes };
      }
      if (level.length > 0) await this.#raise(at + 1, level.take(level.length));
    }
  }
}
