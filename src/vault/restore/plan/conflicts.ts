/** Names that have another content than what is there, where the user is to say what becomes of them. */
import { VaultError } from '../../../errors.ts';
import type { ConflictPolicy } from './existing.ts';

/** Conflicts that are named; the rest is counted. */
const MOST_NAMED = 100;

export class Conflicts {
  readonly #paths: Buffer[] = [];
  #count = 0;

  add(path: Buffer): void {
    this.#count++;
    if (this.#paths.length < MOST_NAMED) this.#paths.push(path);
  }

  /** @throws REFUSED where there are any */
  assertNone(policy: ConflictPolicy | undefined): void {
    if (this.#count === 0) return;
    const what = this.#count === 1 ? 'one name differs' : `${this.#count} names differ`;
    const hint =
      policy === 'keep-both'
        ? 'move it away, leave it out with --exclude, or say --conflict=skip, overwrite or newer'
        : 'say what is to become of them with --conflict=skip, overwrite, newer or keep-both';
    const paths = this.#paths.map((path) => path.toString());
    const message = `${what} from what is there, first ${paths[0]}; nothing was changed`;
    throw new VaultError('REFUSED', message, { hint, subject: paths[0]!, details: paths });
  }
}
