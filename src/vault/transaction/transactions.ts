/** Begins a transaction in this host's name. */
import { isVaultError, VaultError } from '../../errors.ts';
import { processOf } from '../../platform/processes.ts';
import { Transaction } from '../../store/transaction/transaction.ts';
import type { Repository } from '../repository.ts';

/**
 * @param line that the transaction will move, if any
 * @throws READ_ONLY, PERMISSION where nothing can be written, before anything was done
 */
export async function beginTransaction(repository: Repository, line?: string): Promise<Transaction> {
  assertWritable(repository);
  const { environment, backend } = repository;
  try {
    return await Transaction.begin(backend, {
      ...processOf(environment),
      ...(line !== undefined && { line }),
      now: environment.now,
    });
  } catch (error) {
    throw isVaultError(error, 'READ_ONLY', 'PERMISSION') ? notWritable(repository, error) : error;
  }
}

/** @throws READ_ONLY when it is known already that nothing can be written */
export function assertWritable(repository: Repository): void {
  // A vault that a newer version keeps says so itself, when it is written to.
  if (!repository.backend.abilities.writable && !repository.config.readOnly) throw notWritable(repository);
}

function notWritable({ backend: { location } }: Repository, cause?: VaultError): VaultError {
  const because = cause?.code === 'PERMISSION' ? ': no permission' : '';
  return new VaultError(cause?.code ?? 'READ_ONLY', `the vault ${location} cannot be written${because}`, {
    hint: 'it can be listed and restored from; to write, be the user who owns it, on a file system that is mounted read-write',
    subject: location,
    cause,
  });
}
