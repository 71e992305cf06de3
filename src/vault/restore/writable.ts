/** What a dry run of a merge asks of the folders in which names would change: promotion moves names in and out of each of them. */
import { diskError } from './journal/errors.ts';
import type { Change } from './journal/journal.ts';
import { below, parentOf } from './place/paths.ts';
import { checkWritable } from './records/run.ts';

/** Folders that are asked, some 10 µs each; what lies in more shows in the run itself. */
const MOST_ASKED = 65_536;

export class ChangedFolders {
  readonly #destination: Buffer;
  /** latin1 */
  readonly #asked = new Set<string>();
  #failure: unknown;

  /** @param destination absolute; a folder in use */
  constructor(destination: Buffer) {
    this.#destination = destination;
  }

  /** Changes nothing. */
  add({ path }: Change): void {
    if (this.#failure !== undefined || this.#asked.size >= MOST_ASKED) return;
    const name = below(this.#destination, path);
    const folder = parentOf(name);
    const key = folder.toString('latin1');
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    try {
      checkWritable(folder);
    } catch (error) {
      this.#failure = diskError(error, 'change', name, 'nothing was changed');
    }
  }

  /** @throws what promotion would, of the first name that it could not change: PERMISSION, READ_ONLY */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
