/**
 * What one number of a ref holds, and the check of it on reading.
 */
import { VaultError } from '../errors.ts';
import { isHex } from '../store/hex.ts';
import { ID_LENGTH, type Id, ObjectType } from '../store/id.ts';
import type { RefKey } from '../store/layout.ts';
import { assertRecord, type RecordHead } from '../store/record.ts';
import { parseTime } from './dates.ts';
import type { LineInfo } from './lines.ts';

/** Bytes of the nonce that tells a record from an equal one of somebody else. */
export const REF_NONCE_LENGTH = 8;

export type RefType = 'snapshot' | 'tree' | 'blob';

/** What a ref names. `stored`: the type behind it, so that of a content it says whether it is a chunk or a list. */
export interface RefTarget {
  id: Id;
  stored: ObjectType;
}

/** What the caller of `append` says. */
export interface RefBody {
  /** 64 hex digits; absent: the ref is removed */
  target?: string;
  /** of the target; of the last one where there is none */
  type: RefType;
  /** the target is a list; absent: a content of one chunk, or no content. A file can be crafted whose chunk id equals a list's id */
  list?: true;
  /** RFC 3339 with nanoseconds, UTC (`formatTime`) */
  time: string;
  who: string;
  host: string;
  message: string;
  /** only on lines */
  line?: LineInfo;
  /** the transaction whose commit this record carries out, whatever is there; absent where the record was made by compare-and-swap */
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

/** The fields that say what a ref names. @throws WRONG_TYPE for a changes object, which no ref can name */
export function targetFields({ id, stored }: RefTarget): Pick<RefBody, 'type' | 'list'> & { target: string } {
  const target = id.toString('hex');
  switch (stored) {
    case ObjectType.snapshot:
      return { target, type: 'snapshot' };
    case ObjectType.tree:
      return { target, type: 'tree' };
    case ObjectType.list:
      return { target, type: 'blob', list: true };
    case ObjectType.chunk:
      return { target, type: 'blob' };
    case ObjectType.changes:
      throw new VaultError('WRONG_TYPE', `${target} is a changes object, which no ref can name`, {
        hint: 'name the snapshot, or a file or folder in it as REV:path',
        subject: target,
      });
  }
}

/** The inverse of `targetFields`. */
export function targetOf({ target, type, list }: LiveRef): RefTarget {
  const id = Buffer.from(target, 'hex');
  if (type !== 'blob') return { id, stored: ObjectType[type] };
  return { id, stored: list ? ObjectType.list : ObjectType.chunk };
}

const SHAPE: Record<string, (value: unknown) => boolean> = {
  namespace: isString,
  name: isString,
  seq: Number.isSafeInteger,
  target: (value) => value === undefined || isHex(value, ID_LENGTH),
  type: (value) => value === 'snapshot' || value === 'tree' || value === 'blob',
  list: (value) => value === undefined || value === true,
  time: (value) => typeof value === 'string' && parseTime(value) !== undefined,
  who: isString,
  host: isString,
  message: isString,
  line: (value) => value === undefined || isLine(value),
  txn: (value) => value === undefined || isString(value),
  nonce: (value) => isHex(value, REF_NONCE_LENGTH),
};

/** The field of a record that is not what it must be, or undefined. */
export function wrongField(record: object): string | undefined {
  const fields = record as Record<string, unknown>;
  if (fields.list !== undefined && (fields.target === undefined || fields.type !== 'blob')) return 'list';
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

function isLine(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { hostId, root, host } = value as Record<string, unknown>;
  return isString(hostId) && isString(root) && isString(host);
}
