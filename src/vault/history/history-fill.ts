/**
 * Fills the history of paths: gives each snapshot a place in a chain and records its changes there.
 *
 * A snapshot whose first parent is the head of a chain extends it, any other begins a chain on its parent's place. So
 * the history of a line is a handful of ranges of keys, however long it is. Batches are bounded and each is atomic: a
 * snapshot that needs several has its place from the first on and is complete only with the last, so that whoever is
 * killed in between, or fills at the same time, does no harm.
 */
import { VaultError } from '../../errors.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { type Id, idKey } from '../../store/id.ts';
import type { IndexDb, IndexReader, IndexWriter } from '../../store/index/db.ts';
import type { ObjectReader } from '../../store/store.ts';
import {
  CHAIN_COUNT_KEY,
  type Chain,
  chainKey,
  changeKey,
  decodeChain,
  decodeChainCount,
  decodePlace,
  encodeChain,
  encodeChainCount,
  encodePlace,
  encodeSnapshotAt,
  type Place,
  parentsKey,
  placeKey,
  type SnapshotAt,
  type SnapshotPlace,
  snapshotKey,
} from './history-keys.ts';
import { type HistoryRow, historyRows } from './history-rows.ts';

/** Rows and snapshots of one batch: some 40 ms, in which no other process gets at the index. */
const BATCH_ROWS = 8192;
const BATCH_SNAPSHOTS = 256;

export interface HistoryProgress {
  snapshots: number;
  total: number;
}

/** Not recorded yet; about 300 bytes. */
interface Pending extends SnapshotAt {
  parents: Id[];
  changes: Id | undefined;
}

/** Some of a snapshot's rows. */
interface Piece {
  snapshot: Pending;
  rows: HistoryRow[];
  isLast: boolean;
}

/** What the index knew of the history is void: it was replaced meanwhile, or has holes. */
export class HistoryLost extends Error {}

/**
 * Records `tip` and all its ancestors that are not.
 * @throws `HistoryLost` when the index is no longer the one of this `generation`, MISSING_OBJECT, DAMAGED
 */
export async function fillHistory(
  db: IndexDb,
  reader: ObjectReader,
  tip: Id,
  generation: string,
  onProgress?: (progress: HistoryProgress) => void,
): Promise<void> {
  const pending = await findPending(db, reader, tip);
  let snapshots = 0;
  let writing: Promise<void> = Promise.resolve();
  for await (const pieces of batches(reader, pending)) {
    await writing;
    writing = db.write((writer) => {
      if (writer.generation !== generation) throw new HistoryLost();
      writePieces(writer, pieces);
    });
    // The next batch is made meanwhile; should that fail, this failure is not waited for.
    writing.catch(() => undefined);
    snapshots += pieces.filter(({ isLast }) => isLast).length;
    onProgress?.({ snapshots, total: pending.length });
  }
  await writing;
}

/** A snapshot's place, if it has one. */
export function placeOf(reader: IndexReader, id: Id): SnapshotPlace | undefined {
  const value = reader.get(snapshotKey(id));
  return value && decodePlace(value);
}

/** Snapshots that are not complete, parents before their children. */
async function findPending(db: IndexDb, reader: ObjectReader, tip: Id): Promise<Pending[]> {
  const order: Pending[] = [];
  const seen = new Set<string>();
  const stack: (Id | Pending)[] = [tip];
  for (let top = stack.pop(); top; top = stack.pop()) {
    if (!Buffer.isBuffer(top)) {
      order.push(top); // its parents were above it on the stack
      continue;
    }
    const id = top;
    if (seen.has(idKey(id))) continue;
    seen.add(idKey(id));
    if ((await db.read((index) => placeOf(index, id)))?.isComplete) continue;
    const pending = await readPending(reader, id);
    stack.push(pending, ...pending.parents);
  }
  return order;
}

async function readPending(reader: ObjectReader, id: Id): Promise<Pending> {
  const { parents, changes, generation, timeS, timeNs } = await readSnapshot(reader, id);
  if (parents.length > 0 && !changes) {
    const hex = id.toString('hex');
    throw new VaultError('DAMAGED', `snapshot ${hex} has a parent but does not say what has changed`, {
      hint: '`vault diff` compares it with its parent',
      subject: hex,
    });
  }
  return { id, generation, timeS, timeNs, parents, changes };
}

/** Each snapshot in one piece or more, the last of them marked. */
async function* batches(
  reader: ObjectReader,
  pending: readonly Pending[],
): AsyncGenerator<Piece[], void, undefined> {
  let batch: Piece[] = [];
  let rows = 0;
  for (const snapshot of pending) {
    let piece: Piece = { snapshot, rows: [], isLast: false };
    batch.push(piece);
    for await (const page of snapshot.changes ? historyRows(reader, snapshot.changes) : []) {
      for (const row of page) piece.rows.push(row);
      rows += page.length;
      if (rows < BATCH_ROWS) continue;
      yield batch;
      piece = { snapshot, rows: [], isLast: false };
      batch = [piece];
      rows = 0;
    }
    piece.isLast = true;
    if (batch.length < BATCH_SNAPSHOTS) continue;
    yield batch;
    batch = [];
    rows = 0;
  }
  if (batch.length > 0) yield batch;
}

function writePieces(writer: IndexWriter, pieces: readonly Piece[]): void {
  const places = new Places(writer);
  for (const { snapshot, rows, isLast } of pieces) {
    const place = places.of(snapshot);
    if (place.isComplete) continue; // another process was faster
    for (const { pathHash, value } of rows) writer.put(changeKey(pathHash, place), value);
    if (isLast) places.complete(snapshot.id, place);
  }
}

/** The places of snapshots within one batch, whose own changes the index does not show yet. */
class Places {
  readonly #writer: IndexWriter;
  readonly #known = new Map<string, SnapshotPlace>();
  readonly #chains = new Map<number, Chain>();
  #count: number;

  constructor(writer: IndexWriter) {
    this.#writer = writer;
    this.#count = decodeChainCount(writer.get(CHAIN_COUNT_KEY));
  }

  /** The snapshot's place; a new one when it has none. */
  of(snapshot: Pending): SnapshotPlace {
    const found = this.#find(snapshot.id);
    if (found) return found;
    const first = snapshot.parents[0];
    const parent = first && this.#find(first);
    if (first && !parent) throw new HistoryLost();
    const place = { ...this.#above(parent), isComplete: false };
    this.#put(snapshot.id, place);
    this.#writer.put(placeKey(place), encodeSnapshotAt(snapshot));
    const others = snapshot.parents.slice(1);
    if (others.length > 0) this.#writer.put(parentsKey(place), Buffer.concat(others));
    return place;
  }

  complete(id: Id, place: SnapshotPlace): void {
    this.#put(id, { ...place, isComplete: true });
  }

  #above(parent: Place | undefined): Place {
    if (parent) {
      const chain = this.#chain(parent.chain);
      if (chain.head === parent.height) {
        const height = parent.height + 1;
        this.#putChain(parent.chain, { ...chain, head: height });
        return { chain: parent.chain, height };
      }
    }
    const place = { chain: this.#count, height: parent ? parent.height + 1 : 0 };
    const base = parent && { chain: parent.chain, height: parent.height };
    this.#putChain(place.chain, { base, head: place.height });
    this.#writer.put(CHAIN_COUNT_KEY, encodeChainCount(++this.#count));
    return place;
  }

  #find(id: Id): SnapshotPlace | undefined {
    return this.#known.get(idKey(id)) ?? placeOf(this.#writer, id);
  }

  #put(id: Id, place: SnapshotPlace): void {
    this.#known.set(idKey(id), place);
    this.#writer.put(snapshotKey(id), encodePlace(place));
  }

  #chain(chain: number): Chain {
    const known = this.#chains.get(chain);
    if (known) return known;
    const value = this.#writer.get(chainKey(chain));
    if (!value) throw new HistoryLost();
    return decodeChain(value);
  }

  #putChain(chain: number, value: Chain): void {
    this.#chains.set(chain, value);
    this.#writer.put(chainKey(chain), encodeChain(value));
  }
}
