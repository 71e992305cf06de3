/**
 * Puts back what gc has removed and the trash still has: into new packs, in a transaction. A removed pack never comes back under its name.
 */
import { VaultError } from '../errors.ts';
import { openBlock } from '../store/block.ts';
import { type Id, ObjectType } from '../store/id.ts';
import { verifyId } from '../store/ids.ts';
import { PackKind } from '../store/pack.ts';
import { readContents } from '../store/pack-reader.ts';
import { PackTable } from '../store/pack-table.ts';
import type { ObjectReader } from '../store/store.ts';
import { commit } from './commit.ts';
import { listTrash } from './gc-trash.ts';
import type { Repository } from './repository.ts';
import { TakeOver } from './take-over.ts';
import { beginTransaction } from './transactions.ts';

/** Memory for the tables of trashed packs, the newest of which are looked at. */
const MOST_TABLE_BYTES = 256 * 1024 * 1024;

export interface Undeleted {
  id: Id;
  type: ObjectType;
  /** bytes that were stored again, before compression; 0 where nothing was gone */
  bytes: number;
}

/**
 * Brings objects back with all that they lead to. A forgotten snapshot of a line is kept again from then on; anything else stays for
 * 14 days unless a snapshot or tag takes it up.
 * @throws NOT_FOUND when the object is neither in the vault nor in the trash, MISSING_OBJECT when part of it is in neither: then nothing
 *   has changed
 */
export async function undelete(repository: Repository, ids: readonly Id[]): Promise<Undeleted[]> {
  const trash = await TrashReader.open(repository);
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

/** The vault with its trash: what is in both is read from the trash, which spares the index a search in vain. */
class TrashReader implements ObjectReader {
  readonly #repository: Repository;
  readonly #tables: { key: string; kind: PackKind; table: PackTable }[] = [];

  private constructor(repository: Repository) {
    this.#repository = repository;
  }

  static async open(repository: Repository): Promise<TrashReader> {
    const reader = new TrashReader(repository);
    const trashed = [];
    for await (const pack of listTrash(repository)) trashed.push(pack);
    let bytes = 0;
    for (const { key, pack, size } of trashed.reverse()) {
      const contents = await readContents(repository.backend, pack, size, key);
      const table = new PackTable(pack, contents);
      bytes += table.bytes;
      if (bytes > MOST_TABLE_BYTES) break;
      reader.#tables.push({ key, kind: contents.kind, table });
    }
    return reader;
  }

  async readMeta(id: Id, type: ObjectType): Promise<Buffer> {
    return (await this.#read(id, PackKind.meta, type)) ?? this.#repository.store.readMeta(id, type);
  }

  async readChunk(id: Id): Promise<Buffer> {
    return (await this.#read(id, PackKind.data, ObjectType.chunk)) ?? this.#repository.store.readChunk(id);
  }

  async locate(id: Id, space?: 'meta' | 'chunk'): ReturnType<ObjectReader['locate']> {
    const found = space === 'chunk' ? undefined : this.#find(id, PackKind.meta);
    if (found) return found.place;
    const there = await this.#repository.store.locate(id, space);
    if (there || space === 'meta') return there;
    return this.#find(id, PackKind.data)?.place;
  }

  complete(prefix: string, limit: number): ReturnType<ObjectReader['complete']> {
    return this.#repository.store.complete(prefix, limit);
  }

  #find(id: Id, kind: PackKind) {
    for (const { key, kind: of, table } of this.#tables) {
      const place = of === kind ? table.find(id) : undefined;
      if (place) return { key, place };
    }
    return undefined;
  }

  async #read(id: Id, kind: PackKind, type: ObjectType): Promise<Buffer | undefined> {
    const found = this.#find(id, kind);
    if (found?.place.type !== type) return undefined;
    const { key, place } = found;
    const bytes = await this.#repository.backend.read(key, place.blockOffset, place.blockLength);
    const block = openBlock(bytes, place.blockRawLength, key);
    const object = block.subarray(place.offset, place.offset + place.length);
    verifyId(this.#repository.store.ids, id, type, object, key);
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
