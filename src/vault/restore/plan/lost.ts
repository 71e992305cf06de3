/**
 * Folders of which not all names can be read, since an object of their tree is missing or damaged. The walk that plans finds them, where a
 * restore may go on without; the one that carries the plan out ends them at the same page, whatever has come back meanwhile.
 */
import type { VaultError } from '../../../errors.ts';

/** A vault that has lost more is to be repaired first. */
const MOST_FOLDERS = 100_000;

export interface LostFolder {
  /** from what is restored */
  path: Buffer;
  /** of its tree, that could be read before */
  pages: number;
  error: VaultError;
}

export class LostFolders implements Iterable<LostFolder> {
  /** by path (latin1) */
  readonly #folders = new Map<string, LostFolder>();
  #isKnown = false;

  /** All are known: what fails from now on is an error. */
  seal(): void {
    this.#isKnown = true;
  }

  /** Whether a folder ends here for want of its next page. @param path called only where there are any */
  endsAt(path: () => Buffer, pages: number): boolean {
    return this.#folders.size > 0 && this.#folders.get(path().toString('latin1'))?.pages === pages;
  }

  /** @throws the error of the folder where all are known, or too many */
  add(folder: LostFolder): void {
    if (this.#isKnown || this.#folders.size >= MOST_FOLDERS) throw folder.error;
    this.#folders.set(folder.path.toString('latin1'), folder);
  }

  [Symbol.iterator](): Iterator<LostFolder> {
    return this.#folders.values();
  }
}
