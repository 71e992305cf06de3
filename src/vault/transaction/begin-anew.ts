/**
 * A snapshot's transaction, and another one where that cannot end (`docs/architecture.md`, "Transactions"). What an
 * earlier one has uploaded counts as any other pack.
 */
import { isVaultError, VaultError } from '../../errors.ts';
import type { Transaction } from '../../store/transaction/transaction.ts';
import { forgottenSnapshots } from '../forgotten-snapshots.ts';
import type { Repository } from '../repository.ts';
import { beginTransaction } from './transactions.ts';

/** Transactions that one snapshot begins at most. Each further one needs a forget and a gc's end within the one before. */
const MOST_ATTEMPTS = 3;

/**
 * Runs `record`, which commits. It is run anew, in a transaction of its own, when gc has taken this process for dead, and when
 * something that was to be taken over is gone after snapshots were forgotten: who begins while a condemn is open is not waited for by
 * that gc, so its parent may be forgotten and removed under it. The new attempt follows the nearest snapshot that is kept.
 * @throws what `record` and `beginTransaction` throw; LOST_RACE when the last attempt ended so, too
 */
export async function inTransaction<T>(
  repository: Repository,
  line: string,
  record: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const transaction = await beginTransaction(repository, line);
    let forgotten: number | undefined;
    try {
      forgotten = (await forgottenSnapshots(repository)).newest;
      return await record(transaction);
    } catch (error) {
      await transaction.abort('failed').catch(() => {});
      if (!isVaultError(error, 'MISSING_OBJECT', 'LOST_RACE') || transaction.status === 'committed')
        throw error;
      const isParentGone =
        transaction.gcRecords.openCondemn && (await forgottenSnapshots(repository)).newest !== forgotten;
      if (transaction.status !== 'lost' && !isParentGone) throw error;
      if (attempt === MOST_ATTEMPTS) throw lostAgain(error);
    }
  }
}

function lostAgain(cause: VaultError): VaultError {
  const times = `${MOST_ATTEMPTS} times in a row`;
  return new VaultError(
    'LOST_RACE',
    `gc has removed what the snapshot was to build upon, ${times}: ${cause.message}`,
    {
      hint: 'nothing was recorded, and what was stored before is safe: run the command again when gc has ended',
      ...(cause.subject !== undefined && { subject: cause.subject }),
      cause,
    },
  );
}
