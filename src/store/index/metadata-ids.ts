/**
 * The ids of all metadata objects, for lookups by the ten thousand: an id is looked for among metadata first, and most are chunks'. A miss
 * in LevelDB takes 3 µs, here 0.1.
 */
import { isVaultError } from '../../errors.ts';
import type { Backend } from '../backend/backend.ts';
import type { Id } from '../id.ts';
import { IdSet } from '../id-set.ts';
import { ROW_LENGTH, rowId } from '../pack/object-table.ts';
import { readContents } from '../pack/pack-reader.ts';
import { PackKind } from '../space.ts';
import type { ObjectIndex } from './object-index.ts';

/** Lookups before they are worth reading (some milliseconds). */
const LEAST_ASKED = 1024;
/** Where there are more, the index is asked each time: 6 MB of ids, and 0.2 ms a pack. */
const MOST_IDS = 65_536;
const MOST_PACKS = 256;

export class MetadataIds {
  readonly #index: ObjectIndex;
  readonly #backend: Backend;
  #asked = 0;
  #ids: IdSet | undefined;

  constructor(index: ObjectIndex, backend: Backend) {
    this.#index = index;
    this.#backend = backend;
  }

  /** Counts lookups, and reads the ids once there were many. */
  async note(count: number): Promise<void> {
    const before = this.#asked;
    this.#asked += count;
    if (before < LEAST_ASKED && this.#asked >= LEAST_ASKED) this.#ids = await this.#read();
  }

  /** They are at hand. */
  get areKnown(): boolean {
    return this.#ids !== undefined;
  }

  /** False when no metadata object had the id at `at` of `ids` when they were read: what came since may have. */
  mayHave(ids: Id, at = 0): boolean {
    return this.#ids === undefined || this.#ids.has(ids, at);
  }

  /** From the packs' tables: out of LevelDB it takes 20 µs an id. */
  async #read(): Promise<IdSet | undefined> {
    const packs = (await this.#index.packs(MOST_PACKS))?.filter(({ kind }) => kind === PackKind.meta);
    if (!packs || packs.reduce((sum, { objects }) => sum + objects, 0) > MOST_IDS) return undefined;
    const ids = new IdSet();
    for (const { pack, size } of packs) {
      try {
        const { objects } = await readContents(this.#backend, pack, size);
        for (let row = 0; row < objects.length / ROW_LENGTH; row++) ids.add(rowId(objects, row));
      } catch (error) {
        // Then its objects are looked for last, and found or not as any others.
        if (!isVaultError(error, 'NOT_FOUND', 'DAMAGED', 'UNKNOWN_FORMAT')) throw error;
      }
    }
    return ids;
  }
}
