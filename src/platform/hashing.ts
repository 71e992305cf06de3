/**
 * What the runtime has for SHA-256 besides `node:crypto`. Each is undefined on another system or processor, with another OpenSSL, and
 * without koffi's binary.
 */
import {
  type AsideHasher,
  loadAsideSha256,
  loadMultiBlockSha256,
  type MultiBlockSha256,
} from './linux/openssl.ts';

/** Several messages side by side; without, one behind the other. */
export function multiBlockSha256(): MultiBlockSha256 | undefined {
  return ifThere(loadMultiBlockSha256);
}

/** What begins one message, hashed by a thread beside the calling one; without, by that itself. */
export function asideSha256(): (() => AsideHasher) | undefined {
  return ifThere(loadAsideSha256);
}

function ifThere<T>(load: () => T): T | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return load();
  } catch {
    return undefined;
  }
}
