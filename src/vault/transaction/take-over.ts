/**
 * Building on what is stored already (`docs/architecture.md`, "Transactions"): every object that a transaction makes reachable and does not upload
 * must lie in a pack that exists, also one taken from a parent; else it is stored again. The one exception is the closure of a snapshot that is kept,
 * when no condemn was open as the gc records were read.
 */
import { isVaultError, VaultError } from '../../errors.ts';
import type { Reference } from '../../objects/references.ts';
import { EMPTY_CONTENT, ObjectType } from '../../store/id.ts';
import { ObjectSet } from '../../store/object-set.ts';
import type { StoreWriter } from '../../store/object-store/object-writer.ts';
import { spaceOf } from '../../store/space.ts';
import type { ObjectReader } from '../../store/store.ts';
import type { Transaction } from '../../store/transaction/transaction.ts';
import { closure } from '../reachable/closure.ts';

export class TakeOver {
  readonly #transaction: Transaction;
  readonly #writer: StoreWriter;
  readonly #seen = new ObjectSet();

  constructor(transaction: Transaction, writer: StoreWriter) {
    this.#transaction = transaction;
    this.#writer = writer;
  }

  /**
   * Objects that are whole, as those of a kept snapshot that was read after begin are: what they lead to needs a look only while gc removes
   * packs. Errors as for `closure`.
   */
  async ofKept(objects: readonly Reference[]): Promise<void> {
    if (this.#transaction.gcRecords.openCondemn) await this.closure(objects);
    else for (const object of objects) await this.object(object);
  }

  /**
   * All that the objects lead to. What lies in no pack that exists is stored again.
   * @param source where it is read from; the vault unless given
   * @throws MISSING_OBJECT when it is nowhere, DAMAGED
   */
  async closure(objects: readonly Reference[], source: ObjectReader = this.#writer): Promise<void> {
    for await (const object of closure(source, objects, this.#seen)) await this.object(object, source);
  }

  /** One object, without what it leads to. Errors as for `closure`. */
  async object({ id, type }: Reference, source: ObjectReader = this.#writer): Promise<void> {
    const isChunk = type === ObjectType.chunk;
    if (isChunk && id.equals(EMPTY_CONTENT)) return;
    const space = spaceOf(type);
    if (await this.#writer.relyOn(space, id)) return;
    try {
      // Reading brings the index up to the packs: another process may have stored it meanwhile.
      const bytes = isChunk ? await source.readChunk(id) : await source.readMeta(id, type);
      if (await this.#writer.relyOn(space, id)) return;
      if (isChunk) await this.#writer.putChunk(bytes);
      else await this.#writer.putMeta(type, bytes);
    } catch (error) {
      throw isVaultError(error, 'MISSING_OBJECT') ? isGone(error) : error;
    }
  }
}

function isGone(cause: VaultError): VaultError {
  return new VaultError('MISSING_OBJECT', `${cause.message}; nothing was recorded`, {
    hint: 'what was forgotten long ago may be gone; if it should be there, run `vault check`',
    ...(cause.subject !== undefined && { subject: cause.subject }),
    cause,
  });
}
