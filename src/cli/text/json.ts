/**
 * Shapes that every `--json` document shares: `schema` first, times in RFC 3339 with nanoseconds, ids whole, sizes as
 * integers, and names that are not UTF-8 as a lossy `path` with the exact bytes in `path_b64`.
 */
import type { ErrorCode } from '../../errors.ts';

export { nameFields } from '../../objects/json-names.ts';

/** Seconds and nanoseconds since 1970 as `2026-01-31T12:00:00.000000001Z`. Years beyond 9999 get a sign, as in ISO 8601. */
export function jsonTime(seconds: number, nanoseconds = 0): string {
  const whole = new Date(seconds * 1000);
  // A time stamp that no calendar reaches (a damaged file system) must not stop a listing.
  if (Number.isNaN(whole.getTime())) return `@${seconds}.${nano(nanoseconds)}`;
  return whole.toISOString().replace(/\.\d{3}Z$/, `.${nano(nanoseconds)}Z`);
}

function nano(nanoseconds: number): string {
  return String(nanoseconds).padStart(9, '0');
}

/** One `--json` document, or one line of `--json-lines`. */
export function jsonLine(value: object): string {
  return `${JSON.stringify(value, plain)}\n`;
}

/** Ids and other bytes are hex; a BigInt beyond 2^53 is a string, since no JSON reader keeps its digits. */
function plain(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const raw = this[key];
  if (raw instanceof Uint8Array) return Buffer.from(raw).toString('hex');
  if (typeof raw === 'bigint') return Number.isSafeInteger(Number(raw)) ? Number(raw) : String(raw);
  return value;
}

export interface ErrorFields {
  code: ErrorCode;
  message: string;
  hint?: string;
  subject?: string;
  details?: unknown;
  exit: number;
}

/** The document of a failure: the only thing on stdout then. */
export function errorDocument(error: ErrorFields): string {
  return jsonLine({ error });
}
