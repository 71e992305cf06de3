/** A backend upon another one: what a subclass does not change is passed on. */
import type { Backend, BackendAbilities, BackendEntry, ListOptions, SyncBackend } from './backend.ts';

export abstract class BackendWrapper implements SyncBackend {
  readonly location: string;
  readonly abilities: BackendAbilities;
  protected readonly inner: SyncBackend;

  /** @param abilities those of `inner` unless given */
  constructor(inner: Backend, abilities = inner.abilities) {
    this.location = inner.location;
    this.abilities = abilities;
    this.inner = inner as SyncBackend; // its synchronous half is called only where `abilities.sync` says it exists
  }

  abstract create(key: string, parts: readonly Uint8Array[]): Promise<boolean>;

  abstract remove(key: string): Promise<void>;

  /** Undefined where `inner` has none. */
  abstract get move(): Backend['move'];

  read(key: string, offset?: number, length?: number): Promise<Buffer> {
    return this.inner.read(key, offset, length);
  }

  readSync(key: string, offset?: number, length?: number): Buffer {
    return this.inner.readSync(key, offset, length);
  }

  size(key: string): Promise<number | undefined> {
    return this.inner.size(key);
  }

  sizeSync(key: string): number | undefined {
    return this.inner.sizeSync(key);
  }

  list(prefix: string, options?: ListOptions): AsyncIterable<BackendEntry> {
    return this.inner.list(prefix, options);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
