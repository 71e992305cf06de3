/**
 * The rows of one folder in the parent snapshot, walked beside the names on disk; a page at a time. Most are only asked whether they are
 * unchanged, which takes a third of what decoding them would.
 */
import type { EntryView } from '../../objects/entry-view.ts';
import { readRows } from '../../objects/paged-cursor.ts';
import { viewFormat } from '../../objects/tree.ts';
import type { Id } from '../../store/id.ts';
import type { ObjectReader } from '../../store/store.ts';

export class ParentRows {
  readonly #pages: AsyncIterator<EntryView[]> | undefined;
  #page: EntryView[] = [];
  #next = 0;
  #ended: boolean;
  /** rows in the pages read so far; all of them after `finish` */
  count = 0;

  /** @param tree undefined where the folder is new: no rows */
  constructor(reader: ObjectReader, tree: Id | undefined) {
    this.#pages = tree && readRows(viewFormat, reader, tree)[Symbol.asyncIterator]();
    this.#ended = tree === undefined;
  }

  /** Place of the row that was found last, from 1. */
  get rank(): number {
    return this.count - this.#page.length + this.#next;
  }

  /** The row called `name`, if there is one. Names must be asked for in ascending order. Usually answers at once. */
  find(name: Buffer): EntryView | undefined | Promise<EntryView | undefined> {
    while (this.#next < this.#page.length) {
      const row = this.#page[this.#next]!;
      const order = row.compareNameTo(name);
      if (order > 0) return undefined;
      this.#next++;
      if (order === 0) return row;
    }
    return this.#ended ? undefined : this.#findBehind(name);
  }

  async #findBehind(name: Buffer): Promise<EntryView | undefined> {
    await this.#nextPage();
    return this.find(name);
  }

  /** The rows before `name` that were not asked for, each then the one found last; without a name all that are left. */
  async *before(name?: Buffer): AsyncGenerator<EntryView, void, undefined> {
    for (;;) {
      while (this.#next < this.#page.length) {
        const row = this.#page[this.#next]!;
        if (name && row.compareNameTo(name) >= 0) return;
        this.#next++;
        yield row;
      }
      if (this.#ended) return;
      await this.#nextPage();
    }
  }

  /** Reads what is left, so that `count` is the number of rows. */
  async finish(): Promise<void> {
    while (!this.#ended) await this.#nextPage();
  }

  async #nextPage(): Promise<void> {
    const { done, value } = await this.#pages!.next();
    if (done) {
      this.#ended = true;
      return;
    }
    this.#page = value;
    this.#next = 0;
    this.count += value.length;
  }
}
