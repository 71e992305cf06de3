/**
 * SHA-256 without `node:crypto`: the twin of `hash.ts`, by @noble/hashes. Slow, and the same bytes.
 */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import type { Hasher } from './hash.ts';

/** The SHA-256 of `bytes`: 32 bytes. */
export function sha256(bytes: Uint8Array): Buffer {
  return toBuffer(nobleSha256(bytes));
}

/** Whether `digest` is the SHA-256 of `bytes`. */
export function isSha256(digest: Buffer, bytes: Uint8Array): boolean {
  return sha256(bytes).equals(digest);
}

/** The first four bytes of a SHA-256 as a number, big-endian. */
export function sha256Start(bytes: Uint8Array): number {
  return sha256(bytes).readUInt32BE(0);
}

export function createSha256(): Hasher {
  const hash = nobleSha256.create();
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => toBuffer(hash.digest()),
  };
}

function toBuffer(digest: Uint8Array): Buffer {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength);
}
