/**
 * A writer that stores nothing: what `status`, `diff` against the disk and `snapshot --dry-run` scan into. Trees of
 * changed folders are kept in memory (about 150 bytes an entry), so that they can be compared like stored ones; unchanged
 * folders keep their stored trees. Contents are hashed and forgotten.
 */
import type { Awaitable } from '../../store/backend/awaitable.ts';
import { sha256 } from '../../store/hash/hash.ts';
import { plainIds } from '../../store/hash/ids.ts';
import { ID_LENGTH, type Id, type ObjectType } from '../../store/id.ts';
import type { Space } from '../../store/space.ts';
import type { Location, ObjectReader, ObjectWriter } from '../../store/store.ts';

export class ScratchWriter implements ObjectWriter {
  readonly totals = { newBytes: 0, storedBytes: 0 };
  readonly #store: ObjectReader;
  readonly #kept = new Map<string, { type: ObjectType; encoding: Buffer }>();

  constructor(store: ObjectReader) {
    this.#store = store;
  }

  readMeta(id: Id, type: ObjectType): Awaitable<Buffer> {
    const kept = this.#kept.get(id.toString('latin1'));
    return kept?.type === type ? kept.encoding : this.#store.readMeta(id, type);
  }

  readChunk(id: Id): Promise<Buffer> {
    return this.#store.readChunk(id);
  }

  locate(id: Id, space?: Space): Promise<Location | undefined> {
    return this.#store.locate(id, space);
  }

  complete(prefix: string, limit: number): Promise<{ id: Id; type: ObjectType }[]> {
    return this.#store.complete(prefix, limit);
  }

  async putMeta(type: ObjectType, encoding: Uint8Array): Promise<Id> {
    const id = plainIds.meta(type, encoding);
    this.#kept.set(id.toString('latin1'), { type, encoding: Buffer.from(encoding) });
    return id;
  }

  async putChunk(bytes: Uint8Array): Promise<Id> {
    return sha256(bytes);
  }

  /** Nothing is wanted; what the vault does not hold yet is counted. */
  async claimChunks(ids: Buffer, lengths: Uint32Array): Promise<Uint8Array> {
    const count = ids.length / ID_LENGTH;
    for (let i = 0; i < count; i++) {
      const id = ids.subarray(i * ID_LENGTH, (i + 1) * ID_LENGTH);
      if (!(await this.#store.locate(id, 'chunk'))) this.totals.newBytes += lengths[i]!;
    }
    return new Uint8Array((count + 7) >> 3);
  }

  async addBlock(): Promise<void> {}

  async flush(): Promise<void> {}

  async verifyReliedPacks(): Promise<void> {}
}
