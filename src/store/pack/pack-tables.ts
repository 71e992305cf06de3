/**
 * Tables of the packs that many objects were found in lately, for lookups by the ten thousand. What no table has, the index is
 * asked for: so they only ever save time.
 */
import { isVaultError } from '../../errors.ts';
import type { Backend } from '../backend/backend.ts';
import type { Id } from '../id.ts';
import { packKey } from '../layout.ts';
import type { Location } from '../store.ts';
import { readContents } from './pack-reader.ts';
import { PackTable } from './pack-table.ts';

export interface TableLimits {
  /** objects found in a pack before its table is worth reading: 2 ms, as long as 500 lookups in LevelDB, or 50 of the first ones */
  leastFound: number;
  /** held by all tables together */
  mostBytes: number;
}

const MOST_TABLES = 64;
/** Packs whose finds are counted. */
const MOST_COUNTED = 65_536;

export class PackTables {
  readonly #backend: Backend;
  readonly #limits: TableLimits;
  /** the last used first */
  #tables: PackTable[] = [];
  #found = new Map<string, number>();
  readonly #due: string[] = [];

  constructor(backend: Backend, limits: TableLimits) {
    this.#backend = backend;
    this.#limits = limits;
  }

  find(id: Id): Location | undefined {
    const tables = this.#tables;
    for (let i = 0; i < tables.length; i++) {
      const table = tables[i]!;
      const place = table.find(id);
      if (!place) continue;
      this.#moveUp(i);
      return place;
    }
    return undefined;
  }

  /** The length of the chunk whose id is at `at` of `ids`; undefined when no table has it. */
  lengthOf(ids: Buffer, at: number): number | undefined {
    const tables = this.#tables;
    for (let i = 0; i < tables.length; i++) {
      const length = tables[i]!.lengthOf(ids, at);
      if (length === undefined) continue;
      this.#moveUp(i);
      return length;
    }
    return undefined;
  }

  /** A pack that has the chunk whose id is at `at` of `ids`; undefined when no table has it. */
  packOf(ids: Buffer, at: number): string | undefined {
    // Whatever has it is the first one now.
    return this.lengthOf(ids, at) === undefined ? undefined : this.#tables[0]!.pack;
  }

  /** What was just found is likely followed by what lies beside it. */
  #moveUp(i: number): void {
    if (i === 0) return;
    const table = this.#tables[i]!;
    for (let j = i; j > 0; j--) this.#tables[j] = this.#tables[j - 1]!;
    this.#tables[0] = table;
  }

  /** The index found an object in a pack. */
  note(pack: string): void {
    const count = (this.#found.get(pack) ?? 0) + 1;
    if (this.#found.size >= MOST_COUNTED) this.#found = new Map();
    this.#found.set(pack, count);
    if (count === this.#limits.leastFound) this.#due.push(pack);
  }

  /** A table has become worth reading. */
  get isDue(): boolean {
    return this.#due.length > 0;
  }

  /** Reads the tables that have become worth it. Packs that are gone or damaged get none. */
  async load(): Promise<void> {
    for (let pack = this.#due.pop(); pack !== undefined; pack = this.#due.pop()) {
      try {
        const size = await this.#backend.size(packKey(pack));
        if (size !== undefined) this.#add(new PackTable(pack, await readContents(this.#backend, pack, size)));
      } catch (error) {
        if (!isVaultError(error, 'NOT_FOUND', 'DAMAGED', 'UNKNOWN_FORMAT')) throw error;
      }
    }
  }

  #add(table: PackTable): void {
    this.#tables.unshift(table);
    let bytes = 0;
    let kept = 0;
    for (const { bytes: more } of this.#tables) {
      bytes += more;
      if (kept === MOST_TABLES || (kept > 0 && bytes > this.#limits.mostBytes)) break;
      kept++;
    }
    for (const { pack } of this.#tables.splice(kept)) this.#found.delete(pack);
  }
}
