/**
 * Which pack holds an object. A cache in LevelDB: made from the packs' footers, never asked whether data is safe.
 *
 * Refreshing and building are one thing: every pack that is not recorded yet is, in one atomic batch, by whichever
 * process comes to it. What the index does not know is a miss; what is to follow from a miss is object-store.ts's.
 */
import type { Backend } from '../backend/backend.ts';
import type { Id, ObjectType } from '../id.ts';
import type { PackContents } from '../pack/pack.ts';
import type { Space } from '../space.ts';
import type { Location } from '../store.ts';
import { type IndexDb, type IndexReader, type KeyRange, keyAfter, prefixRange } from './db.ts';
import {
  decodeEntry,
  decodePackRecord,
  duplicateKey,
  ENTRY_LENGTH,
  entryOrdinal,
  objectKey,
  PACKS,
  type PackRecord,
  packNameKey,
  packRecordKey,
  spacePrefix,
} from './entry.ts';
import {
  neverComplete,
  type RefreshProgress,
  type RefreshResult,
  recordedPacks,
  recordPack,
  refreshIndex,
} from './refresh.ts';

/** Names of packs kept in memory. */
const MAX_NAMES = 65_536;

/** Further places of one object that are looked at. */
const MAX_DUPLICATES = 64;

/** Entries taken in one slice. */
const PAGE = 4096;

/** Times that a slice waits for the index to be built: others may throw it away meanwhile. */
const MAX_BUILDS = 4;

export interface ObjectIndexOptions {
  /** Called while packs are recorded. */
  onProgress?: (progress: RefreshProgress) => void;
  signal?: AbortSignal;
}

export class ObjectIndex {
  readonly db: IndexDb;
  readonly #backend: Backend;
  readonly #options: ObjectIndexOptions;
  #names = new Map<number, string>();
  #namesOf: string | undefined;
  #refreshing: Promise<RefreshResult> | undefined;
  #nextRefresh: Promise<RefreshResult> | undefined;

  constructor(db: IndexDb, backend: Backend, options: ObjectIndexOptions = {}) {
    this.db = db;
    this.#backend = backend;
    this.#options = options;
  }

  /** Runs a synchronous slice at once; undefined when there is no complete index at hand: then `read` sees to that. */
  now<T>(slice: (reader: IndexReader) => T): T | undefined {
    return this.db.now((reader) => (reader.complete ? slice(reader) : undefined));
  }

  /** Runs `slice` on an index in which every pack has been recorded since it was made. Errors as for `IndexDb.read`. */
  async read<T>(slice: (reader: IndexReader) => T | Promise<T>): Promise<T> {
    for (let builds = 0; ; builds++) {
      const done = await this.db.read(async (reader) => reader.complete && { value: await slice(reader) });
      if (done) return done.value;
      if (builds === MAX_BUILDS) throw neverComplete(this.db);
      await this.refresh();
    }
  }

  /** The object's place in a pack that is there as far as the index knows; metadata first where no space is given. */
  async find(id: Id, space?: Space): Promise<Location | undefined> {
    if (space) return (await this.places(id, space))[0];
    return (await this.find(id, 'meta')) ?? this.find(id, 'chunk');
  }

  /** Every place of the object, the last recorded first. */
  places(id: Id, space: Space): Promise<Location[]> {
    return this.read(async (reader) => {
      const further = await reader.entries(prefixRange(duplicateKey(objectKey(space, id))), MAX_DUPLICATES);
      const first = this.findNow(reader, id, space);
      const others = further.map(([, value]) => this.locationOf(reader, value));
      return [first, ...others].filter((location) => location !== undefined);
    });
  }

  /** `find` within a slice, synchronous; without the object's further places, which matter when a pack is gone. */
  findNow(reader: IndexReader, id: Id, space?: Space): Location | undefined {
    if (!space) return this.findNow(reader, id, 'meta') ?? this.findNow(reader, id, 'chunk');
    const value = reader.get(objectKey(space, id));
    return value && this.locationOf(reader, value);
  }

  /** The pack in which the object of a key (index/entry.ts) lies. */
  packOf(reader: IndexReader, key: Buffer): string | undefined {
    const value = reader.get(key);
    return value && this.#packName(reader, entryOrdinal(value));
  }

  /** What is recorded of a pack. */
  packRecord(reader: IndexReader, pack: string): PackRecord | undefined {
    const ordinal = reader.get(packNameKey(pack));
    const record = ordinal && reader.get(packRecordKey(ordinal.readUInt32BE()));
    return record && decodePackRecord(record);
  }

  /** What is recorded of every pack; undefined where there are more than `limit`. */
  packs(limit: number): Promise<PackRecord[] | undefined> {
    return this.read(async (reader) => {
      const records = await reader.entries(prefixRange(PACKS), limit + 1);
      return records.length > limit ? undefined : records.map(([, value]) => decodePackRecord(value));
    });
  }

  /** The place that an entry's value names; undefined when its pack is gone. */
  locationOf(reader: IndexReader, value: Buffer): Location | undefined {
    const pack = this.#packName(reader, entryOrdinal(value));
    if (pack === undefined || value.length !== ENTRY_LENGTH) return undefined;
    const { ordinal: _, ...place } = decodeEntry(value);
    return { pack, ...place };
  }

  /**
   * Objects whose id begins with `digits` (lower-case hex), ascending, metadata before chunks of the same id.
   */
  async complete(digits: string, limit: number): Promise<{ id: Id; type: ObjectType }[]> {
    if (!/^[0-9a-f]{0,64}$/.test(digits)) return [];
    const found = await this.read(async (reader) => [
      ...(await this.#completeIn(reader, 'meta', digits, limit)),
      ...(await this.#completeIn(reader, 'chunk', digits, limit)),
    ]);
    return found.sort((a, b) => a.id.compare(b.id) || b.type - a.type).slice(0, limit);
  }

  /** All objects of a space in ascending order of their ids, a page at a time. */
  async *each(space: Space): AsyncGenerator<{ id: Id; location: Location }[], void, undefined> {
    const range = prefixRange(spacePrefix(space));
    for (let more = true; more; ) {
      yield await this.read(async (reader) => {
        const entries = await reader.entries(range, PAGE);
        const page: { id: Id; location: Location }[] = [];
        for (const [key, value] of entries) {
          const location = this.locationOf(reader, value);
          if (location) page.push({ id: key.subarray(1), location });
        }
        more = entries.length === PAGE;
        if (more) range.gte = keyAfter(entries.at(-1)![0]);
        return page;
      });
    }
  }

  /** Names of all packs that are recorded, ascending. */
  packNames(): AsyncGenerator<string, void, undefined> {
    return recordedPacks(this.db);
  }

  /** Records a pack that was just published. */
  async record(pack: string, contents: PackContents): Promise<void> {
    await this.db.write((writer) => recordPack(writer, pack, contents));
  }

  /**
   * Records every pack that is not, and forgets those that are gone. It begins after the call: a refresh that runs
   * already may have listed the packs before.
   */
  refresh(): Promise<RefreshResult> {
    if (!this.#refreshing) {
      this.#refreshing = refreshIndex(this.db, this.#backend, this.#options).finally(() => {
        this.#refreshing = undefined;
        this.#names.clear(); // some packs may be gone
      });
      return this.#refreshing;
    }
    this.#nextRefresh ??= this.#refreshing
      .catch(() => undefined)
      .then(() => {
        this.#nextRefresh = undefined;
        return this.refresh();
      });
    return this.#nextRefresh;
  }

  /** The same from an empty index. */
  async rebuild(): Promise<RefreshResult> {
    await this.db.replace(await this.db.read((reader) => reader.generation));
    return this.refresh();
  }

  async #completeIn(
    reader: IndexReader,
    space: Space,
    digits: string,
    limit: number,
  ): Promise<{ id: Id; type: ObjectType }[]> {
    const found: { id: Id; type: ObjectType }[] = [];
    const range = digitsRange(space, digits);
    while (found.length < limit) {
      const entries = await reader.entries(range, limit - found.length);
      const last = entries.at(-1);
      if (!last) break;
      for (const [key, value] of entries) {
        const location = this.locationOf(reader, value);
        if (location) found.push({ id: key.subarray(1), type: location.type });
      }
      range.gte = keyAfter(last[0]);
    }
    return found;
  }

  /** Names are kept as long as the index is the same one: ordinals of another mean other packs. */
  #packName(reader: IndexReader, ordinal: number): string | undefined {
    if (this.#namesOf !== reader.generation || this.#names.size > MAX_NAMES) {
      this.#names = new Map();
      this.#namesOf = reader.generation;
    }
    let name = this.#names.get(ordinal);
    if (name === undefined) {
      const record = reader.get(packRecordKey(ordinal));
      if (!record) return undefined;
      name = decodePackRecord(record).pack;
      this.#names.set(ordinal, name);
    }
    return name;
  }
}

/** Ids that begin with some hex digits; an odd last one is half a byte. */
function digitsRange(space: Space, digits: string): KeyRange {
  const odd = digits.length % 2 === 1;
  const first = objectKey(space, Buffer.from(odd ? `${digits}0` : digits, 'hex'));
  const last = odd ? objectKey(space, Buffer.from(`${digits}f`, 'hex')) : first;
  return { gte: first, lt: prefixRange(last).lt };
}
