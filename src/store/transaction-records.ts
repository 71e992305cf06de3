/**
 * The records of transactions: what a writer says of itself, and how each transaction ended.
 */
import { isVaultError } from '../errors.ts';
import type { Backend } from './backend/backend.ts';
import { parseTxnKey, TXN_PREFIX, txnKey } from './layout.ts';
import { assertRecord, type RecordSeal, readRecord } from './record.ts';

/** `txn/<id>/begin`: enough to tell whether the writer still lives. */
export interface BeginRecord {
  /** RFC 3339, UTC */
  time: string;
  host: string;
  /** of the running kernel */
  bootId: string;
  pid: number;
  /** of the process, in whatever unit its platform has: tells processes with one pid apart */
  startTime: string;
  /** the line that a snapshot is for */
  line?: string;
}

/** `txn/<id>/outcome`: whoever creates it decides. */
export type OutcomeRecord = CommitRecord | AbortRecord;

export interface CommitRecord {
  outcome: 'commit';
  time: string;
  /** 32 hex digits: the creator of an ambiguous create knows its own record by it */
  nonce: string;
  /** hex ids of what the transaction makes reachable */
  objects: string[];
  /** the ref that is to name it: `refs/heads/main`; absent for plumbing that only stores */
  ref?: string;
  /** number of the newest record of the forgotten log (refs/forgotten.ts) that is taken back for the objects */
  takesBack?: number;
}

export interface AbortRecord {
  outcome: 'abort';
  time: string;
  nonce: string;
  reason: string;
}

export interface TransactionState {
  id: string;
  begin?: BeginRecord;
  outcome?: OutcomeRecord;
  /** the highest heartbeat, 0 for none */
  beat: number;
}

/** @throws NOT_FOUND, DAMAGED */
export async function readBegin(backend: Backend, id: string, seal?: RecordSeal): Promise<BeginRecord> {
  const key = txnKey(id, 'begin');
  const begin = await readRecord<BeginRecord>(backend, key, seal);
  for (const field of ['time', 'host', 'bootId', 'startTime'] as const) {
    assertRecord(typeof begin[field] === 'string', key, field);
  }
  assertRecord(Number.isSafeInteger(begin.pid) && begin.pid > 0, key, 'pid');
  assertRecord(begin.line === undefined || typeof begin.line === 'string', key, 'line');
  return begin;
}

/** @throws NOT_FOUND, DAMAGED */
export async function readOutcome(backend: Backend, id: string, seal?: RecordSeal): Promise<OutcomeRecord> {
  const key = txnKey(id, 'outcome');
  const record = await readRecord<OutcomeRecord>(backend, key, seal);
  assertRecord(typeof record.time === 'string' && !Number.isNaN(Date.parse(record.time)), key, 'time');
  assertRecord(/^[0-9a-f]{32}$/.test(record.nonce), key, 'nonce');
  if (record.outcome === 'commit') {
    const { objects, ref, takesBack } = record;
    assertRecord(Array.isArray(objects) && objects.every(isObjectId), key, 'objects');
    assertRecord(ref === undefined || typeof ref === 'string', key, 'ref');
    const isNumber = Number.isSafeInteger(takesBack) && takesBack! >= 0;
    assertRecord(takesBack === undefined || isNumber, key, 'takesBack');
  } else {
    assertRecord(record.outcome === 'abort' && typeof record.reason === 'string', key, 'outcome');
  }
  return record;
}

/**
 * Every transaction, in the order of ids. A record that is pruned while this runs is left out.
 * @throws DAMAGED at the first record that is
 */
export async function* listTransactions(
  backend: Backend,
  seal?: RecordSeal,
): AsyncGenerator<TransactionState> {
  let state: TransactionState | undefined;
  for await (const { key } of backend.list(TXN_PREFIX)) {
    const parsed = parseTxnKey(key);
    if (!parsed) continue; // not a transaction's: `check` reports what does not belong into a store
    if (parsed.id !== state?.id) {
      if (state) yield state;
      state = { id: parsed.id, beat: 0 };
    }
    if (parsed.part === 'begin')
      Object.assign(state, await unlessGone('begin', readBegin(backend, parsed.id, seal)));
    else if (parsed.part === 'outcome')
      Object.assign(state, await unlessGone('outcome', readOutcome(backend, parsed.id, seal)));
    else state.beat = Math.max(state.beat, Number(parsed.part.slice('beat-'.length)));
  }
  if (state) yield state;
}

export function isObjectId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

async function unlessGone<T>(field: 'begin' | 'outcome', reading: Promise<T>): Promise<Record<string, T>> {
  try {
    return { [field]: await reading };
  } catch (error) {
    if (isVaultError(error, 'NOT_FOUND')) return {};
    throw error;
  }
}
