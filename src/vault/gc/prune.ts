/** Puts away what finished and dead writers have left: commits whose ref is there, begins and beats of aborts, files in `tmp/`. */
import { clearAside } from '../../store/backend/fs-aside.ts';
import {
  listTransactionKeys,
  pruneTransaction,
  readTransaction,
} from '../../store/transaction/transaction-records.ts';
import { counts } from '../reachable/roots.ts';
import type { Repository } from '../repository.ts';
import { finishCommitted } from '../transaction/commit.ts';
import type { WriterClock } from './writers.ts';

export interface Pruned {
  transactions: number;
  files: number;
}

/** Commits whose ref is missing get it first. Errors of the storage end it. */
export async function prune(repository: Repository, clock: WriterClock): Promise<Pruned> {
  const { backend, environment, spec } = repository;
  const pruned: Pruned = { transactions: 0, files: 0 };
  for await (const keys of listTransactionKeys(backend)) {
    if (!keys.outcome) continue;
    const { begin, outcome, ...rest } = await readTransaction(backend, keys);
    if (!outcome) continue;
    const state = { ...rest, outcome, ...(begin && { begin }) };
    if (outcome.outcome === 'abort') {
      if (!keys.begin && keys.beat === 0) continue;
      await pruneTransaction(backend, state);
    } else if (!begin || !counts(repository, outcome)) await pruneTransaction(backend, state);
    else {
      await finishCommitted(repository, state);
      if (outcome.ref === undefined) continue;
    }
    pruned.transactions++;
  }
  if (spec.type === 'fs')
    pruned.files = await clearAside(spec.path, {
      now: Number(environment.now() / 1_000_000n),
      isRunning: (pid) => clock.isRunning(pid, ''),
    });
  return pruned;
}
