/**
 * A backend that refuses to change anything: for vaults whose writers need a feature that this version lacks, and
 * for commands that promise not to write.
 */
import { VaultError } from '../../errors.ts';
import type { Backend } from './backend.ts';
import { BackendWrapper } from './wrapper.ts';

export class ReadOnlyBackend extends BackendWrapper {
  readonly #why: string;

  /** @param why the end of the sentence "… cannot be written: " */
  constructor(inner: Backend, why: string) {
    super(inner, { sync: inner.abilities.sync, writable: false });
    this.#why = why;
  }

  async create(key: string): Promise<boolean> {
    throw this.#refusal(key);
  }

  async remove(key: string): Promise<void> {
    throw this.#refusal(key);
  }

  get move(): Backend['move'] {
    return this.inner.move && (async (key) => Promise.reject(this.#refusal(key)));
  }

  #refusal(key: string): VaultError {
    return new VaultError('READ_ONLY', `${this.location} cannot be written: ${this.#why}`, { subject: key });
  }
}
