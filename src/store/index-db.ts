/**
 * The index's LevelDB, held briefly: LevelDB admits one process, and many work in one vault at a time.
 *
 * It is opened at the first use and closed when it is idle. A process that finds it locked tries again, and each try
 * replaces the `LOG` file in the folder (LevelDB rotates it before it looks at the lock). The holder sees that, and lets
 * the other in; so alone it need not close, and opening, which replays the log, is spared.
 *
 * Work is done in slices. A slice must be short (some milliseconds; long work is cut into many), since nobody else
 * gets in while it runs.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { invariant, isVaultError, VaultError } from '../errors.ts';
import {
  BrokenIndex,
  classify,
  type Db,
  DeniedIndex,
  type IndexPlace,
  identityOf,
  type Marker,
  moveAside,
  openFolder,
  writeMarker,
} from './index-folder.ts';
import { seal, unseal } from './index-value.ts';

export type { IndexPlace } from './index-folder.ts';

/** While there is work, held at most so long when another process waits, … */
const CONTENDED_MS = 50;
/** … or at all, in case such a process cannot be seen; a single slice may take longer. */
const HOLD_MS = 1000;
/** Between two looks at whether another process waits. */
const LOOK_MS = 20;
/** Without work for so long: closed; at once when another process waits. */
const IDLE_MS = 100;
/** Between two looks while there is no work. */
const TICK_MS = 5;
/** Before it is opened again after another process was let in: longer than such a process sleeps between two tries. */
const PAUSE_MS = 10;
/** How long another process is waited for. */
const PATIENCE_MS = 30_000;
/** Bytes that an iteration takes from LevelDB at a time. */
const READ_AHEAD = 1024 * 1024;
/** Times that a damaged index is replaced before a command gives up. */
const MAX_REPLACED = 4;

export interface IndexDbOptions {
  /** where the index may be, the best first; the next is taken when one cannot be written. 1 … n */
  places: readonly IndexPlace[];
  /** 64 hex digits, from the vault's config */
  vaultId: string;
  signal?: AbortSignal;
  /** milliseconds to wait for another process; 30 s unless given */
  patience?: number;
}

/** Keys from `gte` up to, but without, `lt`. */
export interface KeyRange {
  gte: Buffer;
  lt: Buffer;
}

/** Reads of one slice. Values come without their checksum, which has been checked. */
export interface IndexReader {
  readonly generation: string;
  readonly complete: boolean;
  /** Synchronous: 4–6 µs when the key is there, 1 µs when not; `getMany` of LevelDB is no faster. */
  get(key: Buffer): Buffer | undefined;
  /** At most `limit` entries in ascending order of keys, descending with `reverse`. */
  entries(range: KeyRange, limit: number, reverse?: boolean): Promise<[key: Buffer, value: Buffer][]>;
}

/** Changes of one slice: all of them happen, or none. What was changed is not yet seen by the slice's own reads. */
export interface IndexWriter extends IndexReader {
  put(key: Buffer, value: Buffer): void;
  del(key: Buffer): void;
}

/** The range of all keys that begin with `prefix`: 1 … n bytes, not all of them 255. */
export function prefixRange(prefix: Buffer): KeyRange {
  const lt = Buffer.from(prefix);
  let last = lt.length - 1;
  while (last >= 0 && lt[last] === 0xff) last--;
  invariant(last >= 0, 'a range without an end');
  lt[last]!++;
  return { gte: prefix, lt: lt.subarray(0, last + 1) };
}

export class IndexDb {
  readonly #options: IndexDbOptions;
  #place = 0;
  #held: Held | undefined;
  #opening: Promise<void> | undefined;
  #closing: Promise<void> = Promise.resolve();
  #writing: Promise<unknown> = Promise.resolve();
  /** `performance.now()` before which it is not opened again. */
  #notBefore = 0;
  #replaced = 0;
  #isClosed = false;

  constructor(options: IndexDbOptions) {
    invariant(options.places.length > 0, 'an index without a place');
    this.#options = options;
  }

  /** Where the index is. */
  get path(): string {
    return this.#current.path;
  }

  /**
   * Runs `slice`, which must be synchronous, at once; undefined when that cannot be: the index is not open, another
   * process is to be let in, or damage was met. `read` then does what is needed.
   */
  now<T>(slice: (reader: IndexReader) => T): T | undefined {
    const held = this.#held;
    if (!held?.mayGoOn()) return undefined;
    try {
      return slice(held.use());
    } catch (error) {
      held.assertReplaceable(error);
      return undefined;
    }
  }

  /**
   * Runs `slice` on the open index. When that meets damage, the index is replaced by an empty, incomplete one and
   * `slice` runs again.
   * @throws BUSY, NO_SPACE, PERMISSION, IO, ABORTED, and what `slice` throws
   */
  read<T>(slice: (reader: IndexReader) => T | Promise<T>): Promise<T> {
    return this.#run(slice);
  }

  /** Runs `slice`, then makes its changes in one atomic batch. Writing slices of a process come one after the other. */
  write<T>(slice: (writer: IndexWriter) => T | Promise<T>): Promise<T> {
    const written = this.#writing.then(() =>
      this.#run(async (held) => {
        const batch = new Batch(held);
        try {
          const result = await slice(batch);
          await batch.commit();
          return result;
        } finally {
          await batch.close();
        }
      }),
    );
    this.#writing = written.catch(() => undefined);
    return written;
  }

  /** Marks the index as complete, unless it was replaced since it was that `generation`: then false. */
  markComplete(generation: string): Promise<boolean> {
    return this.#run(async ({ db, marker }) => {
      if (marker.generation !== generation) return false;
      if (marker.complete) return true;
      await writeMarker(db, this.#options.vaultId, { generation, complete: true });
      marker.complete = true;
      return true;
    });
  }

  /** Throws the index away, unless it was replaced since it was that `generation`. The next slice finds a new, empty one. */
  async replace(generation: string): Promise<void> {
    const held = await this.#acquire();
    held.active--;
    if (held.marker.generation === generation) await this.#replace(held);
  }

  /** Closes LevelDB now if no slice runs: for a command that does something else for long. */
  async release(): Promise<void> {
    const held = this.#held;
    if (held?.active === 0) await this.#letGo(held);
  }

  /** Ends it. No slice may run or come after. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opening?.catch(() => undefined);
    if (this.#held) await this.#letGo(this.#held);
  }

  async #run<T>(slice: (held: Held) => T | Promise<T>): Promise<T> {
    for (;;) {
      const held = await this.#acquire();
      try {
        return await slice(held.use());
      } catch (error) {
        held.assertReplaceable(error);
      } finally {
        held.active--;
      }
      await this.#replace(held);
    }
  }

  get #current(): IndexPlace {
    return this.#options.places[this.#place]!;
  }

  /** The open index with one more active slice. */
  async #acquire(): Promise<Held> {
    for (;;) {
      invariant(!this.#isClosed, 'the index is used after it was closed');
      const held = this.#held;
      if (!held) {
        this.#opening ??= this.#open().finally(() => {
          this.#opening = undefined;
        });
        await this.#opening;
      } else if (held.mayGoOn()) {
        held.active++;
        return held;
      } else if (held.active > 0) {
        await held.untilIdle();
      } else {
        await this.#letGo(held);
        this.#notBefore = performance.now() + PAUSE_MS;
      }
    }
  }

  async #open(): Promise<void> {
    await this.#closing.catch(() => undefined);
    const pause = this.#notBefore - performance.now();
    if (pause > 0) await delay(pause);
    const { vaultId, signal, patience = PATIENCE_MS } = this.#options;
    for (;;) {
      try {
        const { db, marker } = await openFolder(this.#current, { vaultId, signal, patience });
        this.#held = new Held(db, marker, this.#current, (held) => {
          this.#letGo(held).catch(() => undefined); // nothing is lost: what was written is with the system
        });
        return;
      } catch (error) {
        // A full disk must not keep anybody from reading, or from the gc that would free some of it.
        const isUnusable = error instanceof DeniedIndex || isVaultError(error, 'NO_SPACE');
        if (isUnusable && this.#place + 1 < this.#options.places.length) this.#place++;
        else throw error instanceof DeniedIndex ? denied(this.#current, error) : error;
      }
    }
  }

  async #letGo(held: Held): Promise<void> {
    if (this.#held === held) this.#held = undefined;
    this.#closing = held.close();
    await this.#closing;
  }

  /** LevelDB is still locked by us while its folder is moved, so no other process can be using it. */
  async #replace(held: Held): Promise<void> {
    if (this.#held !== held) return held.close();
    held.isDoomed = true;
    while (held.active > 0) await held.untilIdle();
    if (this.#held !== held) return held.close();
    if (++this.#replaced > MAX_REPLACED) {
      throw new VaultError('IO', `the index ${held.place.path} is damaged again and again`, {
        hint: 'check the disk and the memory of this machine; the vault itself is not affected',
        subject: held.place.path,
      });
    }
    await moveAside(held.place, held.identity);
    await this.#letGo(held);
  }
}

/** The open LevelDB. */
class Held implements IndexReader {
  readonly db: Db;
  readonly marker: Marker;
  readonly place: IndexPlace;
  readonly identity: string | undefined;
  /** slices that run */
  active = 0;
  /** it will be replaced: no further slice */
  isDoomed = false;
  readonly #log: string | undefined;
  readonly #openedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #lastUse = this.#openedAt;
  #lastLook = this.#openedAt;
  #isWanted = false;
  #closing: Promise<void> | undefined;

  constructor(db: Db, marker: Marker, place: IndexPlace, onIdle: (held: Held) => void) {
    this.db = db;
    this.marker = marker;
    this.place = place;
    this.identity = identityOf(place.path);
    this.#log = identityOf(`${place.path}/LOG`);
    this.#timer = setInterval(() => {
      const isOver = this.#look(performance.now()) || performance.now() - this.#lastUse >= IDLE_MS;
      if (this.active === 0 && isOver) onIdle(this);
    }, TICK_MS);
    this.#timer.unref();
  }

  get generation(): string {
    return this.marker.generation;
  }

  get complete(): boolean {
    return this.marker.complete;
  }

  get(key: Buffer): Buffer | undefined {
    const stored = this.db.getSync(key);
    return stored && this.#open(key, stored);
  }

  async entries(range: KeyRange, limit: number, reverse = false): Promise<[Buffer, Buffer][]> {
    const found: [Buffer, Buffer][] = [];
    const options = { ...range, limit, reverse, highWaterMarkBytes: READ_AHEAD };
    const iterator = this.db.iterator(options);
    try {
      // It returns fewer than asked for when they fill its buffer, and none at the end.
      for (let more = true; more && found.length < limit; ) {
        const entries = await iterator.nextv(limit - found.length);
        for (const [key, stored] of entries) found.push([key, this.#open(key, stored)]);
        more = entries.length > 0;
      }
      return found;
    } finally {
      await iterator.close();
    }
  }

  /** Notes that it is in use. */
  use(): this {
    this.#lastUse = performance.now();
    return this;
  }

  /** False when another process waits, or it was held for long. */
  mayGoOn(): boolean {
    const now = performance.now();
    const isWanted = now - this.#lastLook >= LOOK_MS ? this.#look(now) : this.#isWanted;
    const heldFor = now - this.#openedAt;
    return !this.isDoomed && heldFor < HOLD_MS && !(isWanted && heldFor >= CONTENDED_MS);
  }

  /** Whether another process waits. */
  #look(now: number): boolean {
    this.#lastLook = now;
    this.#isWanted ||= identityOf(`${this.place.path}/LOG`) !== this.#log;
    return this.#isWanted;
  }

  async untilIdle(): Promise<void> {
    while (this.active > 0) await delay(1);
  }

  /** Rethrows what is no damage of the index. */
  assertReplaceable(error: unknown): void {
    const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
    const isLevel = code === 'LEVEL_CORRUPTION' || code === 'LEVEL_IO_ERROR';
    const failure = isLevel ? classify(error, this.place.path) : error;
    if (failure instanceof DeniedIndex) throw denied(this.place, failure);
    if (!(failure instanceof BrokenIndex)) throw failure;
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing ??= this.db.close();
    return this.#closing;
  }

  #open(key: Buffer, stored: Buffer): Buffer {
    const value = unseal(key, stored);
    if (value === undefined) throw new BrokenIndex(`the value of ${key.toString('hex')} is damaged`);
    return value;
  }
}

class Batch implements IndexWriter {
  readonly #held: Held;
  readonly #batch: ReturnType<Db['batch']>;

  constructor(held: Held) {
    this.#held = held;
    this.#batch = held.db.batch();
  }

  get generation(): string {
    return this.#held.generation;
  }

  get complete(): boolean {
    return this.#held.complete;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#held.get(key);
  }

  entries(range: KeyRange, limit: number, reverse?: boolean): Promise<[Buffer, Buffer][]> {
    return this.#held.entries(range, limit, reverse);
  }

  put(key: Buffer, value: Buffer): void {
    this.#batch.put(key, seal(key, value));
  }

  del(key: Buffer): void {
    this.#batch.del(key);
  }

  async commit(): Promise<void> {
    if (this.#batch.length > 0) await this.#batch.write();
  }

  async close(): Promise<void> {
    await this.#batch.close();
  }
}

function denied(place: IndexPlace, cause: Error): VaultError {
  return new VaultError('PERMISSION', `no permission to write the index ${place.path}`, {
    hint: 'give another cache folder that you may write, or check the owner and mode of this one',
    subject: place.path,
    cause,
  });
}
