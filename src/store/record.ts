/**
 * Records: the small files that say what counts (config, refs, transactions, gc).
 *
 * A record is one line of JSON, and a line with the lower-case hex SHA-256 of that line, its newline included: so
 * `head -n 1 config | sha256sum` prints what `tail -n 1 config` says. The JSON object begins with `version` (1) and
 * `key`, the record's own name, so that no record can stand in for another.
 */
import { hash } from 'node:crypto';
import { invariant, isVaultError, VaultError } from '../errors.ts';
import { readKey } from './backend/at-once.ts';
import type { Backend } from './backend/backend.ts';

/** What every record has. */
export interface RecordHead {
  version: 1;
  key: string;
}

/** Bytes of a whole record. */
export const MAX_RECORD = 1024 * 1024;

/** A newline, 64 digits, a newline. */
const CHECKSUM_LENGTH = 65;

/** How records are kept from the eyes of the storage; the seam for encrypted vaults. `unseal` throws DAMAGED. */
export interface RecordSeal {
  seal(key: string, record: Buffer): Buffer;
  unseal(key: string, stored: Buffer): Buffer;
}

/** Plain vaults: stored as it is. */
export const plainSeal: RecordSeal = {
  seal: (_key, record) => record,
  unseal: (_key, stored) => stored,
};

/** `body` is plain JSON; `version` and `key` are put in front of its fields. At most `MAX_RECORD` bytes come out. */
export function encodeRecord(key: string, body: object, seal: RecordSeal = plainSeal): Buffer {
  const head: RecordHead = { version: 1, key };
  const record = { ...head, ...body };
  invariant(record.version === 1 && record.key === key, `the record ${key} says it is another`);
  const line = `${JSON.stringify(record)}\n`;
  const stored = seal.seal(key, Buffer.from(`${line}${hash('sha256', line)}\n`));
  invariant(stored.length <= MAX_RECORD, `the record ${key} would have ${stored.length} bytes`);
  return stored;
}

/**
 * Only the checksum, the name and the version are checked: the fields are the caller's to validate.
 * @throws DAMAGED when the bytes are not a record of this name, UNKNOWN_FORMAT for a newer version
 */
export function decodeRecord<T extends object>(
  key: string,
  stored: Buffer,
  seal: RecordSeal = plainSeal,
): T & RecordHead {
  if (stored.length > MAX_RECORD) throw damaged(key, `it has ${stored.length} bytes`);
  const record = seal.unseal(key, stored);
  const end = record.length - CHECKSUM_LENGTH;
  if (end < 1 || record.indexOf(0x0a) !== end - 1) throw damaged(key, 'it is not two lines');
  const line = record.subarray(0, end);
  if (record.toString('latin1', end) !== `${hash('sha256', line)}\n`)
    throw damaged(key, 'its checksum does not match');
  const body = parseObject(key, line.toString());
  if (body.key !== key) throw damaged(key, `it says that it is ${JSON.stringify(body.key)}`);
  if (body.version === 1) return body as T & RecordHead;
  if (!Number.isInteger(body.version) || (body.version as number) < 1)
    throw damaged(key, 'it has no version');
  throw new VaultError(
    'UNKNOWN_FORMAT',
    `the record ${key} has version ${body.version}; this vault knows 1`,
    {
      hint: 'use a newer version of vault',
      subject: key,
    },
  );
}

/** Creates the record; false when its name exists. */
export function createRecord(
  backend: Backend,
  key: string,
  body: object,
  seal?: RecordSeal,
): Promise<boolean> {
  return backend.create(key, [encodeRecord(key, body, seal)]);
}

/** Times that a create is sent whose answer was lost. */
const MAX_TRIES = 3;

/**
 * Runs a create, and what is made of its answer, once more where it failed and the record may be there all the same (backend.ts). So it
 * has to come to the same whichever try made the record.
 * @throws the last failure
 */
export async function untilAnswered<T>(create: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await create();
    } catch (error) {
      if (tries === MAX_TRIES || isRefusal(error)) throw error;
    }
  }
}

/** True for a failure of a create that leaves no doubt: nothing was made. */
export function isRefusal(error: unknown): boolean {
  return isVaultError(error, 'READ_ONLY', 'PERMISSION', 'NO_SPACE', 'DAMAGED', 'BUG');
}

/** @throws NOT_FOUND when there is none, and as `decodeRecord` */
export async function readRecord<T extends object>(
  backend: Backend,
  key: string,
  seal?: RecordSeal,
): Promise<T & RecordHead> {
  return decodeRecord<T>(key, await readKey(backend, key), seal);
}

/** Throws DAMAGED unless `ok`: for the validation of a decoded record's fields. */
export function assertRecord(ok: unknown, key: string, what: string): asserts ok {
  if (!ok) throw damaged(key, `it has no valid ${what}`);
}

/** A time (nanoseconds since 1970) as records of transactions and the config say it: RFC 3339, UTC, milliseconds. */
export function recordTime(now: bigint): string {
  return new Date(Number(now / 1_000_000n)).toISOString();
}

function parseObject(key: string, line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw damaged(key, 'it is not JSON', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(key, 'it is not an object');
  return value as Record<string, unknown>;
}

function damaged(key: string, why: string, cause?: unknown): VaultError {
  return new VaultError('DAMAGED', `the record ${key} is damaged: ${why}`, {
    hint: 'run `vault check` to see what else is affected',
    subject: key,
    cause,
  });
}
