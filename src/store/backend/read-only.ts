/**
 * A backend that refuses to change anything: for vaults whose writers need a feature that this version lacks, and
 * for commands that promise not to write.
 */
import { VaultError } from '../../errors.ts';
import type { Backend, BackendAbilities, BackendEntry, ListOptions, SyncBackend } from './backend.ts';

export class ReadOnlyBackend implements SyncBackend {
  readonly location: string;
  readonly abilities: BackendAbilities;
  readonly #inner: SyncBackend;
  readonly #why: string;

  /** @param why the end of the sentence "… cannot be written: " */
  constructor(inner: Backend, why: string) {
    this.location = inner.location;
    this.abilities = { sync: inner.abilities.sync, writable: false };
    this.#inner = inner as SyncBackend; // its synchronous half is called only where `abilities.sync` says it exists
    this.#why = why;
  }

  async create(key: string): Promise<boolean> {
    throw this.#refusal(key);
  }

  async remove(key: string): Promise<void> {
    throw this.#refusal(key);
  }

  get move(): Backend['move'] {
    return this.#inner.move && (async (key) => Promise.reject(this.#refusal(key)));
  }

  read(key: string, offset?: number, length?: number): Promise<Buffer> {
    return this.#inner.read(key, offset, length);
  }

  readSync(key: string, offset?: number, length?: number): Buffer {
    return this.#inner.readSync(key, offset, length);
  }

  size(key: string): Promise<number | undefined> {
    return this.#inner.size(key);
  }

  sizeSync(key: string): number | undefined {
    return this.#inner.sizeSync(key);
  }

  list(prefix: string, options?: ListOptions): AsyncIterable<BackendEntry> {
    return this.#inner.list(prefix, options);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #refusal(key: string): VaultError {
    return new VaultError('READ_ONLY', `${this.location} cannot be written: ${this.#why}`, { subject: key });
  }
}
