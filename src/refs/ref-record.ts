/**
 * What one number of a ref holds, and the check of it on reading.
 */
import type { RefKey } from '../store/layout.ts';
import { assertRecord, type RecordHead } from '../store/record.ts';
import { parseTime } from './dates.ts';
import type { LineInfo } from './lines.ts';

export type RefType = 'snapshot' | 'tree' | 'blob';

/** What the caller of `append` says. */
export interface RefBody {
  /** 64 hex digits; absent: the ref is removed */
  target?: string;
  /** of the target; of the last one where there is none */
  type: RefType;
  /** RFC 3339 with nanoseconds, UTC (`formatTime`) */
  time: string;
  who: string;
  host: string;
  message: string;
  /** only on lines */
  line?: LineInfo;
  /** the transaction whose commit this record carries out */
  txn?: string;
}

/** One record as it is stored. `seq` counts from 0 without gaps. */
export interface RefRecord extends RefBody, RecordHead {
  namespace: string;
  name: string;
  seq: number;
  /** 16 hex digits, drawn for each attempt: tells the own record from an equal one of somebody else */
  nonce: string;
}

/** A record of a ref that exists. */
export type LiveRef = RefRecord & { target: string };

export function isLive(record: RefRecord | undefined): record is LiveRef {
  return record?.target !== undefined;
}

const SHAPE: Record<string, (value: unknown) => boolean> = {
  namespace: isString,
  name: isString,
  seq: Number.isSafeInteger,
  target: (value) => value === undefined || isMatch(value, /^[0-9a-f]{64}$/),
  type: (value) => value === 'snapshot' || value === 'tree' || value === 'blob',
  time: (value) => typeof value === 'string' && parseTime(value) !== undefined,
  who: isString,
  host: isString,
  message: isString,
  line: (value) => value === undefined || isLine(value),
  txn: (value) => value === undefined || isString(value),
  nonce: (value) => isMatch(value, /^[0-9a-f]{16}$/),
};

/** The field of a record that is not what it must be, or undefined. */
export function wrongField(record: object): string | undefined {
  const fields = record as Record<string, unknown>;
  return Object.keys(SHAPE).find((field) => !SHAPE[field]!(fields[field]));
}

/** @throws DAMAGED unless `record`, read at `at.key`, is number `at.seq` of that ref and complete */
export function asRefRecord(record: RecordHead, at: RefKey): RefRecord {
  const wrong = wrongField(record);
  assertRecord(wrong === undefined, record.key, wrong ?? '');
  const found = record as RefRecord;
  const same = found.namespace === at.namespace && found.name === at.name && found.seq === at.seq;
  assertRecord(same, record.key, 'name and number');
  return found;
}

function isString(value: unknown): boolean {
  return typeof value === 'string';
}

function isMatch(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function isLine(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { hostId, root, host } = value as Record<string, unknown>;
  return isString(hostId) && isString(root) && isString(host);
}
