/**
 * SHA-256 of one long content by a thread beside the calling one. A single SHA-256 cannot be shared out, and is most of what a large file
 * costs where the processor has no SHA instructions: so it runs while the same bytes are cut and sealed.
 */
import { createSha256 } from './hash.ts';

/** A SHA-256 fed in parts. Whoever starts one ends it by `free`, when no `update` is under way. */
export interface AsideHasher {
  /** Resolves when the bytes are hashed: until then they must not change, nor may the next ones be given. */
  update(bytes: Uint8Array): Promise<void>;
  digest(): Buffer;
  free(): void;
}

/** What begins one; undefined where the runtime has no such functions. `src/platform/hashing.ts` says which. */
type LoadAside = () => (() => AsideHasher) | undefined;

let load: LoadAside = () => undefined;
let start: (() => AsideHasher) | undefined;

/** Lets this thread have long contents hashed beside it. Nothing is loaded before the first one comes. */
export function useAside(loader: LoadAside): void {
  load = loader;
  start = undefined;
}

/** Without the runtime's functions this thread hashes by itself. */
export function createAsideSha256(): AsideHasher {
  start ??= load() ?? startHere;
  return start();
}

function startHere(): AsideHasher {
  const hash = createSha256();
  return {
    async update(bytes) {
      hash.update(bytes);
    },
    digest: () => hash.digest(),
    free() {},
  };
}
