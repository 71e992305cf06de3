/**
 * The index's LevelDB while this process has it: reads, one batch of changes, and when to let others in.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { VaultError } from '../../errors.ts';
import {
  BrokenIndex,
  classify,
  type Db,
  DeniedIndex,
  type IndexPlace,
  identityOf,
  type Marker,
  type OpenIndex,
} from './folder.ts';
import type { IndexMark } from './marks.ts';
import type { IndexReader, IndexWriter, KeyRange } from './slice.ts';
import { seal, unseal } from './value.ts';

/** How its messages of damage begin (`Status::ToString` in util/status.cc). */
const LEVEL_WORDS = /^(IO error|Corruption): /;

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
/** Bytes that an iteration takes from LevelDB at a time, … */
const READ_AHEAD = 1024 * 1024;
/**
 * … and entries at most. An iterator keeps the last ones until the garbage collector comes, which sees nothing of them: of a scan of
 * two million entries 4,096 at a time that was 250 MB.
 */
const AT_ONCE = 256;

/** The open LevelDB. */
export class Held implements IndexReader {
  readonly db: Db;
  readonly marker: Marker;
  readonly place: IndexPlace;
  readonly identity: string | undefined;
  /** slices that run */
  active = 0;
  /** it will be replaced: no further slice */
  isDoomed = false;
  readonly #mark: IndexMark;
  readonly #log: string | undefined;
  readonly #openedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #lastUse = this.#openedAt;
  #lastLook = this.#openedAt;
  #isWanted = false;
  #closing: Promise<void> | undefined;

  constructor({ db, marker, mark }: OpenIndex, place: IndexPlace, onIdle: (held: Held) => void) {
    this.db = db;
    this.marker = marker;
    this.#mark = mark;
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
        const entries = await iterator.nextv(Math.min(limit - found.length, AT_ONCE));
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
    // What a synchronous read throws has LevelDB's words and no code.
    const isUncoded = code === undefined && error instanceof Error && LEVEL_WORDS.test(error.message);
    const isLevel = code === 'LEVEL_CORRUPTION' || code === 'LEVEL_IO_ERROR' || isUncoded;
    const failure = isLevel ? classify(error, this.place.path) : error;
    if (failure instanceof DeniedIndex) throw denied(this.place, failure);
    if (!(failure instanceof BrokenIndex)) throw failure;
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing ??= this.db.close().then(() => this.#mark.clear());
    return this.#closing;
  }

  #open(key: Buffer, stored: Buffer): Buffer {
    const value = unseal(key, stored);
    if (value === undefined) throw new BrokenIndex(`the value of ${key.toString('hex')} is damaged`);
    return value;
  }
}

export class Batch implements IndexWriter {
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

export function denied(place: IndexPlace, cause: Error): VaultError {
  return new VaultError('PERMISSION', `no permission to write the index ${place.path}`, {
    hint: 'give another cache folder that you may write, or check the owner and mode of this one',
    subject: place.path,
    cause,
  });
}
