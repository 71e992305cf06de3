/** What plumbing stores: kept for 14 days unless a snapshot, a tag or a line takes it up (`docs/format.md`, "Transactions and gc"). */
import { isVaultError, VaultError } from '../../errors.ts';
import type { Reference } from '../../objects/references.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../store/id.ts';
import type { StoreWriter } from '../../store/object-store/object-writer.ts';
import { spaceOf } from '../../store/space.ts';
import type { Transaction } from '../../store/transaction/transaction.ts';
import type { Repository } from '../repository.ts';
import { commit } from './commit.ts';
import { TakeOver } from './take-over.ts';
import { beginTransaction } from './transactions.ts';

/** Stores in one transaction. */
export class HandWriter {
  readonly writer: StoreWriter;
  readonly #takeOver: TakeOver;

  constructor(repository: Repository, transaction: Transaction) {
    this.writer = repository.store.writer(transaction);
    this.#takeOver = new TakeOver(transaction, this.writer);
  }

  /**
   * For each object whether it is in the vault. What is may be built upon then: what gc is about to remove has been stored again,
   * and all that it leads to.
   * @param options.whole look at all that the objects lead to, also when gc is not at work: for what is not known to be whole
   * @throws NOT_FOUND when something that an object leads to is not there, DAMAGED
   */
  async mayName(objects: readonly Reference[], options: { whole?: boolean } = {}): Promise<boolean[]> {
    const there: boolean[] = [];
    for (const object of objects) there.push(await this.#isThere(object));
    const found = objects.filter((_, i) => there[i]);
    try {
      if (options.whole) await this.#takeOver.closure(found);
      else await this.#takeOver.ofKept(found);
    } catch (error) {
      throw isVaultError(error, 'MISSING_OBJECT') ? partMissing(error) : error;
    }
    return there;
  }

  /** The same for a snapshot that is only to be descended from: its own object is all that must stay. */
  async mayDescendFrom(id: Id): Promise<boolean> {
    const parent = { id, type: ObjectType.snapshot };
    if (!(await this.#isThere(parent))) return false;
    await this.#takeOver.object(parent);
    return true;
  }

  async #isThere({ id, type }: Reference): Promise<boolean> {
    if (type === ObjectType.chunk && id.equals(EMPTY_CONTENT)) return true;
    return (await this.writer.locate(id, spaceOf(type))) !== undefined;
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
    await commit(repository, transaction, { objects: stored.ids.map((id) => id.toString('hex')) });
    return stored;
  } catch (error) {
    await transaction.abort('failed').catch(() => {});
    throw error;
  }
}

function partMissing(cause: VaultError): VaultError {
  const part = `object ${cause.subject}, a part of what was named, is not in the vault`;
  return new VaultError('NOT_FOUND', part, {
    hint: 'what a ref or a tree names must be whole: store what is missing first',
    ...(cause.subject !== undefined && { subject: cause.subject }),
    cause,
  });
}
