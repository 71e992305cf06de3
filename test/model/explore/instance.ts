/**
 * One process of a model: the real code, which waits before each operation on the storage until it is given the answer. The code is
 * deterministic: what it does depends on the answers only, since its clock stands still and its random bytes are counted.
 */
import crypto from 'node:crypto';
import fsp from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isVaultError } from '../../../src/errors.ts';
import type { Backend, BackendEntry, ListOptions } from '../../../src/store/backend/backend.ts';
import type { Answer, Operation, Storage } from './storage.ts';

/** How a process ended. */
export interface Ending {
  /** undefined: it did what it was to do */
  code: string | undefined;
  message: string;
  /** what it was told is done, and holds from then on */
  acknowledged: readonly Acknowledged[];
}

export type Acknowledged =
  /** a snapshot of a line: named by the line, and whole unless it is forgotten */
  | { what: 'snapshot'; id: string }
  /** a tag that names it: whole, forgotten or not */
  | { what: 'tag'; name: string; id: string }
  /** taken back: no earlier drop counts */
  | { what: 'kept'; id: string };

/** What a process does with the storage. */
export type Body = (backend: Backend, index: number) => Promise<readonly Acknowledged[]>;

interface Pending {
  operation: Operation;
  answer(answer: Answer): void;
}

/** Turns of the event loop in which a process neither asks for anything nor ends: it waits for something outside of the model. */
const MOST_IDLE = 100;

let running: Instance | undefined;

export class Instance {
  /** asked for and not answered, in the order of asking */
  readonly #pending: Pending[] = [];
  readonly #number: number;
  #drawn = 0;
  #ending: Ending | undefined;

  private constructor(number: number) {
    this.#number = number;
  }

  /** @param number tells processes apart, in what they draw at random */
  static async start(storage: Storage, number: number, body: Body): Promise<Instance> {
    makeDeterministic();
    const instance = new Instance(number);
    running = instance;
    body(new SteppedBackend(instance.#ask, storage), number).then(
      (acknowledged) => {
        instance.#ending = { code: undefined, message: '', acknowledged };
      },
      (error: unknown) => {
        const code = isVaultError(error) ? error.code : 'BUG';
        instance.#ending = { code, message: (error as Error).stack ?? String(error), acknowledged: [] };
      },
    );
    await instance.#settle();
    return instance;
  }

  /** What it waits for; undefined once it has ended. */
  get operation(): Operation | undefined {
    return this.#ending ? undefined : this.#pending[0]?.operation;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Answers the operation, and waits until there is a next one or the end. */
  async answer(answer: Answer): Promise<void> {
    running = this;
    this.#pending.shift()!.answer(answer);
    await this.#settle();
  }

  /** Bytes that are the same in each run, and others for each process and each call. */
  draw(count: number): Buffer {
    const seed = `${this.#number} ${this.#drawn++}`;
    return crypto.createHash('shake256', { outputLength: count }).update(seed).digest();
  }

  readonly #ask = (operation: Operation): Promise<Answer> =>
    new Promise((resolve) => {
      this.#pending.push({ operation, answer: resolve });
    });

  async #settle(): Promise<void> {
    await nextTurn();
    for (let idle = 0; !this.#ending && this.#pending.length === 0; idle++) {
      if (idle === MOST_IDLE) throw new Error('a process of the model does nothing');
      await nextTurn();
    }
    running = undefined;
  }
}

/** The storage as a process sees it. */
class SteppedBackend implements Backend {
  readonly location = 'model';
  readonly abilities = { sync: false, writable: true } as const;
  readonly #ask: (operation: Operation) => Promise<Answer>;
  readonly #storage: Storage;

  constructor(ask: (operation: Operation) => Promise<Answer>, storage: Storage) {
    this.#ask = ask;
    this.#storage = storage;
  }

  async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    const blob = this.#storage.blobOf(Buffer.concat(parts));
    return (await this.#ask({ kind: 'create', key, blob })) === 1;
  }

  async read(key: string, offset = 0, length?: number): Promise<Buffer> {
    const operation = { kind: 'read', key, offset, length } as const;
    return this.#storage.read(operation, await this.#ask(operation));
  }

  async size(key: string): Promise<number | undefined> {
    const size = await this.#ask({ kind: 'size', key });
    return size < 0 ? undefined : size;
  }

  async *list(prefix: string, { after = '', limit = Number.POSITIVE_INFINITY }: ListOptions = {}) {
    let last = after;
    for (let count = 0; count < limit; count++) {
      const answer = await this.#ask({ kind: 'list', prefix, after: last });
      const entry: BackendEntry | undefined = this.#storage.entry(answer);
      if (!entry) return;
      last = entry.key;
      yield entry;
    }
  }

  async remove(key: string): Promise<void> {
    await this.#ask({ kind: 'remove', key });
  }

  async move(key: string, to: string): Promise<boolean> {
    return (await this.#ask({ kind: 'move', key, to })) === 1;
  }

  async close(): Promise<void> {}
}

let isDeterministic = false;

/** Within a process of a model random bytes are counted, no heart beats, and there are no files. Outside all is as ever. */
function makeDeterministic(): void {
  if (isDeterministic) return;
  isDeterministic = true;
  const { randomBytes } = crypto;
  crypto.randomBytes = ((count: number) => running?.draw(count) ?? randomBytes(count)) as typeof randomBytes;
  for (const name of ['readFile', 'mkdir'] as const) {
    const real = fsp[name] as (...all: unknown[]) => Promise<unknown>;
    const absent = async () => {
      throw new Error('there are no files in a model');
    };
    Object.assign(fsp, { [name]: (...all: unknown[]) => (running ? absent() : real(...all)) });
  }
  syncBuiltinESMExports();
  const begin = globalThis.setInterval;
  globalThis.setInterval = ((...all: Parameters<typeof begin>) => {
    if (!running) return begin(...all);
    const none = begin(() => undefined, 2 ** 30);
    clearInterval(none);
    return none;
  }) as typeof begin;
}
