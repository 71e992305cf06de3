/**
 * Many processes on one storage, of which one moves at a time: each waits before whatever it does to the storage until it is
 * chosen. Which one is next, which dies and when, is drawn from a seed.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { VaultError } from '../../src/errors.ts';
import type { Backend, BackendEntry, ListOptions } from '../../src/store/backend/backend.ts';
import type { MemoryBackend } from '../../src/store/backend/memory.ts';

/** Numbers from a seed: mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 ≤ x < 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** What becomes of an operation: a request may be lost, or its answer; and a process may die before or after it. */
export type Verdict = 'go' | 'die before' | 'die after' | 'lose request' | 'lose answer';

/** Why a process ends that was killed. */
export class Killed extends VaultError {
  constructor() {
    super('IO', 'killed');
  }
}

/** What a process gets instead of an answer that did not come. */
export class Lost extends VaultError {
  constructor() {
    super('IO', 'lost on the way');
  }
}

export class SimulatedProcess {
  readonly name: string;
  readonly waiting: ((verdict: Verdict) => void)[] = [];
  done = false;
  dead = false;
  /** one of its requests came to no end */
  hasLost = false;
  #moved = Promise.withResolvers<void>();

  constructor(name: string) {
    this.name = name;
  }

  /** Runs `act` on the storage when it is this process's turn. */
  async step<T>(act: () => Promise<T>): Promise<T> {
    if (this.dead) throw new Killed();
    const verdict = await new Promise<Verdict>((resolve) => {
      this.waiting.push(resolve);
      this.#moved.resolve();
    });
    if (verdict === 'die before') throw new Killed();
    if (verdict === 'lose request') throw new Lost();
    const result = await act();
    if (verdict === 'die after') throw new Killed();
    if (verdict === 'lose answer') throw new Lost();
    return result;
  }

  start(body: () => Promise<void>): void {
    body().finally(() => {
      this.done = true;
      this.#moved.resolve();
    });
  }

  /** Lets one of its operations go, and waits until it comes to the next or ends. */
  async move(verdict: Verdict, random: Random): Promise<void> {
    const [release] = this.waiting.splice(random.below(this.waiting.length), 1);
    if (verdict.startsWith('die')) this.dead = true;
    if (verdict.startsWith('lose')) this.hasLost = true;
    this.#moved = Promise.withResolvers();
    release!(verdict);
    if (this.dead) for (const other of this.waiting.splice(0)) other('die before');
    for (let turn = 0; turn < 4 && this.waiting.length > 0; turn++) await nextTurn();
    if (this.waiting.length === 0 && !this.done) await this.#moved.promise;
  }
}

/** The storage as a process sees it: listings go key by key and are not atomic. */
export class SteppedBackend implements Backend {
  readonly location = 'memory';
  readonly abilities = { sync: false, writable: true } as const;
  readonly #inner: MemoryBackend;
  readonly #process: SimulatedProcess;
  readonly #random: Random;
  /** called with what may arrive at the storage once more, later */
  readonly #onSent: (again: () => Promise<unknown>) => void;

  constructor(
    inner: MemoryBackend,
    process: SimulatedProcess,
    random: Random,
    onSent: (again: () => Promise<unknown>) => void,
  ) {
    this.#inner = inner;
    this.#process = process;
    this.#random = random;
    this.#onSent = onSent;
  }

  create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    const bytes = Buffer.concat(parts);
    return this.#process.step(async () => {
      this.#onSent(() => this.#inner.create(key, [bytes]));
      return this.#inner.create(key, [bytes]);
    });
  }

  remove(key: string): Promise<void> {
    return this.#process.step(async () => {
      this.#onSent(() => this.#inner.remove(key));
      return this.#inner.remove(key);
    });
  }

  move(key: string, to: string): Promise<boolean> {
    return this.#process.step(async () => {
      this.#onSent(() => this.#inner.remove(key));
      return this.#inner.move(key, to);
    });
  }

  async *list(prefix: string, { after = '', limit = Number.POSITIVE_INFINITY }: ListOptions = {}) {
    await this.#process.step(async () => undefined);
    let last = after;
    for (let count = 0; count < limit; count++) {
      let found: BackendEntry | undefined;
      for await (const entry of this.#inner.list(prefix, { after: last, limit: 1 })) found = entry;
      if (!found) return;
      last = found.key;
      yield found;
      if (this.#random.once(8)) await this.#process.step(async () => undefined);
    }
  }

  async read(key: string, offset?: number, length?: number): Promise<Buffer> {
    if (this.#process.dead) throw new Killed();
    return this.#inner.read(key, offset, length);
  }

  async size(key: string): Promise<number | undefined> {
    if (this.#process.dead) throw new Killed();
    return this.#inner.size(key);
  }

  async close(): Promise<void> {}
}
