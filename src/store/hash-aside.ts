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

/** The runtime's functions; `src/platform/linux/openssl.ts` says which. */
export interface AsideSha256 {
  start(): number;
  update(contextPtr: number, bytes: Uint8Array): Promise<void>;
  digest(contextPtr: number): Buffer;
  free(contextPtr: number): void;
}

let runtime: AsideSha256 | undefined;

/** Lets this thread have long contents hashed beside it; undefined ends that. */
export function useAside(offered: AsideSha256 | undefined): void {
  runtime = offered;
}

/** Without the runtime's functions this thread hashes by itself. */
export function createAsideSha256(): AsideHasher {
  return runtime ? startAside(runtime) : startHere();
}

function startAside({ start, update, digest, free }: AsideSha256): AsideHasher {
  const context = start();
  return {
    update: (bytes) => update(context, bytes),
    digest: () => digest(context),
    free: () => free(context),
  };
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
