/**
 * The objects of a vault: ids in, verified bytes out. The index says where an object lies, the pack holds it.
 *
 * With a local store a read waits for nothing: while the index is held a lookup is synchronous, and so is the reading of
 * a block.
 */
import { isVaultError } from '../../errors.ts';
import { sizeOfKey } from '../backend/at-once.ts';
import type { Awaitable } from '../backend/awaitable.ts';
import { type Backend, isSync } from '../backend/backend.ts';
import { type IdScheme, verifyId } from '../hash/ids.ts';
import { EMPTY_CONTENT, ID_LENGTH, type Id, ObjectType } from '../id.ts';
import { lookUpAll } from '../index/bulk-lookup.ts';
import type { IndexReader } from '../index/db.ts';
import { MetadataIds } from '../index/metadata-ids.ts';
import type { ObjectIndex } from '../index/object-index.ts';
import { packKey } from '../layout.ts';
import { missing, wrongType } from '../object-errors.ts';
import { BlockCache } from '../pack/block-cache.ts';
import { blockName, readBlock, readBlockSync } from '../pack/pack-reader.ts';
import { PackTables } from '../pack/pack-tables.ts';
import type { Space } from '../space.ts';
import type { BulkReader, Location, StoreSettings } from '../store.ts';
import { StoreWriter, type WriterTransaction } from './object-writer.ts';

/** Bytes of decoded blocks that are kept. */
const CACHE_BYTES = 32 * 1024 * 1024;

/** Of packs of chunks, which are looked up in random order by the ten thousand, and of metadata, where what is read lies together. */
const CHUNK_TABLES = { leastFound: 64, mostBytes: 24 * 1024 * 1024 };
const META_TABLES = { leastFound: 64, mostBytes: 12 * 1024 * 1024 };

const NO_BYTES = Buffer.alloc(0);

export interface ObjectStoreOptions {
  backend: Backend;
  index: ObjectIndex;
  ids: IdScheme;
  settings: StoreSettings;
  /** bytes of decoded blocks to keep; 32 MiB unless given */
  cacheBytes?: number;
}

/** What is read may be a view of a cached block: it is not to be written to. */
export class ObjectStore implements BulkReader {
  readonly backend: Backend;
  readonly index: ObjectIndex;
  readonly ids: IdScheme;
  readonly settings: StoreSettings;
  readonly #cache: BlockCache;
  readonly #packsThere = new Set<string>();
  /** what packs of chunks hold, for lookups by the ten thousand */
  readonly tables: PackTables;
  readonly #metaTables: PackTables;
  readonly #metadata: MetadataIds;
  #hasRebuilt = false;

  constructor({ backend, index, ids, settings, cacheBytes = CACHE_BYTES }: ObjectStoreOptions) {
    this.backend = backend;
    this.index = index;
    this.ids = ids;
    this.settings = settings;
    this.#cache = new BlockCache(cacheBytes);
    this.tables = new PackTables(backend, CHUNK_TABLES);
    this.#metaTables = new PackTables(backend, META_TABLES);
    this.#metadata = new MetadataIds(index, backend);
  }

  readMeta(id: Id, type: ObjectType): Awaitable<Buffer> {
    if (this.#metaTables.isDue) return this.#metaTables.load().then(() => this.readMeta(id, type));
    return this.#readNow(this.#findMeta(id), id, type) ?? this.#read('meta', id, type);
  }

  async readChunk(id: Id): Promise<Buffer> {
    if (id.equals(EMPTY_CONTENT)) return NO_BYTES;
    return (
      this.#readNow(this.#findNow('chunk', id), id, ObjectType.chunk) ??
      this.#read('chunk', id, ObjectType.chunk)
    );
  }

  async locate(id: Id, space?: Space): Promise<Location | undefined> {
    const now = this.#findNow(space, id);
    if (now && (await this.#isThere(now.pack))) return now;
    const found = await this.index.find(id, space);
    if (found && (await this.#isThere(found.pack))) return found;
    await this.index.refresh();
    return this.index.find(id, space);
  }

  async locateAll(ids: readonly Id[], space?: Space): Promise<(Location | undefined)[]> {
    const sources = { index: this.index, tables: this.tables, metadata: this.#metadata };
    const lookUp = (reader: IndexReader) => lookUpAll(sources, reader, ids, space);
    const places = this.index.now(lookUp) ?? (await this.index.read(lookUp));
    await this.tables.load();
    if (!space) await this.#metadata.note(ids.length);
    const missed: number[] = [];
    for (let i = 0; i < places.length; i++) {
      const place = places[i];
      if (!place || !(this.#packsThere.has(place.pack) || (await this.#isThere(place.pack)))) missed.push(i);
    }
    if (missed.length === 0) return places;
    await this.index.refresh();
    for (const i of missed) places[i] = await this.index.find(ids[i]!, space);
    return places;
  }

  /**
   * Lengths of those of many ids that are chunks' and no metadata object's, as far as that is at hand without a look at the disk: what
   * `locateAll` was asked for before puts whole packs at hand.
   * @param ids n × 32 bytes
   * @returns n lengths in bytes, 0 where `locateAll` has to be asked
   */
  chunkLengths(ids: Buffer): Uint32Array {
    const lengths = new Uint32Array(ids.length / ID_LENGTH);
    if (!this.#metadata.areKnown) return lengths;
    for (let i = 0; i < lengths.length; i++) {
      if (this.#metadata.mayHave(ids, i * ID_LENGTH)) continue;
      lengths[i] = this.tables.lengthOf(ids, i * ID_LENGTH) ?? 0;
    }
    return lengths;
  }

  async complete(prefix: string, limit: number): Promise<{ id: Id; type: ObjectType }[]> {
    const found = await this.index.complete(prefix, limit);
    if (found.length > 0) return found;
    await this.index.refresh();
    return this.index.complete(prefix, limit);
  }

  /** The decoded block at a place; its objects are not verified. Errors as for `readBlock` of pack-reader.ts. */
  async readBlock(location: Location): Promise<Buffer> {
    const cached = this.#cache.get(location.pack, location.blockOffset);
    if (cached) return cached;
    const block = await readBlock(this.backend, location);
    this.#cache.set(location.pack, location.blockOffset, block);
    return block;
  }

  /** Stores objects in `transaction`. */
  writer(transaction: WriterTransaction): StoreWriter {
    return new StoreWriter(this, transaction);
  }

  /** Lets other processes have the index at once: for a command that goes on with something else. */
  async release(): Promise<void> {
    await this.index.db.release();
  }

  async close(): Promise<void> {
    await this.index.db.close();
  }

  #findNow(space: Space | undefined, id: Id): Location | undefined {
    return this.index.now((reader) => this.index.findNow(reader, id, space));
  }

  #findMeta(id: Id): Location | undefined {
    const known = this.#metaTables.find(id);
    if (known) return known;
    const found = this.#findNow('meta', id);
    if (found) this.#metaTables.note(found.pack);
    return found;
  }

  /** The object, if that needs no waiting; undefined also for anything amiss, which `#read` then looks into. */
  #readNow(location: Location | undefined, id: Id, type: ObjectType): Buffer | undefined {
    if (!location || !isSync(this.backend)) return undefined;
    try {
      let block = this.#cache.get(location.pack, location.blockOffset);
      if (!block) {
        block = readBlockSync(this.backend, location);
        this.#cache.set(location.pack, location.blockOffset, block);
      }
      return this.#open(location, block, id, type);
    } catch {
      return undefined;
    }
  }

  /**
   * Tries every place that is known; then, since another process may have stored or moved the object, those that are
   * known after a refresh; then, once, those of a new index.
   */
  async #read(space: Space, id: Id, type: ObjectType): Promise<Buffer> {
    let damage: unknown;
    for (const prepare of [undefined, () => this.index.refresh(), () => this.#rebuildOnce()]) {
      await prepare?.();
      for (const location of await this.index.places(id, space)) {
        try {
          return this.#open(location, await this.readBlock(location), id, type);
        } catch (error) {
          if (isVaultError(error, 'DAMAGED')) damage ??= error;
          else if (!isVaultError(error, 'NOT_FOUND')) throw error;
        }
      }
    }
    throw damage ?? missing(id, type);
  }

  /** An entry whose pack is gone counts for nothing. Asked once for a pack: what vanishes later, the next command notices. */
  async #isThere(pack: string): Promise<boolean> {
    if (this.#packsThere.has(pack)) return true;
    const size = await sizeOfKey(this.backend, packKey(pack));
    if (size !== undefined) this.#packsThere.add(pack);
    return size !== undefined;
  }

  async #rebuildOnce(): Promise<void> {
    if (this.#hasRebuilt) return;
    this.#hasRebuilt = true;
    await this.index.rebuild();
  }

  /** The object's bytes in its block, verified. */
  #open(location: Location, block: Buffer, id: Id, type: ObjectType): Buffer {
    if (location.type !== type) throw wrongType(id, location.type, type);
    const bytes = block.subarray(location.offset, location.offset + location.length);
    verifyId(this.ids, id, type, bytes, blockName(location));
    return bytes;
  }
}
