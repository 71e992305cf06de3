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
import { invariant, isVaultError, VaultError } from '../../errors.ts';
import { DeniedIndex, type IndexPlace, moveAside, openFolder, writeMarker } from './folder.ts';
import { Batch, denied, Held } from './held.ts';
import type { IndexReader, IndexWriter } from './slice.ts';

export type { IndexPlace } from './folder.ts';
export { type IndexReader, type IndexWriter, type KeyRange, keyAfter, prefixRange } from './slice.ts';

/** Before it is opened again after another process was let in: longer than such a process sleeps between two tries. */
const PAUSE_MS = 10;
/** How long another process is waited for. */
const PATIENCE_MS = 30_000;
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
   * `slice` runs again. A slice must not wait for another one.
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
    await this.#closing;
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
        const open = await openFolder(this.#current, { vaultId, signal, patience });
        this.#held = new Held(open, this.#current, (held) => {
          this.#letGo(held).catch(() => undefined); // nothing is lost: what was written is with the system
        });
        return;
      } catch (error) {
        this.#takeNextPlace(error);
      }
    }
  }

  /** Rethrows `error` when it is another one, or there is no other place. */
  #takeNextPlace(error: unknown): void {
    // A full disk must not keep anybody from reading, or from the gc that would free some of it.
    const isUnusable = error instanceof DeniedIndex || isVaultError(error, 'NO_SPACE');
    if (isUnusable && this.#place + 1 < this.#options.places.length) this.#place++;
    else throw error instanceof DeniedIndex ? denied(this.#current, error) : error;
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
    try {
      await moveAside(held.place, held.identity);
    } catch (error) {
      this.#takeNextPlace(error);
    } finally {
      await this.#letGo(held);
    }
  }
}
