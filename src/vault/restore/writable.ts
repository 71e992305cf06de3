/**
 * What a dry run asks of the names that would change: promotion moves others to their places, and what is there away. Changes nothing.
 */
import type { Platform } from '../../platform/platform.ts';
import { diskError } from './journal/errors.ts';
import type { Change } from './journal/journal.ts';
import { checkMovable, guardsNames } from './movable.ts';
import { below, parentOf } from './place/paths.ts';
import { type Place, replacedIn } from './place/place.ts';
import { checkWritable } from './records/run.ts';

/** Folders that are asked, some 10 µs each, and names; what is wrong with more shows in the run itself. */
const MOST_ASKED = 65_536;
const WHOLE = Buffer.alloc(0);

export class ChangedNames {
  readonly #platform: Platform;
  readonly #destination: Buffer;
  /** latin1 → whether it guards its names */
  readonly #folders = new Map<string, boolean>();
  #names = 0;
  #failure: unknown;

  /** @param destination absolute; a folder in use, or what gives way as a whole */
  constructor(platform: Platform, destination: Buffer) {
    this.#platform = platform;
    this.#destination = destination;
  }

  add({ type, path }: Pick<Change, 'type' | 'path'>): void {
    if (this.#failure !== undefined) return;
    const name = below(this.#destination, path);
    try {
      const isGuarded = this.#askFolder(parentOf(name));
      if (isGuarded === undefined || type === 'create' || this.#names++ >= MOST_ASKED) return;
      checkMovable(this.#platform, name, isGuarded);
    } catch (error) {
      this.#failure = diskError(error, 'change', name, 'nothing was changed');
    }
  }

  /** @throws what promotion would, of the first name that it could not change: PERMISSION, READ_ONLY */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Whether it guards its names; undefined where it is not asked. Throws errno errors. */
  #askFolder(folder: Buffer): boolean | undefined {
    const key = folder.toString('latin1');
    const known = this.#folders.get(key);
    if (known !== undefined || this.#folders.size >= MOST_ASKED) return known;
    checkWritable(folder);
    const isGuarded = guardsNames(folder);
    this.#folders.set(key, isGuarded);
    return isGuarded;
  }
}

/** Asks for what gives way where no plan says so name by name, as that of a merge does. @throws what promotion would: PERMISSION */
export function checkReplaced(platform: Platform, place: Place): void {
  const replaced = place.way === 'swap' ? 'whole' : replacedIn(platform, place);
  if (!replaced) return;
  const asked = new ChangedNames(platform, place.destination);
  for (const path of replaced === 'whole' ? [WHOLE] : replaced.names) asked.add({ type: 'replace', path });
  asked.check();
}
