/**
 * Trees from the bottom up while their rows become known in any order.
 *
 * The scan visits names in order and reserves a row for each; a row is filled at once (unchanged), when a worker has
 * sealed the file, or when the subfolder below it is complete. Rows leave the queue in order. A folder all of whose
 * rows are its parent version's keeps that tree's id and nothing is encoded. A folder of more than `WINDOW` rows
 * is streamed into pages, so that memory does not grow with it.
 */
import type { EntryView } from '../../objects/entry-view.ts';
import type { Entry } from '../../objects/model.ts';
import { type Put, readTree, TreeBuilder } from '../../objects/tree.ts';
import type { Id } from '../../store/id.ts';
import type { ObjectReader } from '../../store/store.ts';

/** Rows kept as objects before they are streamed on: the size below which a tree is one page. */
const WINDOW = 1024;

/** A new entry, or the parent version's, which is decoded only where its folder is written anew. */
export type KnownRow = Entry | EntryView;

/** A place in a folder, reserved in name order and filled once. */
export interface Row {
  /** undefined while it is not known, null when the name is left out */
  entry: KnownRow | null | undefined;
  /** place of the name among the parent version's rows, from 1; 0 where it has none */
  rank: number;
  /** the entry is the parent version's, unchanged */
  reused: boolean;
}

export interface Assembly {
  reader: ObjectReader;
  put: Put;
  /** takes the first failure; the operation is over then */
  fail(error: unknown): void;
}

export class TreeNode {
  readonly #assembly: Assembly;
  readonly #previous: Id | undefined;
  readonly #complete: (tree: Id) => void;
  #queue: Row[] = [];
  #head = 0;
  /** the rows so far are the first of the previous version's, without a gap: what was dropped can be read again */
  #identical = true;
  #reusedRows = 0;
  /** rows in order that no builder has yet; while identical and large they are dropped, to be read again if needed */
  #kept: KnownRow[] = [];
  #dropped = false;
  #builder: TreeBuilder | undefined;
  #work: Promise<void> | undefined;
  #previousRows = -1;

  /**
   * @param previous the tree that the folder had in the parent snapshot
   * @param complete called once with the folder's tree
   */
  constructor(assembly: Assembly, previous: Id | undefined, complete: (tree: Id) => void) {
    this.#assembly = assembly;
    this.#previous = previous;
    this.#complete = complete;
  }

  /**
   * The next name's row is known.
   * @param rank given when it is the parent version's, unchanged: its place there, from 1
   */
  add(entry: KnownRow, rank = 0): void {
    this.#queue.push({ entry, rank, reused: rank > 0 });
    this.#drain();
  }

  /** The next name's row will be known later: `fill` it. `rank`: the name's place in the parent version, 0 for none. */
  reserve(rank: number): Row {
    const row: Row = { entry: undefined, rank, reused: false };
    this.#queue.push(row);
    return row;
  }

  fill(row: Row, entry: KnownRow | null, reused = false): void {
    row.entry = entry;
    row.reused = reused;
    this.#drain();
  }

  /** No more names. `previousRows`: how many rows the previous version has. */
  end(previousRows: number): void {
    this.#previousRows = previousRows;
    this.#drain();
  }

  /** Rows that were reserved or added and not taken in order yet. */
  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  /** Something to wait for before adding more, when rows come faster than they are stored. */
  get busy(): Promise<void> | undefined {
    return this.#work;
  }

  #drain(): void {
    const queue = this.#queue;
    while (this.#head < queue.length && queue[this.#head]!.entry !== undefined) {
      this.#take(queue[this.#head]!);
      this.#head++;
    }
    if (this.#head === queue.length) {
      queue.length = 0;
      this.#head = 0;
    } else if (this.#head > WINDOW) {
      this.#queue = queue.slice(this.#head);
      this.#head = 0;
    }
    if (this.#previousRows >= 0 && this.#queue.length === 0) {
      const unchanged = this.#identical && this.#reusedRows === this.#previousRows;
      this.#previousRows = -1;
      if (unchanged && this.#previous) this.#complete(this.#previous);
      else this.#schedule(() => this.#finish());
    }
  }

  #take(row: Row): void {
    const entry = row.entry;
    if (!entry) return;
    if (this.#identical && row.reused && row.rank === this.#reusedRows + 1) this.#reusedRows++;
    else this.#identical = false;
    this.#kept.push(entry);
    if (this.#kept.length <= WINDOW) return;
    const rows = this.#kept;
    this.#kept = [];
    if (this.#identical) this.#dropped = true;
    else this.#schedule(() => this.#store(rows));
  }

  #schedule(step: () => Promise<void>): void {
    const work = (this.#work ?? Promise.resolve()).then(step).then(
      () => {
        if (this.#work === work) this.#work = undefined;
      },
      (error) => this.#assembly.fail(error),
    );
    this.#work = work;
  }

  async #store(rows: KnownRow[]): Promise<void> {
    if (!this.#builder) {
      this.#builder = new TreeBuilder(this.#assembly.put);
      if (this.#dropped) await this.#replay();
    }
    for (const row of rows) {
      const flushed = this.#builder.add('entry' in row ? row.entry() : row);
      if (flushed) await flushed;
    }
  }

  /** Adds again the rows that were dropped while the folder looked unchanged. */
  async #replay(): Promise<void> {
    // What is still kept of the identical prefix comes with the rows to store.
    let left = this.#reusedRows - (this.#reusedRows % (WINDOW + 1));
    for await (const page of readTree(this.#assembly.reader, this.#previous!)) {
      for (const entry of page) {
        if (left-- === 0) return;
        const flushed = this.#builder!.add(entry);
        if (flushed) await flushed;
      }
    }
  }

  async #finish(): Promise<void> {
    await this.#store(this.#kept);
    const { id } = await this.#builder!.finish();
    this.#complete(id);
  }
}
