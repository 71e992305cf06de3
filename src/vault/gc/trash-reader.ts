/** The vault with its trash: what gc has removed can be read from there until its time is over. */
import { isVaultError } from '../../errors.ts';
import { verifyId } from '../../store/hash/ids.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import { openBlock } from '../../store/pack/block.ts';
import { PackTable } from '../../store/pack/pack-table.ts';
import { PackKind, type Space } from '../../store/space.ts';
import type { Location, ObjectReader } from '../../store/store.ts';
import type { Repository } from '../repository.ts';
import { contentsIfWhole } from './survey.ts';
import { listTrash } from './trash.ts';

/** Memory for the tables of trashed packs, the newest of which are looked at. */
const MOST_TABLE_BYTES = 256 * 1024 * 1024;

/** Whether a pack in the trash, one of the newest with at most 256 MiB of tables, has an object. */
export async function isInTrash(repository: Repository, id: Id): Promise<boolean> {
  return (await TrashReader.open(repository)).has(id);
}

/** An object in a trashed pack. */
interface Trashed {
  /** of the pack in the trash */
  key: string;
  place: Location;
}

/**
 * The vault with its trash: what is in both is read from the trash, which spares the index a search in vain. A trashed pack that is damaged
 * has nothing: another one, or the vault, may have what it had.
 */
export class TrashReader implements ObjectReader {
  readonly #repository: Repository;
  readonly #signal: AbortSignal | undefined;
  readonly #tables: { key: string; kind: PackKind; table: PackTable }[] = [];

  private constructor(repository: Repository, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#signal = signal;
  }

  static async open(repository: Repository, signal?: AbortSignal): Promise<TrashReader> {
    const reader = new TrashReader(repository, signal);
    const trashed = [];
    for await (const pack of listTrash(repository)) trashed.push(pack);
    let bytes = 0;
    for (const { key, pack, size } of trashed.reverse()) {
      const contents = await contentsIfWhole(repository, pack, size, key);
      if (!contents) continue;
      const table = new PackTable(pack, contents);
      bytes += table.bytes;
      if (bytes > MOST_TABLE_BYTES) break;
      reader.#tables.push({ key, kind: contents.kind, table });
    }
    return reader;
  }

  async readMeta(id: Id, type: ObjectType): Promise<Buffer> {
    this.#signal?.throwIfAborted();
    return (await this.#read(id, PackKind.meta, type)) ?? this.#repository.store.readMeta(id, type);
  }

  async readChunk(id: Id): Promise<Buffer> {
    this.#signal?.throwIfAborted();
    return (await this.#read(id, PackKind.data, ObjectType.chunk)) ?? this.#repository.store.readChunk(id);
  }

  async locate(id: Id, space?: Space): ReturnType<ObjectReader['locate']> {
    const [found] = space === 'chunk' ? [] : this.#find(id, PackKind.meta);
    if (found) return found.place;
    const there = await this.#repository.store.locate(id, space);
    if (there || space === 'meta') return there;
    return this.#find(id, PackKind.data)[0]?.place;
  }

  has(id: Id): boolean {
    return this.#tables.some(({ table }) => table.find(id) !== undefined);
  }

  complete(prefix: string, limit: number): ReturnType<ObjectReader['complete']> {
    return this.#repository.store.complete(prefix, limit);
  }

  #find(id: Id, kind: PackKind): Trashed[] {
    return this.#tables.flatMap(({ key, kind: of, table }) => {
      const place = of === kind ? table.find(id) : undefined;
      return place ? [{ key, place }] : [];
    });
  }

  /** Undefined where no trashed pack has it, or none that is sound. */
  async #read(id: Id, kind: PackKind, type: ObjectType): Promise<Buffer | undefined> {
    for (const trashed of this.#find(id, kind)) {
      if (trashed.place.type !== type) continue;
      try {
        return await this.#open(id, trashed);
      } catch (error) {
        if (!isVaultError(error, 'DAMAGED', 'NOT_FOUND')) throw error;
      }
    }
    return undefined;
  }

  async #open(id: Id, { key, place }: Trashed): Promise<Buffer> {
    const { backend, store } = this.#repository;
    const bytes = await backend.read(key, place.blockOffset, place.blockLength);
    const block = openBlock(bytes, place.blockRawLength, key);
    const object = block.subarray(place.offset, place.offset + place.length);
    verifyId(store.ids, id, place.type, object, key);
    return object;
  }
}
