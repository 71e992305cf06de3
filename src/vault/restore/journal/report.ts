/** What a restore could not do: files that are missing, and facts about files that could not be set. */

/** Failures kept with their paths; the rest is counted. */
const MOST_FAILURES = 100;

/** Something whose content could not be restored. */
export interface RestoreFailure {
  /** from the snapshot's root */
  path: Buffer;
  /** code of a `VaultError`, or an errno name */
  code: string;
  message: string;
}

/** A kind of fact that could not be set here; the contents are all there. */
export interface Unfaithful {
  /** `owner`, `set-id bits`, `mode`, `times`, `user attributes`, `device`, `hard links`, … */
  what: string;
  /** errno name */
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
  readonly #unfaithful = new Map<string, Unfaithful>();

  fail(path: Buffer, code: string, message: string): void {
    this.failureCount++;
    this.failuresByCode.set(code, (this.failuresByCode.get(code) ?? 0) + 1);
    if (this.failures.length < MOST_FAILURES) this.failures.push({ path, code, message });
  }

  /** @param path called for the first of its kind */
  note(what: string, code: string, path: () => Buffer): void {
    const key = `${what} ${code}`;
    const known = this.#unfaithful.get(key);
    if (known) known.count++;
    else this.#unfaithful.set(key, { what, code, count: 1, example: path() });
  }

  get unfaithful(): Unfaithful[] {
    return [...this.#unfaithful.values()];
  }
}
