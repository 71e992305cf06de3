/** A backend asked in the fast way where it has one: the answer is there at once, without a promise. */
import type { Awaitable } from './awaitable.ts';
import { type Backend, isSync } from './backend.ts';

/** As `Backend.read`. Throws, or rejects, what that does. */
export function readKey(backend: Backend, key: string, offset?: number, length?: number): Awaitable<Buffer> {
  return isSync(backend) ? backend.readSync(key, offset, length) : backend.read(key, offset, length);
}

/** As `Backend.size`. Throws, or rejects, what that does. */
export function sizeOfKey(backend: Backend, key: string): Awaitable<number | undefined> {
  return isSync(backend) ? backend.sizeSync(key) : backend.size(key);
}
