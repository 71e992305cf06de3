/** What plumbing stores: kept for 14 days unless a snapshot, a tag or a line takes it up (DESIGN.md section 4). */
import { VaultError } from '../errors.ts';
import type { Reference } from '../objects/references.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../store/id.ts';
import type { StoreWriter } from '../store/object-writer.ts';
import type { Transaction } from '../store/transaction.ts';
import { closure } from './closure.ts';
import type { Repository } from './repository.ts';
import { beginTransaction } from './transactions.ts';

/** Stores in one transaction. */
export class HandWriter {
  readonly writer: StoreWriter;
  readonly #repository: Repository;
  readonly #transaction: Transaction;

  constructor(repository: Repository, transaction: Transaction) {
    this.#repository = repository;
    this.#transaction = transaction;
    this.writer = repository.store.writer(transaction);
  }

  /**
   * For each object whether it may be built upon: it is there, or stored in this transaction. While gc removes packs, that holds
   * for all that it leads to as well.
   * @param options.whole look at all that the objects lead to in any case
   * @throws BUSY when an object is there that gc is about to remove; with `whole` NOT_FOUND when a part of an object is not there
   */
  async mayName(objects: readonly Reference[], options: { whole?: boolean } = {}): Promise<boolean[]> {
    const there: boolean[] = [];
    for (const object of objects) there.push(await this.#isThere(object));
    const isGcAtIt = Boolean(this.#transaction.gcRecords.openCondemn);
    if (!isGcAtIt && !options.whole) return there;
    const found = objects.filter((_, i) => there[i]);
    for await (const part of closure(this.writer, found)) {
      if (await this.#isThere(part)) continue;
      throw isGcAtIt ? gcIsAtIt(part.id) : partMissing(part.id);
    }
    return there;
  }

  async #isThere({ id, type }: Reference): Promise<boolean> {
    if (type === ObjectType.chunk && id.equals(EMPTY_CONTENT)) return true;
    const space = type === ObjectType.chunk ? 'chunk' : 'meta';
    if (await this.writer.relyOn(space, id)) return true;
    // Another process may have stored it since the index was last brought up.
    if (!(await this.#repository.store.locate(id, space))) return false;
    if (await this.writer.relyOn(space, id)) return true;
    throw gcIsAtIt(id);
  }
}

/**
 * Runs `store` in a transaction and commits the ids that it gives, 1 … 10,000. When it fails nothing has been recorded.
 * @throws what `store` throws; errors of transactions and of the storage
 */
export async function storeByHand<T extends { ids: Id[] }>(
  repository: Repository,
  store: (hand: HandWriter) => Promise<T>,
): Promise<T> {
  const transaction = await beginTransaction(repository);
  try {
    const hand = new HandWriter(repository, transaction);
    const stored = await store(hand);
    await hand.writer.flush();
    await hand.writer.verifyReliedPacks();
    await transaction.commit({ objects: stored.ids.map((id) => id.toString('hex')) });
    return stored;
  } catch (error) {
    await transaction.abort('failed').catch(() => {});
    throw error;
  }
}

function partMissing(id: Id): VaultError {
  const hex = id.toString('hex');
  return new VaultError('NOT_FOUND', `object ${hex}, a part of what was named, is not in the vault`, {
    hint: 'what a ref names must be whole: store what is missing first',
    subject: hex,
  });
}

function gcIsAtIt(id: Id): VaultError {
  const hex = id.toString('hex');
  return new VaultError('BUSY', `gc is about to remove object ${hex}; nothing was stored`, {
    hint: 'run the command again when `vault gc` has ended',
    subject: hex,
  });
}
