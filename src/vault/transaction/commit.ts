/**
 * A commit and what is due after it (`docs/architecture.md`, "Transactions"): the outcome, then the ref's next number, then what the log of forgotten
 * snapshots is to say. The outcome holds all that the rest needs, so anybody may carry it out; a crash in between loses nothing.
 */
import { formatTime, parseTime } from '../../refs/dates.ts';
import { appendForgotten, FORGOTTEN_REF, type Forgotten, forgottenRecords } from '../../refs/forgotten.ts';
import type { RefBody, RefRecord } from '../../refs/ref-record.ts';
import type { Transaction } from '../../store/transaction/transaction.ts';
import {
  type CommitRecord,
  listTransactionKeys,
  pruneTransaction,
  readTransaction,
  type TransactionState,
} from '../../store/transaction/transaction-records.ts';
import { forgottenSnapshots } from '../forgotten-snapshots.ts';
import type { Repository } from '../repository.ts';

/** What the ref's record says besides the target and what the transaction says. */
export type RefFields = Omit<RefBody, 'target' | 'time' | 'txn'>;

export interface CommitRequest {
  /** hex ids of what becomes reachable; the first is what the ref names */
  objects: string[];
  /** they are snapshots of lines that were forgotten, and this takes them back: nothing else is to be written */
  undelete?: boolean;
  ref?: { namespace: string; name: string; fields: RefFields; sinceSeq: number | undefined };
}

/** `RefFields`, and the number that was current before the commit. */
type StoredFields = RefFields & { after?: number };

/**
 * Commits, then writes the ref, takes back what was forgotten, and puts the transaction's records away where nothing needs them. The log is read here, after the transaction's begin.
 * @throws as `Transaction.commit`, before anything has changed; an error after that leaves the rest to the next writer or gc
 */
export async function commit(
  repository: Repository,
  transaction: Transaction,
  { objects, undelete, ref }: CommitRequest,
): Promise<RefRecord | undefined> {
  const back = takenBack(objects, await forgottenSnapshots(repository));
  const fields: StoredFields | undefined = ref && {
    ...ref.fields,
    ...(ref.sinceSeq !== undefined && { after: ref.sinceSeq }),
  };
  const time = repository.environment.now();
  const record: Omit<CommitRecord, 'outcome' | 'time' | 'nonce'> = {
    objects,
    ...(ref && { ref: `refs/${ref.namespace}/${ref.name}` }),
    ...(undelete && 'takesBack' in back && { ref: FORGOTTEN_REF }),
    ...(fields && { record: fields }),
    ...back,
  };
  await transaction.commit(record);
  const written = await carryOut(repository, transaction.id, { ...record, time: formatTime(time) });
  if (record.ref !== undefined) await transaction.finish(written?.key);
  return written;
}

/** What an outcome says of forgotten objects: what is committed again counts from then on. The log must have been read after begin. */
function takenBack(objects: readonly string[], forgotten: Forgotten): { takesBack?: number } {
  return objects.some((id) => forgotten.has(id)) ? { takesBack: forgotten.newest! } : {};
}

/** What a commit leaves to be done. Doing it twice changes nothing. */
async function carryOut(
  repository: Repository,
  txn: string,
  commit: Pick<CommitRecord, 'objects' | 'ref' | 'record' | 'takesBack' | 'time'>,
): Promise<RefRecord | undefined> {
  const record = await writeRef(repository, txn, commit);
  if (commit.takesBack !== undefined) await takeBack(repository, txn, commit.objects, commit.takesBack);
  return record;
}

async function writeRef(
  { refs, environment }: Repository,
  txn: string,
  { objects, ref, record, time }: Pick<CommitRecord, 'objects' | 'ref' | 'record' | 'time'>,
): Promise<RefRecord | undefined> {
  const match = /^refs\/([^/]+)\/(.+)$/.exec(ref ?? '');
  if (!match || ref === FORGOTTEN_REF) return undefined;
  const { after, ...fields } = { ...NO_FIELDS, ...(record as Partial<StoredFields>) };
  const body: RefBody = {
    target: objects[0]!,
    ...fields,
    time: formatTime(parseTime(time) ?? environment.now()),
    txn,
  };
  return refs.appendRetry(match[1]!, match[2]!, body, { sinceSeq: after });
}

/** Of a commit by a program that does not say. */
const NO_FIELDS: StoredFields = { type: 'snapshot', who: '', host: '', message: '' };

async function takeBack(
  { backend, environment }: Repository,
  txn: string,
  objects: readonly string[],
  takesBack: number,
): Promise<void> {
  for await (const record of forgottenRecords(backend)) {
    if (record.seq <= takesBack) break;
    if (record.txn === txn) return;
  }
  await appendForgotten(backend, {
    time: formatTime(environment.now()),
    who: environment.user,
    host: environment.host,
    message: 'kept',
    dropped: [],
    kept: [...objects],
    takesBack,
    txn,
  });
}

/**
 * Carries out what a commit has left to do, then removes its records. Its own writer may be at it: both then do the same. The records of
 * a commit without ref stay: nothing else names the objects.
 */
export async function finishCommitted(repository: Repository, state: TransactionState): Promise<void> {
  const { id, begin, outcome } = state;
  if (!begin || outcome?.outcome !== 'commit') return;
  await carryOut(repository, id, outcome);
  if (outcome.ref !== undefined) await pruneTransaction(repository.backend, state);
}

/** Carries out the commits for a ref that a crash has left behind. */
export async function finishRef(repository: Repository, ref: string): Promise<void> {
  const { backend } = repository;
  for await (const keys of listTransactionKeys(backend)) {
    // Aborts are kept for ever, without begin.
    if (!keys.begin || !keys.outcome) continue;
    const state = await readTransaction(backend, keys);
    if (state.outcome?.outcome === 'commit' && state.outcome.ref === ref)
      await finishCommitted(repository, state);
  }
}
