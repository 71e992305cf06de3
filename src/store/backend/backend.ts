/**
 * A backend keeps named bytes in a place: a folder, a bucket, memory.
 *
 * Keys are `/`-separated ASCII (`objects/ab/cd/<hex>`), made by `src/store/layout.ts` only. Create-if-absent is
 * the one primitive that changes shared state; nothing is ever overwritten.
 *
 * Contract, which `test/store/backend-suite.ts` checks for every implementation:
 * - `create` is atomic and durable: when it resolves `true`, the whole content is there, under that name, after
 *   a power loss; nobody ever sees a part of it. It resolves `false`, and changes nothing, when the name exists
 *   (then, too, it would survive a power loss). Of many concurrent creators of one name exactly one gets `true`.
 *   After any other error than the permanent ones below the key may exist; another create tells.
 *   `parts` must not change before it settles.
 * - `read` of an absent key fails with `NOT_FOUND`; a range that reaches behind the end with `DAMAGED`.
 * - `list` yields every key that existed before the call and was not removed, in ascending byte order; it may or
 *   may not show concurrent changes. A listing that cannot be completed throws; it never just ends.
 * - `remove` of an absent key is no error.
 * - `move`, where there is one, takes a key away and gives its bytes another name, in one step: at no moment are both or neither
 *   there. It resolves false, and changes nothing, when there is no such key.
 * - `NOT_FOUND`, `READ_ONLY`, `PERMISSION`, `NO_SPACE` and `DAMAGED` are permanent: wrappers never retry them.
 */
export interface Backend {
  /** For people: a folder's path or a URL. Never holds credentials. */
  readonly location: string;
  readonly abilities: BackendAbilities;

  /** Creates `key` with the concatenation of `parts`, at most 64 MiB in all. */
  create(key: string, parts: readonly Uint8Array[]): Promise<boolean>;

  /** All bytes of `key`, or `length` of them from `offset`. The caller owns the buffer. */
  read(key: string, offset?: number, length?: number): Promise<Buffer>;

  /** The size in bytes, or undefined when there is no such key. */
  size(key: string): Promise<number | undefined>;

  /** Keys that begin with `prefix` (which ends with `/` or is empty), ascending, after `options.after`. */
  list(prefix: string, options?: ListOptions): AsyncIterable<BackendEntry>;

  remove(key: string): Promise<void>;

  /** Only where it costs nothing (local folder, memory): what is removed from elsewhere cannot be put aside. */
  move?: ((key: string, to: string) => Promise<boolean>) | undefined;

  close(): Promise<void>;
}

export interface BackendAbilities {
  /** `readSync` and `sizeSync` exist and are the fast way (local folder, memory). */
  readonly sync: boolean;
  readonly writable: boolean;
}

/** What a backend with `abilities.sync` offers besides; the hot read path of workers and of `cat-object --batch`. */
export interface SyncBackend extends Backend {
  readSync(key: string, offset?: number, length?: number): Buffer;
  sizeSync(key: string): number | undefined;
}

export interface BackendEntry {
  key: string;
  size: number;
}

export interface ListOptions {
  after?: string;
  limit?: number;
}

/** Enough to open the same backend in a worker thread: plain data only. */
export type BackendSpec = { type: 'fs'; path: string; shared?: boolean } | { type: 'memory' };

export function isSync(backend: Backend): backend is SyncBackend {
  return backend.abilities.sync;
}
