/**
 * A backend whose operations fail where a test says: before they took effect, or after, when only the answer is lost.
 */
import { VaultError } from '../../errors.ts';
import type { Backend, BackendEntry, ListOptions } from './backend.ts';
import { BackendWrapper } from './wrapper.ts';

export interface Operation {
  name: 'create' | 'read' | 'size' | 'list' | 'remove' | 'move';
  /** The key, or the prefix of a listing. */
  key: string;
  /** 1 for the first operation of this backend. */
  number: number;
}

export interface Fault {
  when: 'before' | 'after';
  error: VaultError;
}

/** Called once for each operation, before it begins. */
export type FaultHook = (operation: Operation) => Fault | undefined;

/**
 * Fails the n-th operation: a loop over n from 1 until `fired` stays false has failed each one.
 * With `dead`, every later operation fails as well and has no effect, as if the process had been killed.
 */
export class NthFault {
  fired = false;
  readonly #n: number;
  readonly #fault: Fault;
  readonly #dead: boolean;

  constructor(n: number, when: Fault['when'], options: { dead?: boolean; error?: VaultError } = {}) {
    const error = options.error ?? new VaultError('IO', `injected fault ${when} operation ${n}`);
    this.#n = n;
    this.#fault = { when, error };
    this.#dead = options.dead ?? false;
  }

  readonly hook: FaultHook = ({ number }) => {
    if (number === this.#n) {
      this.fired = true;
      return this.#fault;
    }
    return this.#dead && number > this.#n ? { when: 'before', error: this.#fault.error } : undefined;
  };
}

export class FaultBackend extends BackendWrapper {
  readonly #hook: FaultHook;
  #operations = 0;

  constructor(inner: Backend, hook: FaultHook) {
    super(inner);
    this.#hook = hook;
  }

  create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    return this.#run('create', key, () => this.inner.create(key, parts));
  }

  override read(key: string, offset?: number, length?: number): Promise<Buffer> {
    return this.#run('read', key, () => this.inner.read(key, offset, length));
  }

  override size(key: string): Promise<number | undefined> {
    return this.#run('size', key, () => this.inner.size(key));
  }

  remove(key: string): Promise<void> {
    return this.#run('remove', key, () => this.inner.remove(key));
  }

  get move(): Backend['move'] {
    const { move } = this.inner;
    return move && ((key, to) => this.#run('move', key, () => move.call(this.inner, key, to)));
  }

  override readSync(key: string, offset?: number, length?: number): Buffer {
    return this.#runSync('read', key, () => this.inner.readSync(key, offset, length));
  }

  override sizeSync(key: string): number | undefined {
    return this.#runSync('size', key, () => this.inner.sizeSync(key));
  }

  override async *list(prefix: string, options?: ListOptions): AsyncGenerator<BackendEntry> {
    const fault = this.#next('list', prefix);
    if (fault?.when === 'before') throw fault.error;
    yield* this.inner.list(prefix, options);
    if (fault) throw fault.error;
  }

  async #run<T>(name: Operation['name'], key: string, act: () => Promise<T>): Promise<T> {
    const fault = this.#next(name, key);
    if (fault?.when === 'before') throw fault.error;
    const result = await act();
    if (fault) throw fault.error;
    return result;
  }

  #runSync<T>(name: Operation['name'], key: string, act: () => T): T {
    const fault = this.#next(name, key);
    if (fault?.when === 'before') throw fault.error;
    const result = act();
    if (fault) throw fault.error;
    return result;
  }

  #next(name: Operation['name'], key: string): Fault | undefined {
    return this.#hook({ name, key, number: ++this.#operations });
  }
}
