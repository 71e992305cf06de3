/**
 * A storage as a value: what lies in it is immutable and numbered, so that a search can hold millions of states. An operation turns
 * contents into contents and an answer; answers are numbers, by which a process's observations are told apart.
 */
import { VaultError } from '../../../src/errors.ts';
import type { BackendEntry } from '../../../src/store/backend/backend.ts';

/** What a process asks of the storage in one step. A listing asks for one key at a time. */
export type Operation =
  | { kind: 'create'; key: string; blob: number }
  | { kind: 'remove'; key: string }
  | { kind: 'move'; key: string; to: string }
  | { kind: 'read'; key: string; offset: number; length: number | undefined }
  | { kind: 'size'; key: string }
  | { kind: 'list'; prefix: string; after: string };

/** yes and no of `create` and `move`; how large; which bytes; which key of which size; `NOTHING` where there is none */
export type Answer = number;

export const NOTHING: Answer = -1;
const YES = 1;
const NO = 0;
/** Sizes are below this: a key and its size in one number. */
const MAX_SIZE = 2 ** 20;

export class Contents {
  readonly id: number;
  /** key → number of its bytes */
  readonly entries: ReadonlyMap<string, number>;
  /** ascending */
  readonly keys: readonly string[];

  constructor(id: number, entries: ReadonlyMap<string, number>, keys: readonly string[]) {
    this.id = id;
    this.entries = entries;
    this.keys = keys;
  }

  /** The first key after `after` that begins with `prefix`. */
  next(prefix: string, after: string): string | undefined {
    const from = after > prefix ? after : prefix;
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keys[middle]! > from) high = middle;
      else low = middle + 1;
    }
    const key = this.keys[low];
    return key?.startsWith(prefix) ? key : undefined;
  }
}

/** Things by number, and numbers by what tells the things apart. */
class Numbered<T> {
  readonly #things: T[] = [];
  readonly #numbers = new Map<string, number>();

  /** The number of what `text` tells from all others, from 0 in the order in which they came. */
  numberOf(text: string, thing: T): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#things.push(thing) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }

  at(number: number): T {
    return this.#things[number]!;
  }
}

/** All contents, keys and bytes that a search has come across. */
export class Storage {
  readonly #blobs = new Numbered<Buffer>();
  readonly #keys = new Numbered<string>();
  readonly #contents: Contents[] = [];
  readonly #byListing = new Map<string, Contents>();
  /** contents and change → contents */
  readonly #changed = new Map<string, Contents>();

  get contentsCount(): number {
    return this.#contents.length;
  }

  blobOf(bytes: Buffer): number {
    return this.#blobs.numberOf(bytes.toString('latin1'), bytes);
  }

  bytesOf(blob: number): Buffer {
    return this.#blobs.at(blob);
  }

  keyNumber(key: string): number {
    return this.#keys.numberOf(key, key);
  }

  keyOf(number: number): string {
    return this.#keys.at(number);
  }

  contentsOf(entries: ReadonlyMap<string, number>): Contents {
    const keys = [...entries.keys()].sort();
    const listing = keys.map((key) => `${this.keyNumber(key)}=${entries.get(key)}`).join(' ');
    let contents = this.#byListing.get(listing);
    if (!contents) {
      contents = new Contents(this.#contents.length, entries, keys);
      this.#contents.push(contents);
      this.#byListing.set(listing, contents);
    }
    return contents;
  }

  apply(contents: Contents, operation: Operation): { contents: Contents; answer: Answer } {
    const { entries } = contents;
    switch (operation.kind) {
      case 'create': {
        if (entries.has(operation.key)) return { contents, answer: NO };
        const change = `${contents.id}+${this.keyNumber(operation.key)}=${operation.blob}`;
        return {
          contents: this.#change(contents, change, (all) => all.set(operation.key, operation.blob)),
          answer: YES,
        };
      }
      case 'remove': {
        if (!entries.has(operation.key)) return { contents, answer: YES };
        const change = `${contents.id}-${this.keyNumber(operation.key)}`;
        return { contents: this.#change(contents, change, (all) => all.delete(operation.key)), answer: YES };
      }
      case 'move': {
        const blob = entries.get(operation.key);
        if (blob === undefined) return { contents, answer: NO };
        const change = `${contents.id}>${this.keyNumber(operation.key)}>${this.keyNumber(operation.to)}`;
        const moved = this.#change(contents, change, (all) => {
          all.delete(operation.key);
          all.set(operation.to, blob);
        });
        return { contents: moved, answer: YES };
      }
      case 'read':
        return { contents, answer: entries.get(operation.key) ?? NOTHING };
      case 'size': {
        const blob = entries.get(operation.key);
        return { contents, answer: blob === undefined ? NOTHING : this.bytesOf(blob).length };
      }
      case 'list': {
        const key = contents.next(operation.prefix, operation.after);
        if (key === undefined) return { contents, answer: NOTHING };
        return {
          contents,
          answer: this.keyNumber(key) * MAX_SIZE + this.bytesOf(entries.get(key)!).length,
        };
      }
    }
  }

  /** The bytes that an answer to `read` stands for. @throws NOT_FOUND, DAMAGED */
  read({ key, offset, length }: Operation & { kind: 'read' }, answer: Answer): Buffer {
    if (answer === NOTHING)
      throw new VaultError('NOT_FOUND', `there is no ${key} in the model`, { subject: key });
    const bytes = this.bytesOf(answer);
    const end = length === undefined ? bytes.length : offset + length;
    if (end > bytes.length)
      throw new VaultError('DAMAGED', `${key} has only ${bytes.length} bytes`, { subject: key });
    return Buffer.from(bytes.subarray(offset, end));
  }

  /** The key that an answer to `list` stands for. */
  entry(answer: Answer): BackendEntry | undefined {
    if (answer === NOTHING) return undefined;
    return { key: this.keyOf(Math.floor(answer / MAX_SIZE)), size: answer % MAX_SIZE };
  }

  #change(contents: Contents, change: string, make: (all: Map<string, number>) => void): Contents {
    let changed = this.#changed.get(change);
    if (!changed) {
      const all = new Map(contents.entries);
      make(all);
      changed = this.contentsOf(all);
      this.#changed.set(change, changed);
    }
    return changed;
  }
}

/** One text for each operation, and one only. */
export function describe(operation: Operation): string {
  switch (operation.kind) {
    case 'create':
      return `create ${operation.key} ${operation.blob}`;
    case 'move':
      return `move ${operation.key} ${operation.to}`;
    case 'read':
      return `read ${operation.key} ${operation.offset} ${operation.length ?? 'all'}`;
    case 'list':
      return `list ${operation.prefix} ${operation.after}`;
    default:
      return `${operation.kind} ${operation.key}`;
  }
}

/** Whether the answer to a reading operation may depend on a change of `key`. */
export function dependsOn(operation: Operation, key: string): boolean {
  if (operation.kind !== 'list') return operation.key === key;
  return key.startsWith(operation.prefix) && key > operation.after;
}

/** Keys that an operation may change. */
export function changedKeys(operation: Operation): string[] {
  if (operation.kind === 'create' || operation.kind === 'remove') return [operation.key];
  return operation.kind === 'move' ? [operation.key, operation.to] : [];
}
