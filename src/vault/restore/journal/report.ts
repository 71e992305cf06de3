/** What a restore could not do: files that are missing, and facts about files that could not be set. */
import { isVaultError, type VaultError } from '../../../errors.ts';
import { type Entry, Kind } from '../../../objects/model.ts';

/** Failures kept with their paths; the rest is counted. */
const MOST_FAILURES = 100;

/** What is wrong with a content, by the code of its error; any other is about a name that cannot be made here. */
const CONTENT_FAULTS: Readonly<Record<string, string>> = {
  MISSING_OBJECT: 'content missing',
  DAMAGED: 'content damaged',
  WRONG_TYPE: 'content damaged',
  UNKNOWN_FORMAT: 'content of a newer format',
  REFUSED: 'symlink target',
  IO: 'content not readable',
  REMOTE: 'content not readable',
  PERMISSION: 'content not readable',
};

/** Why a name is left out. */
export interface Fault {
  /** code of a `VaultError`, or an errno name */
  code: string;
  message: string;
}

/** Something whose content could not be restored. */
export interface RestoreFailure extends Fault {
  /** from the snapshot's root */
  path: Buffer;
}

/**
 * Names that have something in common which was not restored: a kind of fact that could not be set here, though the contents are
 * all there, or a reason why names are left out.
 */
export interface Unfaithful {
  /** `owner`, `set-id bits`, `mode`, `times`, `user attributes`, `device`, `hard links`, …; of what is left out `content missing`, … */
  what: string;
  /** errno name; of what is left out also a `VaultError`'s code */
  code: string;
  count: number;
  /** the first path, from the snapshot's root */
  example: Buffer;
}

export class RestoreReport {
  failureCount = 0;
  readonly failures: RestoreFailure[] = [];
  /** how many of each `code` */
  readonly failuresByCode = new Map<string, number>();
  /** files that were to be written and are left out, and the sum of their recorded sizes */
  readonly lost = { files: 0, bytes: 0 };
  #missing: VaultError | undefined;
  readonly #leftOut = new Map<string, Unfaithful>();
  readonly #unfaithful = new Map<string, Unfaithful>();

  /** @param entry what it was to be */
  fail(path: Buffer, entry: Entry, fault: Fault): void {
    if (isVaultError(fault, 'MISSING_OBJECT')) this.#missing ??= fault;
    this.#fail(path, CONTENT_FAULTS[fault.code] ?? 'name', fault);
    this.lose(entry);
  }

  /** Names of a folder are left out, nobody knows how many. */
  failFolder(path: Buffer, { code, message }: VaultError): void {
    const fault = { code, message: `not all of its names can be read: ${message}` };
    this.#fail(path, 'names of a folder', fault);
  }

  /** It is left out with the folder that it lies in, which has failed. */
  lose({ kind, size = 0 }: Entry): void {
    if (kind !== Kind.file) return;
    this.lost.files++;
    this.lost.bytes += size;
  }

  /** @param path called for the first of its kind */
  note(what: string, code: string, path: () => Buffer): void {
    count(this.#unfaithful, what, code, path);
  }

  #fail(path: Buffer, what: string, { code, message }: Fault): void {
    this.failureCount++;
    this.failuresByCode.set(code, (this.failuresByCode.get(code) ?? 0) + 1);
    if (this.failures.length < MOST_FAILURES) this.failures.push({ path, code, message });
    count(this.#leftOut, what, code, () => path);
  }

  get unfaithful(): Unfaithful[] {
    return [...this.#unfaithful.values()];
  }

  /** The first object that is not there, where nothing else is wrong. */
  get missing(): VaultError | undefined {
    return this.failuresByCode.size === 1 ? this.#missing : undefined;
  }

  /** The failures by kind. */
  get leftOut(): Unfaithful[] {
    return [...this.#leftOut.values()];
  }
}

function count(kinds: Map<string, Unfaithful>, what: string, code: string, path: () => Buffer): void {
  const key = `${what} ${code}`;
  const known = kinds.get(key);
  if (known) known.count++;
  else kinds.set(key, { what, code, count: 1, example: path() });
}
