/** Restores that were interrupted, before a command that is about something else. */
import { isVaultError, type Repository, recoverRestores } from '../../index.ts';
import { restoreRecords } from '../paths/folders.ts';

/** Finishes or rolls them back. One that cannot be is a warning: the command does not depend on it. */
export async function recoverInterrupted(vault: Repository, warn: (line: string) => void): Promise<void> {
  const { environment, config } = vault;
  try {
    await recoverRestores({ records: restoreRecords(config.vaultId), environment });
  } catch (error) {
    if (isVaultError(error, 'BUG')) throw error;
    warn(`a restore that was interrupted could not be finished: ${(error as Error).message}`);
  }
}
