/**
 * The history of a path, answered from the index in a time that does not grow with the number of snapshots that left
 * the path alone. A cache: filled from the `changes` objects when first asked, and anew whenever the index was lost.
 */
import { invariant, VaultError } from '../../errors.ts';
import type { ChangeLetter } from '../../objects/model.ts';
import { type Id, idKey } from '../../store/id.ts';
import type { IndexDb, IndexReader } from '../../store/index/db.ts';
import type { ObjectReader } from '../../store/store.ts';
import { fillHistory, HistoryLost, type HistoryProgress, placeOf } from './history-fill.ts';
import {
  chainKey,
  changeKey,
  decodeChain,
  decodeChange,
  decodeParents,
  decodeSnapshotAt,
  hashPath,
  heightOfKey,
  heightRange,
  type Place,
  parentsKey,
  placeKey,
  type SnapshotAt,
} from './history-keys.ts';

/** Changes read at once from a chain: few at first, since many ask for the newest only. */
const FIRST_PAGE = 16;
const MAX_PAGE = 1024;
/** Snapshots with several parents read at once. */
const PARENTS_PAGE = 1024;
/** Times that the index may be lost while one question is answered. */
const MAX_RESTARTS = 8;

/**
 * `change`: the snapshot says so; `id` is the new one (the old one of a `D`), absent for a folder that only has
 * something else in it. `root`: a snapshot without parents, which lists no changes; whether it has the path, its tree
 * tells.
 */
export type PathEvent =
  | { kind: 'change'; snapshot: Id; letter: ChangeLetter; metadataOnly: boolean; id?: Id }
  | { kind: 'root'; snapshot: Id };

export interface HistoryIndexOptions {
  /** Called while snapshots are recorded. */
  onProgress?: (progress: HistoryProgress) => void;
}

type Item = SnapshotAt & { event: PathEvent };

/** A chain from its bottom up to a height, as far as it was read. */
interface Cursor {
  chain: number;
  /** the highest that was not read yet; −1: all was */
  height: number;
  /** below the chain is no other */
  isRooted: boolean;
  page: number;
  /** newest last */
  items: Item[];
}

export class HistoryIndex {
  readonly #db: IndexDb;
  readonly #reader: ObjectReader;
  readonly #options: HistoryIndexOptions;

  constructor(db: IndexDb, reader: ObjectReader, options: HistoryIndexOptions = {}) {
    this.#db = db;
    this.#reader = reader;
    this.#options = options;
  }

  /**
   * Records what is not recorded yet of `tip` and its ancestors. Resolves the generation of the index that has it.
   * @throws MISSING_OBJECT, DAMAGED, and as `IndexDb.write`
   */
  async fill(tip: Id): Promise<string> {
    for (let restarts = 0; restarts < MAX_RESTARTS; restarts++) {
      const generation = await this.#db.read((index) => index.generation);
      try {
        await fillHistory(this.#db, this.#reader, tip, generation, this.#options.onProgress);
        return generation;
      } catch (error) {
        await this.#startAnew(error, generation);
      }
    }
    throw lostAgain(this.#db);
  }

  /**
   * The snapshots among `tip` and its ancestors that changed `path` (from the root, not empty), and those without
   * parents. Each once, children before their parents, in the order of `ancestors`. Fills what is missing first.
   * @throws as `fill`
   */
  async *events(path: Buffer, tip: Id): AsyncGenerator<PathEvent, void, undefined> {
    invariant(path.length > 0, 'every snapshot is an event of the root');
    const given = new Set<string>();
    for (let restarts = 0; restarts < MAX_RESTARTS; restarts++) {
      const generation = await this.fill(tip);
      try {
        for await (const event of this.#walk(hashPath(path), tip, generation)) {
          const key = idKey(event.snapshot);
          if (given.has(key)) continue; // before the index was lost
          given.add(key);
          yield event;
        }
        return;
      } catch (error) {
        await this.#startAnew(error, generation);
      }
    }
    throw lostAgain(this.#db);
  }

  /** Merges the chains. */
  async *#walk(pathHash: Buffer, tip: Id, generation: string): AsyncGenerator<PathEvent, void, undefined> {
    const cursors = await this.#slice(generation, (index) => openCursors(index, tip));
    for (;;) {
      let newest: Cursor | undefined;
      for (const cursor of cursors) {
        if (cursor.items.length === 0 && cursor.height >= 0) {
          await this.#slice(generation, (index) => readPage(index, pathHash, cursor));
        }
        if (cursor.items.length > 0 && (!newest || isNewer(cursor, newest))) newest = cursor;
      }
      if (!newest) return;
      yield newest.items.pop()!.event;
    }
  }

  #slice<T>(generation: string, slice: (index: IndexReader) => Promise<T>): Promise<T> {
    return this.#db.read((index) => {
      if (index.generation !== generation) throw new HistoryLost();
      return slice(index);
    });
  }

  /** Rethrows what is no loss. An index that still is the one that was read has holes, and is thrown away. */
  async #startAnew(error: unknown, generation: string): Promise<void> {
    if (!(error instanceof HistoryLost)) throw error;
    await this.#db.replace(generation);
  }
}

/** The order of `ancestors` (ancestry.ts). */
function isNewer(a: Cursor, b: Cursor): boolean {
  const x = a.items.at(-1)!;
  const y = b.items.at(-1)!;
  return (x.generation - y.generation || x.timeS - y.timeS || x.timeNs - y.timeNs) > 0;
}

/** The chains that hold `tip` and its ancestors, each up to the highest of them. */
async function openCursors(index: IndexReader, tip: Id): Promise<Cursor[]> {
  const heights = new Map<number, number>();
  const rooted = new Set<number>();
  const waiting: Place[] = [knownPlace(index, tip)];
  for (let place = waiting.pop(); place; place = waiting.pop()) {
    const { chain, height } = place;
    const low = heights.get(chain) ?? -1;
    if (height <= low) continue;
    if (low < 0) {
      const { base } = decodeChain(present(index.get(chainKey(chain))));
      if (base) waiting.push(base);
      else rooted.add(chain);
    }
    heights.set(chain, height);
    await addParents(index, chain, height, low, waiting);
  }
  return [...heights].map(([chain, height]) => {
    return { chain, height, isRooted: rooted.has(chain), page: FIRST_PAGE, items: [] };
  });
}

/** Adds the places of the further parents of a chain's snapshots from `high` down to above `low`. */
async function addParents(
  index: IndexReader,
  chain: number,
  high: number,
  low: number,
  waiting: Place[],
): Promise<void> {
  for (let from = high; from > low; ) {
    const range = heightRange(parentsKey, chain, from, low);
    const found = await index.entries(range, PARENTS_PAGE);
    for (const [, value] of found) {
      for (const parent of decodeParents(value)) waiting.push(knownPlace(index, parent));
    }
    if (found.length < PARENTS_PAGE) return;
    from = heightOfKey(found.at(-1)![0]) - 1;
  }
}

/** Reads the next changes of the path below those that the cursor has given. */
async function readPage(index: IndexReader, pathHash: Buffer, cursor: Cursor): Promise<void> {
  const { chain, height, page } = cursor;
  const found = await index.entries(
    heightRange((place) => changeKey(pathHash, place), chain, height, -1),
    page,
  );
  const items: Item[] = found.map(([key, value]) => {
    const at = snapshotAt(index, { chain, height: heightOfKey(key) });
    return { ...at, event: { kind: 'change', snapshot: at.id, ...decodeChange(value) } };
  });
  const atEnd = found.length < page;
  if (atEnd && cursor.isRooted) {
    const root = snapshotAt(index, { chain, height: 0 });
    items.push({ ...root, event: { kind: 'root', snapshot: root.id } });
  }
  cursor.height = atEnd ? -1 : heightOfKey(found.at(-1)![0]) - 1;
  cursor.page = Math.min(page * 2, MAX_PAGE);
  cursor.items = items.reverse();
}

function snapshotAt(index: IndexReader, place: Place): SnapshotAt {
  return decodeSnapshotAt(present(index.get(placeKey(place))));
}

function knownPlace(index: IndexReader, id: Id): Place {
  return present(placeOf(index, id));
}

/** What a complete history has. */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new HistoryLost();
  return value;
}

function lostAgain(db: IndexDb): VaultError {
  return new VaultError('IO', `the index ${db.path} was lost ${MAX_RESTARTS} times while it was read`, {
    hint: 'see what else removes it; the vault itself is not affected',
    subject: db.path,
  });
}
