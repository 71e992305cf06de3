/**
 * Stores objects in one transaction: what exists already is left out, the rest goes into packs.
 *
 * An object exists when it was claimed or added in this transaction, or lies in a pack that the index names, that is
 * really there, and that gc does not mean to remove.
 */
import { invariant } from '../../errors.ts';
import { sizeOfKey } from '../backend/at-once.ts';
import type { Awaitable } from '../backend/awaitable.ts';
import type { Backend } from '../backend/backend.ts';
import { type IdScheme, verifyId } from '../hash/ids.ts';
import { EMPTY_CONTENT, ID_LENGTH, type Id, idKey, ObjectType } from '../id.ts';
import type { IndexReader } from '../index/db.ts';
import { objectKey } from '../index/entry.ts';
import type { ObjectIndex } from '../index/object-index.ts';
import { packKey } from '../layout.ts';
import { wrongType } from '../object-errors.ts';
import { openBlock } from '../pack/block.ts';
import { BlockCache } from '../pack/block-cache.ts';
import type { OpenBlock } from '../pack/pack-builder.ts';
import type { PackTables } from '../pack/pack-tables.ts';
import { Packer } from '../pack/packer.ts';
import { PendingBlock } from '../pack/pending-block.ts';
import { PackKind, type Space } from '../space.ts';
import type { Location, ObjectReader, ObjectWriter, SealedBlock, StoreSettings } from '../store.ts';

const KINDS = { meta: PackKind.meta, chunk: PackKind.data } as const;

const EMPTY_KEY = idKey(EMPTY_CONTENT);

/** Packs that are looked at in one go. */
const LOOK_AHEAD = 8;

/** Names what is not published yet in errors. */
const NEW_PACK = 'a pack not yet published';

/** The store that a writer adds to: what is published, and how it is found. */
export interface PublishedStore extends ObjectReader {
  readonly backend: Backend;
  readonly index: ObjectIndex;
  readonly ids: IdScheme;
  readonly settings: StoreSettings;
  readonly tables: PackTables;
}

/** What a writer asks of its transaction (transaction.ts). */
export interface WriterTransaction {
  /** Throws unless objects may be uploaded, in a pack of this name where one is given. */
  assertUploadAllowed(pack?: string): void;
  /** Whether the transaction may build on a pack. */
  mayRelyOn(pack: string, present: boolean): boolean;
  /** Throws when one of the packs is not there any more. */
  assertPacks(packs: Iterable<string>): Promise<void>;
}

/** Bytes of decoded blocks of those that are kept: the new trees are read again for what has changed, folder by folder. */
const OWN_CACHE_BYTES = 8 * 1024 * 1024;

/** An object that is not in a published pack. */
interface OwnObject {
  type: ObjectType;
  length: number;
  read(): Buffer;
}

export class StoreWriter implements ObjectWriter {
  readonly #store: PublishedStore;
  readonly #transaction: WriterTransaction;
  readonly #packer: Packer;
  readonly #level: number;
  readonly #pending: Record<Space, PendingBlock>;
  readonly #ownBlocks = new BlockCache(OWN_CACHE_BYTES);
  /** Chunks that a caller has promised to deliver. */
  readonly #claimed = new Set<string>();
  /** Packs that were looked at, and whether they may be relied on. */
  readonly #packs = new Map<string, boolean>();
  #newBytes = 0;

  constructor(store: PublishedStore, transaction: WriterTransaction) {
    this.#store = store;
    this.#transaction = transaction;
    const { pack, block, compression } = store.settings;
    this.#level = compression.level;
    this.#pending = { meta: new PendingBlock(block.target), chunk: new PendingBlock(block.target) };
    this.#packer = new Packer(store.backend, {
      target: pack.target,
      level: compression.level,
      beforeUpload: (name) => transaction.assertUploadAllowed(name),
      afterUpload: ({ name, contents }) => {
        this.#packs.set(name, true);
        return store.index.record(name, contents);
      },
    });
  }

  get totals(): { newBytes: number; storedBytes: number } {
    const pending = this.#pending.meta.length + this.#pending.chunk.length;
    return { newBytes: this.#newBytes, storedBytes: this.#packer.bytes + pending };
  }

  async putMeta(type: ObjectType, encoding: Uint8Array): Promise<Id> {
    invariant(type !== ObjectType.chunk && encoding.byteLength > 0, `a metadata object of type ${type}`);
    const id = this.#store.ids.meta(type, encoding);
    await this.#put('meta', id, type, encoding);
    return id;
  }

  async putChunk(bytes: Uint8Array): Promise<Id> {
    if (bytes.byteLength === 0) return EMPTY_CONTENT;
    const id = this.#store.ids.chunk(bytes);
    if (await this.#put('chunk', id, ObjectType.chunk, bytes)) this.#newBytes += bytes.byteLength;
    return id;
  }

  /**
   * Whether a new object may name this one: it was added in this transaction, or lies in a pack that exists, which is then
   * among those that `verifyReliedPacks` looks at.
   */
  async relyOn(space: Space, id: Id): Promise<boolean> {
    return this.#has(space, idKey(id)) || (await this.#existing(space, id))[0] === 1;
  }

  async claimChunks(ids: Buffer): Promise<Uint8Array> {
    const count = ids.length / ID_LENGTH;
    const bitmap = new Uint8Array((count + 7) >>> 3);
    const exists = await this.#existing('chunk', ids);
    // From here on nothing is awaited, so that of two callers with the same id only one gets it.
    for (let i = 0; i < count; i++) {
      if (exists[i] === 1) continue;
      const key = idKey(ids, i * ID_LENGTH);
      if (this.#claimed.has(key) || this.#has('chunk', key) || key === EMPTY_KEY) continue;
      this.#claimed.add(key);
      bitmap[i >>> 3]! |= 1 << (i & 7);
    }
    return bitmap;
  }

  async addBlock(block: SealedBlock): Promise<void> {
    for (const { id, type } of block.objects) {
      const wasClaimed = this.#claimed.delete(idKey(id));
      invariant(wasClaimed && type === ObjectType.chunk, `chunk ${id.toString('hex')} was not claimed`);
    }
    this.#newBytes += block.rawLength;
    await this.#packer.add(PackKind.data, block);
  }

  async flush(): Promise<void> {
    invariant(this.#claimed.size === 0, `${this.#claimed.size} chunks were claimed but not delivered`);
    await this.#seal('chunk');
    await this.#packer.flush(PackKind.data);
    await this.#seal('meta');
    await this.#packer.flush(PackKind.meta);
  }

  /**
   * To be called before the commit: every pack that holds an object of this transaction is there, those with objects
   * that were left out because they existed, and the writer's own.
   * @throws MISSING_OBJECT when one is not
   */
  async verifyReliedPacks(): Promise<void> {
    const relied = [...this.#packs].filter(([, mayRely]) => mayRely).map(([pack]) => pack);
    await this.#transaction.assertPacks(relied);
  }

  readMeta(id: Id, type: ObjectType): Awaitable<Buffer> {
    const own = this.#own('meta', id);
    if (!own) return this.#store.readMeta(id, type);
    if (own.type !== type) return Promise.reject(wrongType(id, own.type, type));
    return own.read();
  }

  async readChunk(id: Id): Promise<Buffer> {
    return this.#own('chunk', id)?.read() ?? this.#store.readChunk(id);
  }

  async locate(id: Id, space?: Space): Promise<Location | undefined> {
    const own = (space !== 'chunk' && this.#own('meta', id)) || (space !== 'meta' && this.#own('chunk', id));
    if (!own) return this.#store.locate(id, space);
    const { type, length } = own;
    return { pack: '', type, blockOffset: 0, blockLength: 0, blockRawLength: 0, offset: 0, length };
  }

  complete(prefix: string, limit: number): Promise<{ id: Id; type: ObjectType }[]> {
    return this.#store.complete(prefix, limit);
  }

  /** Stores an object unless it exists; true when it was stored. */
  async #put(space: Space, id: Id, type: ObjectType, bytes: Uint8Array): Promise<boolean> {
    const key = idKey(id);
    if (this.#has(space, key)) return false;
    const exists = await this.#existing(space, id);
    if (exists[0] === 1 || this.#has(space, key) || this.#claimed.has(key)) return false;
    const pending = this.#pending[space];
    // The block is in a pack before the first await in here, so its objects are found all the time.
    const sealed = pending.hasRoomFor(bytes.byteLength) ? undefined : this.#seal(space);
    pending.add(id, type, bytes);
    await sealed;
    return true;
  }

  async #seal(space: Space): Promise<void> {
    const pending = this.#pending[space];
    if (pending.length > 0) await this.#packer.add(KINDS[space], pending.seal(this.#level));
  }

  #has(space: Space, key: string): boolean {
    return this.#pending[space].has(key) || this.#packer.find(KINDS[space], key) !== undefined;
  }

  #own(space: Space, id: Id): OwnObject | undefined {
    const key = idKey(id);
    const pending = this.#pending[space].read(key);
    if (pending) return { type: pending.type, length: pending.bytes.length, read: () => pending.bytes };
    const open = this.#packer.find(KINDS[space], key);
    if (!open) return undefined;
    const { block, type, offset, length } = open;
    const read = () => {
      const bytes = this.#ownBlock(block).subarray(offset, offset + length);
      verifyId(this.#store.ids, id, type, bytes, NEW_PACK);
      return bytes;
    };
    return { type, length, read };
  }

  #ownBlock({ serial, bytes, rawLength }: OpenBlock): Buffer {
    const cached = this.#ownBlocks.get(NEW_PACK, serial);
    if (cached) return cached;
    const block = openBlock(bytes, rawLength, NEW_PACK);
    this.#ownBlocks.set(NEW_PACK, serial, block);
    return block;
  }

  /** For each of the ids (n × 32 bytes) 1 when it lies in a published pack that may be relied on. */
  async #existing(space: Space, ids: Buffer): Promise<Uint8Array> {
    const { index } = this.#store;
    const lookUp = (reader: IndexReader) => this.#packsOf(reader, space, ids);
    const found = index.now(lookUp) ?? (await index.read(lookUp));
    await this.#store.tables.load();
    const exists = new Uint8Array(ids.length / ID_LENGTH);
    if (found.length === 0) return exists;
    await this.#lookAtPacks(found);
    for (const [i, pack] of found) if (this.#packs.get(pack) === true) exists[i] = 1;
    return exists;
  }

  /** Which of the ids the index knows, and in which pack. Of chunks, most lie beside those found last. */
  #packsOf(reader: IndexReader, space: Space, ids: Buffer): [i: number, pack: string][] {
    const { index, tables } = this.#store;
    const found: [number, string][] = [];
    const key = objectKey(space, ids.subarray(0, ID_LENGTH));
    for (let at = 0; at < ids.length; at += ID_LENGTH) {
      let pack = space === 'chunk' ? tables.packOf(ids, at) : undefined;
      if (pack === undefined) {
        ids.copy(key, 1, at, at + ID_LENGTH);
        pack = index.packOf(reader, key);
        if (pack !== undefined && space === 'chunk') tables.note(pack);
      }
      if (pack !== undefined) found.push([at / ID_LENGTH, pack]);
    }
    return found;
  }

  /** The index may be behind: whether a pack is there is asked once of the backend. */
  async #lookAtPacks(found: readonly [number, string][]): Promise<void> {
    const { backend } = this.#store;
    const unknown = new Set<string>();
    for (const [, pack] of found) if (!this.#packs.has(pack)) unknown.add(pack);
    const queue = [...unknown];
    while (queue.length > 0) {
      const group = queue.splice(0, LOOK_AHEAD).map(async (pack) => {
        const size = await sizeOfKey(backend, packKey(pack));
        this.#packs.set(pack, this.#transaction.mayRelyOn(pack, size !== undefined));
      });
      await Promise.all(group);
    }
  }
}
