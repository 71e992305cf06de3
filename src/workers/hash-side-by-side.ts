/** Brings together how the store hashes many messages and what this machine has for it. */
import { multiBlockSha256 } from '../platform/multi-block.ts';
import { useMultiBlock } from '../store/hash-many.ts';

/** For this thread; nothing changes where the runtime has no such function. */
export function hashSideBySide(): void {
  const runtime = multiBlockSha256();
  if (runtime) useMultiBlock(runtime);
}
