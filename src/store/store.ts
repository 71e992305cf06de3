/**
 * The store's face to the layers above: ids in, bytes out. Implemented by `object-store.ts`.
 */
import type { Awaitable } from './backend/awaitable.ts';
import type { Id, ObjectType } from './id.ts';
import type { Space } from './space.ts';

/** An object's place. `length` is the object's own, `offset` its first byte in the decoded block. */
export interface Location {
  pack: string;
  type: ObjectType;
  blockOffset: number;
  blockLength: number;
  blockRawLength: number;
  offset: number;
  length: number;
}

/** Reads objects. Every read is verified against the id before it is returned. */
export interface ObjectReader {
  /**
   * A tree, list, snapshot or changes object's encoding; no promise where nothing had to be waited for, and nothing is amiss.
   * @throws WRONG_TYPE when the id is there with another type
   * @throws MISSING_OBJECT when no pack has it, also after a refresh and, once a reader, a rebuild of the index
   * @throws DAMAGED when the stored bytes do not hash to the id
   */
  readMeta(id: Id, type: ObjectType): Awaitable<Buffer>;
  /** A chunk's bytes; the empty content is answered without looking. Errors as for `readMeta`. */
  readChunk(id: Id): Promise<Buffer>;
  /** Where the object lies; metadata first, else a chunk; undefined when no pack has it (after a refresh). */
  locate(id: Id, space?: Space): Promise<Location | undefined>;
  /** Ids in ascending order that begin with the hex digits, at most `limit`, each with its type. */
  complete(prefix: string, limit: number): Promise<{ id: Id; type: ObjectType }[]>;
}

/** Finds many at once. */
export interface BulkReader extends ObjectReader {
  /** As `locate` for each of many, in the order of `ids`; those that are not found cost one refresh together. */
  locateAll(ids: readonly Id[], space?: Space): Promise<(Location | undefined)[]>;
}

/** Stores objects inside one transaction. */
export interface ObjectWriter extends ObjectReader {
  /** Stores a metadata object unless an existing pack has it; resolves its id. Readable at once through this writer. */
  putMeta(type: ObjectType, encoding: Uint8Array): Promise<Id>;
  /** Stores one chunk (small contents: symlink targets, attribute values, streams) unless it exists. */
  putChunk(bytes: Uint8Array): Promise<Id>;
  /**
   * Claims chunk ids for storing: bit i is 1 when the caller must deliver chunk i (nobody has or has claimed it).
   * `ids` is n × 32 bytes, `lengths` the chunks' sizes.
   */
  claimChunks(ids: Buffer, lengths: Uint32Array): Promise<Uint8Array>;
  /** Adds one sealed block of chunks that were claimed. Resolves when there is room for more (at most two packs in flight). */
  addBlock(block: SealedBlock): Promise<void>;
  /** Publishes what is open: data packs, then meta packs; then the index knows them. */
  flush(): Promise<void>;
  /** The check before a commit: every pack that this writer built upon is there. @throws MISSING_OBJECT */
  verifyReliedPacks(): Promise<void>;
  readonly totals: { newBytes: number; storedBytes: number };
}

/** A block as it goes into a pack: header and coded bytes, with what lies in it. */
export interface SealedBlock {
  bytes: Uint8Array;
  rawLength: number;
  objects: readonly BlockObject[];
}

export interface BlockObject {
  id: Id;
  type: ObjectType;
  length: number;
}

/** What a store takes from the vault's config: bytes, and zstd's level. */
export interface StoreSettings {
  pack: { target: number };
  block: { target: number };
  compression: { level: number };
}
