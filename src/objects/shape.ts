/** Checks on decoded values, each naming the field that is not what it must be. */
import { ID_LENGTH, type Id } from '../store/id.ts';
import { type Encodable, fromInt, int } from './encoding.ts';
import { Malformed, malformed } from './malformed.ts';
import type { Extension } from './model.ts';

/** The version that begins every object. */
export const VERSION = 1;
/** Nanoseconds beside seconds. */
export const MAX_NANOS = 999_999_999;

/** The fields of an object or row: an array of exactly `count`. */
export function fieldsOf(value: unknown, count: number, what: string): unknown[] {
  const fields = arrayOf(value, what);
  return fields.length === count ? fields : malformed(`${what} has ${fields.length} fields, not ${count}`);
}

/** The fields of a whole object, whose first is the version. */
export function objectFields(value: unknown, count: number, what: string): unknown[] {
  const fields = arrayOf(value, what);
  checkVersion(fields[0], what);
  return fieldsOf(fields, count, what);
}

export function checkVersion(version: unknown, what: string): void {
  if (version === VERSION) return;
  if (typeof version !== 'number' || version < VERSION) malformed(`${what} has no version`);
  throw new Malformed(`${what} has version ${version}, and only ${VERSION} is known`, 'UNKNOWN_FORMAT');
}

export function arrayOf(value: unknown, what: string): unknown[] {
  return Array.isArray(value) ? value : malformed(`${what} is not an array`);
}

export function bytesOf(value: unknown, what: string): Buffer {
  return Buffer.isBuffer(value) ? value : malformed(`${what} is not a byte string`);
}

export function idOf(value: unknown, what: string): Id {
  const id = bytesOf(value, what);
  return id.length === ID_LENGTH ? id : malformed(`${what} has ${id.length} bytes, not ${ID_LENGTH}`);
}

export function textOf(value: unknown, what: string): string {
  return typeof value === 'string' ? value : malformed(`${what} is not text`);
}

/** An integer from `min` to `max`, both safe. */
export function intOf(value: unknown, min: number, max: number, what: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number') malformed(`${what} is not an integer`);
  return number >= min && number <= max ? number : malformed(`${what} is out of range`);
}

/** Any integer as a Number. File systems take times of 64 bits; such a one is rounded, as it was when it was read. */
export function secondsOf(value: unknown, what: string): number {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'number' ? value : malformed(`${what} is not an integer`);
}

export function nanosOf(value: unknown, what: string): number {
  return intOf(value, 0, MAX_NANOS, what);
}

/** The value, or undefined for nil. */
export function optional<T>(
  value: unknown,
  what: string,
  read: (value: unknown, what: string) => T,
): T | undefined {
  return value === null ? undefined : read(value, what);
}

/** The extension list that ends an object or row; undefined when it is empty. */
export function extensionsOf(value: unknown, what: string): Extension[] | undefined {
  const pairs = arrayOf(value, what);
  if (pairs.length === 0) return undefined;
  return pairs.map((pair) => {
    const [key, kept] = fieldsOf(pair, 2, what);
    return [intOf(key, 0, 0xffffffff, what), keptValue(kept)];
  });
}

function keptValue(value: unknown): unknown {
  if (typeof value === 'bigint') return fromInt(value);
  return Array.isArray(value) ? value.map(keptValue) : value;
}

export function extensionFields(extensions: readonly Extension[] | undefined): Encodable {
  return (extensions ?? []).map(([key, value]) => [int(key), encodableValue(value)]);
}

function encodableValue(value: unknown): Encodable {
  if (typeof value === 'number' || typeof value === 'bigint') return int(value);
  return Array.isArray(value) ? value.map(encodableValue) : (value as Encodable);
}
