/**
 * The forgotten log, `refs/forgotten/log/@<n>`: which snapshots no longer count (`docs/format.md`, "Forgotten snapshots").
 *
 * A record drops snapshots, or takes drops back: then it keeps them as far as the record `takesBack` and those before it
 * dropped them. So a snapshot is forgotten exactly when a record drops it that is newer than every record that was taken back
 * for it: whatever the order in which keeps are written down, a later drop is never undone by an earlier decision.
 */
import { randomBytes } from 'node:crypto';
import { invariant, isVaultError, VaultError } from '../errors.ts';
import type { Backend } from '../store/backend/backend.ts';
import { isHex } from '../store/hex.ts';
import { ID_LENGTH, type Id } from '../store/id.ts';
import { refKey, TXN_ID_LENGTH } from '../store/layout.ts';
import { assertRecord, createRecord, type RecordHead, type RecordSeal, readRecord } from '../store/record.ts';
import { parseTime } from './dates.ts';
import { FORGOTTEN } from './names.ts';
import { keysOf, newestKey } from './ref-keys.ts';
import { REF_NONCE_LENGTH } from './ref-record.ts';

const LOG = 'log';
/** What the outcome of a transaction names as its ref that does nothing but take snapshots back. */
export const FORGOTTEN_REF = `refs/${FORGOTTEN}/${LOG}`;

/** Ids in one record. Who drops more appends several. */
export const MAX_FORGOTTEN_IDS = 10_000;

/** Each lost attempt means that another record got in. */
const MAX_ATTEMPTS = 256;
/** Records read at once. */
const READ_AHEAD = 16;

/** What one record says. */
export interface ForgottenBody {
  /** RFC 3339 with nanoseconds, UTC (`formatTime`) */
  time: string;
  who: string;
  host: string;
  message: string;
  /** ids of snapshots in hex, 1 … `MAX_FORGOTTEN_IDS` together with `kept` */
  dropped: string[];
  kept: string[];
  /** with `kept` only: the number of the newest record that is taken back, as it was read when that was decided */
  takesBack?: number;
  /** with `kept` only: the transaction that this record carries out */
  txn?: string;
}

export interface ForgottenRecord extends ForgottenBody, RecordHead {
  /** counts from 0 without gaps */
  seq: number;
  /** 16 hex digits: tells the own record from an equal one of somebody else */
  nonce: string;
}

/** A plain commit of ids that may have been forgotten; `takesBack` as in its outcome. */
export interface TakingBack {
  objects: readonly string[];
  takesBack?: number;
}

/** Which snapshots are forgotten. */
export class Forgotten {
  /** of the newest record; undefined when nothing was ever forgotten */
  readonly newest: number | undefined;
  /** hex id → number of the newest record that drops it */
  readonly #dropped: ReadonlyMap<string, number>;
  readonly #takenBack: ReadonlyMap<string, number>;

  constructor(records: readonly ForgottenRecord[]) {
    const dropped = new Map<string, number>();
    const takenBack = new Map<string, number>();
    let newest: number | undefined;
    for (const { seq, dropped: ids, kept, takesBack } of records) {
      newest = Math.max(newest ?? 0, seq);
      for (const id of ids) raise(dropped, id, seq);
      for (const id of kept) raise(takenBack, id, takesBack!);
    }
    this.newest = newest;
    this.#dropped = dropped;
    this.#takenBack = takenBack;
  }

  has(id: Id | string): boolean {
    const hex = typeof id === 'string' ? id : id.toString('hex');
    return (this.#dropped.get(hex) ?? -1) > (this.#takenBack.get(hex) ?? -1);
  }

  /** `has` as a commit sees it that takes back the records up to a number, whether or not the log says so by now. */
  hidesFrom(commit: TakingBack, id: string): boolean {
    const takenBack = Math.max(this.#takenBack.get(id) ?? -1, commit.takesBack ?? -1);
    return (this.#dropped.get(id) ?? -1) > takenBack;
  }

  /** Hex ids of all that are forgotten, in no promised order. */
  *ids(): Generator<string, void, undefined> {
    for (const id of this.#dropped.keys()) if (this.has(id)) yield id;
  }
}

/**
 * Reads the whole log. Memory: about 200 bytes for each id that was ever dropped.
 * @throws DAMAGED when a record is, or is missing: an incomplete log would bring snapshots back, or hide kept ones
 */
export async function readForgotten(backend: Backend, seal?: RecordSeal): Promise<Forgotten> {
  const records: ForgottenRecord[] = [];
  for await (const record of forgottenRecords(backend, seal)) records.push(record);
  return new Forgotten(records);
}

/** The records, newest first. @throws as `readForgotten` */
export async function* forgottenRecords(
  backend: Backend,
  seal?: RecordSeal,
): AsyncGenerator<ForgottenRecord, void, undefined> {
  let expected: number | undefined;
  let batch: number[] = [];
  const read = () => Promise.all(batch.map((seq) => readOne(backend, seq, seal)));
  for await (const { seq } of keysOf(backend, FORGOTTEN, LOG)) {
    if (expected !== undefined && seq !== expected) throw missing(expected);
    expected = seq - 1;
    batch.push(seq);
    if (batch.length < READ_AHEAD) continue;
    yield* await read();
    batch = [];
  }
  yield* await read();
  if (expected !== undefined && expected >= 0) throw missing(expected);
}

/** The number of the newest record, without reading it; undefined when there is none. */
export async function newestForgotten(backend: Backend): Promise<number | undefined> {
  return (await newestKey(backend, FORGOTTEN, LOG))?.seq;
}

export interface AppendOptions {
  seal?: RecordSeal;
  random?: (bytes: number) => Buffer;
  /** append only while this is the number of the newest record (undefined: there is none) */
  expected?: { newest: number | undefined };
}

/**
 * Appends one record under the next free number. A drop needs no transaction.
 * @throws LOST_RACE after 256 lost numbers, and when the log is not as expected; storage errors
 */
export async function appendForgotten(
  backend: Backend,
  body: ForgottenBody,
  options: AppendOptions = {},
): Promise<ForgottenRecord> {
  const nonce = (options.random ?? randomBytes)(REF_NONCE_LENGTH).toString('hex');
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const newest = await newestForgotten(backend);
    if (options.expected && options.expected.newest !== newest) throw hasGrown();
    const seq = (newest ?? -1) + 1;
    const key = keyOf(seq);
    const fields = { namespace: FORGOTTEN, name: LOG, seq, ...body, nonce };
    const wrong = wrongField(fields);
    invariant(wrong === undefined, `${key} would have no valid ${wrong}`);
    if (await createRecord(backend, key, fields, options.seal)) return { version: 1, key, ...fields };
    // A create that was sent again after a lost answer finds its own record there.
    const there = await readOne(backend, seq, options.seal);
    if (there.nonce === nonce) return there;
  }
  throw new VaultError('LOST_RACE', `refs/${FORGOTTEN}/${LOG} grows too fast; nothing was changed`, {
    hint: 'run the command again when fewer others forget',
    subject: `refs/${FORGOTTEN}/${LOG}`,
  });
}

function hasGrown(): VaultError {
  return new VaultError(
    'LOST_RACE',
    `another process has forgotten or taken back snapshots meanwhile; nothing was changed`,
    {
      hint: 'look at what is there now and try again',
      subject: `refs/${FORGOTTEN}/${LOG}`,
    },
  );
}

async function readOne(backend: Backend, seq: number, seal?: RecordSeal): Promise<ForgottenRecord> {
  const key = keyOf(seq);
  try {
    const record = await readRecord<ForgottenRecord & { namespace: string; name: string }>(
      backend,
      key,
      seal,
    );
    const same = record.namespace === FORGOTTEN && record.name === LOG && record.seq === seq;
    assertRecord(same, key, 'name and number');
    const wrong = wrongField(record);
    assertRecord(wrong === undefined, key, wrong ?? '');
    return record;
  } catch (error) {
    if (isVaultError(error, 'NOT_FOUND')) throw missing(seq, error);
    throw error;
  }
}

/** The field that is not what it must be, or undefined. */
function wrongField(record: ForgottenBody & { seq: number; nonce: string }): string | undefined {
  const { time, dropped, kept, takesBack, txn, seq, nonce } = record;
  for (const field of ['who', 'host', 'message'] as const)
    if (typeof record[field] !== 'string') return field;
  if (typeof time !== 'string' || parseTime(time) === undefined) return 'time';
  if (!areIds(dropped)) return 'dropped';
  if (!areIds(kept)) return 'kept';
  const count = dropped.length + kept.length;
  if (count === 0 || count > MAX_FORGOTTEN_IDS) return 'number of ids';
  const isEarlier = Number.isSafeInteger(takesBack) && takesBack! >= 0 && takesBack! < seq;
  if (kept.length > 0 ? !isEarlier : takesBack !== undefined) return 'takesBack';
  if (txn !== undefined && (kept.length === 0 || !isHex(txn, TXN_ID_LENGTH))) return 'txn';
  if (!isHex(nonce, REF_NONCE_LENGTH)) return 'nonce';
  return undefined;
}

function areIds(value: unknown): boolean {
  return Array.isArray(value) && value.every((id) => isHex(id, ID_LENGTH));
}

function keyOf(seq: number): string {
  return refKey(FORGOTTEN, LOG, seq);
}

function raise(map: Map<string, number>, id: string, seq: number): void {
  map.set(id, Math.max(map.get(id) ?? -1, seq));
}

/** Nothing ever removes a record of the log. */
function missing(seq: number, cause?: unknown): VaultError {
  const key = keyOf(seq);
  return new VaultError('DAMAGED', `the record ${key} is missing: there are newer ones`, {
    hint: 'run `vault check` to see what else is affected',
    subject: key,
    cause,
  });
}
