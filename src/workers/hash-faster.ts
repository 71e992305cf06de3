/** Brings together how the store hashes much at once and what this machine has for it. */
import { asideSha256, multiBlockSha256 } from '../platform/hashing.ts';
import { useAside } from '../store/hash/aside.ts';
import { useMultiBlock } from '../store/hash/many.ts';

/** For this thread; nothing changes where the runtime has no such functions. */
export function hashFaster(): void {
  const multiBlock = multiBlockSha256();
  if (multiBlock) useMultiBlock(multiBlock);
  useAside(asideSha256);
}
