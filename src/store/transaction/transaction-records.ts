/**
 * The records of transactions: what a writer says of itself, and how each transaction ended.
 */
import { randomBytes } from 'node:crypto';
import { invariant, isVaultError } from '../../errors.ts';
import type { Backend } from '../backend/backend.ts';
import { isHex } from '../hex.ts';
import { ID_LENGTH } from '../id.ts';
import { parseTxnKey, TXN_PREFIX, txnKey } from '../layout.ts';
import { assertRecord, createRecord, type RecordSeal, readRecord, recordTime } from '../record.ts';

/** Bytes of an outcome's nonce. */
const NONCE_LENGTH = 16;

/** `txn/<id>/begin`: enough to tell whether the writer still lives. */
export interface BeginRecord {
  /** RFC 3339, UTC */
  time: string;
  host: string;
  /** tells hosts of one name apart; absent in records of other programs */
  hostId?: string;
  /** of the running kernel */
  bootId: string;
  pid: number;
  /** in which the pid counts; absent where there are none, and in records of other programs */
  pidNamespace?: string;
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
  /** the fields that the ref's record will have besides (refs/ref-record.ts), so that anybody can write it */
  record?: object;
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
  for (const field of ['hostId', 'pidNamespace', 'line'] as const) {
    assertRecord(begin[field] === undefined || typeof begin[field] === 'string', key, field);
  }
  return begin;
}

/** @throws NOT_FOUND, DAMAGED */
export async function readOutcome(backend: Backend, id: string, seal?: RecordSeal): Promise<OutcomeRecord> {
  const key = txnKey(id, 'outcome');
  const record = await readRecord<OutcomeRecord>(backend, key, seal);
  assertRecord(typeof record.time === 'string' && !Number.isNaN(Date.parse(record.time)), key, 'time');
  assertRecord(isHex(record.nonce, NONCE_LENGTH), key, 'nonce');
  if (record.outcome === 'commit') {
    const { objects, ref, takesBack, record: fields } = record;
    assertRecord(Array.isArray(objects) && objects.every(isObjectId), key, 'objects');
    assertRecord(ref === undefined || typeof ref === 'string', key, 'ref');
    assertRecord(fields === undefined || (typeof fields === 'object' && fields !== null), key, 'record');
    const isNumber = Number.isSafeInteger(takesBack) && takesBack! >= 0;
    assertRecord(takesBack === undefined || isNumber, key, 'takesBack');
  } else {
    assertRecord(record.outcome === 'abort' && typeof record.reason === 'string', key, 'outcome');
  }
  return record;
}

/**
 * Ends a transaction whose writer is taken for dead, unless it has ended; gives the outcome that stands: undefined when it is put away
 * already, which only a commit is.
 * @param time RFC 3339
 */
export async function abortTransaction(
  backend: Backend,
  id: string,
  abort: { time: string; reason: string; nonce: string },
  seal?: RecordSeal,
): Promise<OutcomeRecord | undefined> {
  const outcome: AbortRecord = { outcome: 'abort', ...abort };
  if (await createRecord(backend, txnKey(id, 'outcome'), outcome, seal)) return outcome;
  return (await unlessGone('outcome', readOutcome(backend, id, seal))).outcome;
}

/** When an outcome is created, and what tells it from others. */
export function stamp(source: { now(): bigint; random?: (bytes: number) => Buffer }): {
  time: string;
  nonce: string;
} {
  const random = source.random ?? randomBytes;
  return { time: recordTime(source.now()), nonce: random(NONCE_LENGTH).toString('hex') };
}

/**
 * Removes what a finished transaction has left: `begin` first, since a commit without begin counts for nothing while a begin
 * without outcome would be a writer at work. The outcome of an abort stays for ever: it decided a race.
 */
export async function pruneTransaction(
  backend: Backend,
  { id, beat, outcome }: Pick<TransactionState, 'id' | 'beat' | 'outcome'>,
): Promise<void> {
  invariant(outcome !== undefined, `transaction ${id} is pruned before its end`);
  await backend.remove(txnKey(id, 'begin'));
  for (let k = 1; k <= beat; k++) await backend.remove(txnKey(id, `beat-${k}`));
  if (outcome.outcome === 'commit') await removeCommit(backend, id);
}

async function removeCommit(backend: Backend, id: string): Promise<void> {
  try {
    await backend.remove(txnKey(id, 'outcome'));
  } catch (error) {
    // Put away by another one, and then aborted by a gc that had seen begin before: that record is a race's, and stays.
    const { outcome } = await unlessGone('outcome', readOutcome(backend, id));
    if (outcome?.outcome !== 'abort') throw error;
  }
}

/** Which records of a transaction there are. */
export interface TransactionKeys {
  id: string;
  begin: boolean;
  outcome: boolean;
  /** the highest heartbeat, 0 for none */
  beat: number;
}

/** Every transaction, in the order of ids, without reading a record. */
export async function* listTransactionKeys(
  backend: Backend,
): AsyncGenerator<TransactionKeys, void, undefined> {
  let keys: TransactionKeys | undefined;
  for await (const { key } of backend.list(TXN_PREFIX)) {
    const parsed = parseTxnKey(key);
    if (!parsed) continue; // not a transaction's: `check` reports what does not belong into a store
    if (parsed.id !== keys?.id) {
      if (keys) yield keys;
      keys = { id: parsed.id, begin: false, outcome: false, beat: 0 };
    }
    if (parsed.part === 'begin' || parsed.part === 'outcome') keys[parsed.part] = true;
    else keys.beat = Math.max(keys.beat, Number(parsed.part.slice('beat-'.length)));
  }
  if (keys) yield keys;
}

/**
 * The same with their records. One that is pruned while this runs is left out.
 * @throws DAMAGED at the first record that is
 */
export async function* listTransactions(
  backend: Backend,
  seal?: RecordSeal,
): AsyncGenerator<TransactionState, void, undefined> {
  for await (const keys of listTransactionKeys(backend)) yield readTransaction(backend, keys, seal);
}

/** @throws DAMAGED */
export async function readTransaction(
  backend: Backend,
  { id, begin, outcome, beat }: TransactionKeys,
  seal?: RecordSeal,
): Promise<TransactionState> {
  return {
    id,
    beat,
    ...(begin && (await unlessGone('begin', readBegin(backend, id, seal)))),
    ...(outcome && (await unlessGone('outcome', readOutcome(backend, id, seal)))),
  };
}

export function isObjectId(value: unknown): value is string {
  return isHex(value, ID_LENGTH);
}

async function unlessGone<T>(field: 'begin' | 'outcome', reading: Promise<T>): Promise<Record<string, T>> {
  try {
    return { [field]: await reading };
  } catch (error) {
    if (isVaultError(error, 'NOT_FOUND')) return {};
    throw error;
  }
}
