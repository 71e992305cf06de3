/** Begins a transaction in this host's name. */
import { Transaction } from '../store/transaction.ts';
import type { Repository } from './repository.ts';

/** @param line that the transaction will move, if any */
export async function beginTransaction(repository: Repository, line?: string): Promise<Transaction> {
  const { host, bootId, pid, startTime, now } = repository.environment;
  return Transaction.begin(repository.backend, {
    host,
    bootId,
    pid,
    startTime,
    ...(line !== undefined && { line }),
    now,
  });
}
