/**
 * Puts back what gc has removed and the trash still has: into new packs, in a transaction. A removed pack never comes back under its name.
 */
import { isVaultError, VaultError } from '../../errors.ts';
import { verifyId } from '../../store/hash/ids.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import { openBlock } from '../../store/pack/block.ts';
import { PackTable } from '../../store/pack/pack-table.ts';
import type { Space } from '../../store/space.ts';
import { PackKind } from '../../store/space.ts';
import type { Location, ObjectReader } from '../../store/store.ts';
import type { Repository } from '../repository.ts';
import { commit } from '../transaction/commit.ts';
import { TakeOver } from '../transaction/take-over.ts';
import { beginTransaction } from '../transaction/transactions.ts';
import { contentsIfWhole } from './survey.ts';
import { listTrash } from './trash.ts';

/** Memory for the tables of trashed packs, the newest of which are looked at. */
const MOST_TABLE_BYTES = 256 * 1024 * 1024;

export interface Undeleted {
  id: Id;
  type: ObjectType;
  /** bytes that were stored again, before compression; 0 where nothing was gone */
  bytes: number;
}

export interface UndeleteOptions {
  signal?: AbortSignal;
}

/**
 * Brings objects back with all that they lead to. A forgotten snapshot of a line is kept again from then on; anything else stays for
 * 14 days unless a snapshot or tag takes it up.
 * @throws NOT_FOUND when the object is neither in the vault nor in the trash, MISSING_OBJECT when part of it is in neither: then nothing
 *   has changed; ABORTED: those before it are back
 */
export async function undelete(
  repository: Repository,
  ids: readonly Id[],
  { signal }: UndeleteOptions = {},
): Promise<Undeleted[]> {
  const trash = await TrashReader.open(repository, signal);
  const done: Undeleted[] = [];
  for (const id of ids) done.push(await undeleteOne(repository, trash, id));
  return done;
}

async function undeleteOne(repository: Repository, trash: TrashReader, id: Id): Promise<Undeleted> {
  const type = (await trash.locate(id))?.type;
  if (type === undefined) throw notFound(id);
  const transaction = await beginTransaction(repository);
  try {
    const writer = repository.store.writer(transaction);
    await new TakeOver(transaction, writer).closure([{ id, type }], trash);
    await writer.flush();
    await writer.verifyReliedPacks();
    await commit(repository, transaction, { objects: [id.toString('hex')], undelete: true });
    return { id, type, bytes: writer.totals.storedBytes };
  } catch (error) {
    await transaction.abort('failed').catch(() => {});
    throw error;
  }
}

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
class TrashReader implements ObjectReader {
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

function notFound(id: Id): VaultError {
  const hex = id.toString('hex');
  return new VaultError('NOT_FOUND', `object ${hex} is neither in the vault nor in its trash`, {
    hint: 'what gc removes lies in the trash for 7 days',
    subject: hex,
  });
}
