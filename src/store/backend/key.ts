/**
 * What a key may look like and how much it may hold: the same for every backend, checked at its door.
 *
 * Lower case only, so that a case-insensitive file system cannot merge two keys; no component begins with a dot.
 */
import { invariant } from '../../errors.ts';

/** Folders of a local store that hold no keys; a listing passes them over unless its prefix names them. */
export const TMP_FOLDER = 'tmp';
export const INDEX_FOLDER = 'index';

/** Bytes that one `create` may store, and so the most that one `read` can return. */
export const MAX_STORED = 64 * 1024 * 1024;

/** Bytes in a key: the bound of S3. */
const MAX_KEY = 1024;

const COMPONENT = /^[a-z0-9@%_-][a-z0-9@%._-]*$/;
const KEY = /^[a-z0-9@%_-][a-z0-9@%._-]*(?:\/[a-z0-9@%_-][a-z0-9@%._-]*)*$/;

/** True for a name that may stand between two slashes of a key. */
export function isKeyComponent(name: string): boolean {
  return COMPONENT.test(name);
}

export function assertKey(key: string): void {
  invariant(key.length <= MAX_KEY && KEY.test(key), `not a storage key: ${JSON.stringify(key)}`);
}

export function assertPrefix(prefix: string): void {
  const ok = prefix === '' || (prefix.endsWith('/') && KEY.test(prefix.slice(0, -1)));
  invariant(ok && prefix.length <= MAX_KEY, `not a prefix of storage keys: ${JSON.stringify(prefix)}`);
}

/** The sum of the lengths, at most `MAX_STORED`. */
export function totalLength(key: string, parts: readonly Uint8Array[]): number {
  let total = 0;
  for (const part of parts) total += part.byteLength;
  invariant(total <= MAX_STORED, `${key} would have ${total} bytes, more than ${MAX_STORED}`);
  return total;
}
