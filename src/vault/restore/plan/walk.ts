/**
 * The way through a tree that a restore takes: in the order of names, a folder before what is in it and once more after
 * it. Whatever a tree may say that would lead out of the destination, or never end, is refused here, before anybody acts
 * on it.
 */
import { isVaultError, VaultError } from '../../../errors.ts';
import { Malformed } from '../../../objects/malformed.ts';
import { type Entry, Kind } from '../../../objects/model.ts';
import { compareNames, joinPath, nameFault, quote } from '../../../objects/names.ts';
import { readTree } from '../../../objects/tree.ts';
import type { ObjectReader } from '../../../store/store.ts';
import { isRestoreArtifact } from '../../ignore/exclusions.ts';
import type { LostFolders } from './lost.ts';

/** Folders in folders. No real tree comes near. */
const MOST_DEPTH = 4096;
/** Names in one restore. A few objects can name one another 2^64 times. */
const MOST_NAMES = 100_000_000;

/** symlink(2): PATH_MAX with its final NUL. */
const MOST_TARGET = 4095;

export type Visit = { type: 'enter' | 'leave' | 'entry'; entry: Entry };

interface Frame {
  entry: Entry;
  pages: AsyncIterator<Entry[]>;
  /** pages that were read */
  read: number;
  rows: Entry[];
  index: number;
  last: Buffer | undefined;
}

/**
 * `next` answers at once where it can. When it says `load`, call `load` and ask again.
 * A page of each folder on the way down is kept.
 */
export class RestoreWalk {
  readonly #reader: ObjectReader;
  readonly #frames: Frame[] = [];
  readonly #lost: LostFolders | undefined;
  #root: Entry | undefined;
  #names = 0;

  /**
   * @param root what to visit, first; its name is not looked at
   * @param lost gets the folders of which not all names can be read, which end there; undefined: that is an error
   */
  constructor(reader: ObjectReader, root: Entry, lost?: LostFolders) {
    this.#reader = reader;
    this.#lost = lost;
    this.#root = root;
  }

  /**
   * Undefined at the end.
   * @throws REFUSED for a tree that no restore may follow
   */
  next(): Visit | 'load' | undefined {
    if (this.#root) {
      const root = this.#root;
      this.#root = undefined;
      return this.#visit(root);
    }
    const frame = this.#frames.at(-1);
    if (!frame) return undefined;
    const entry = frame.rows[frame.index];
    if (!entry) return 'load';
    frame.index++;
    this.#checkName(frame, entry.name);
    const fault = entry.target && targetFault(entry.target);
    if (fault !== undefined) throw refused(`the target of ${quote(entry.name)} ${fault}`, this.#folder());
    return this.#visit(entry);
  }

  /** The next page of the folder, or its end: then the visit that leaves it. */
  async load(): Promise<Visit | undefined> {
    const frame = this.#frames.at(-1)!;
    const { done, value } = await this.#nextKept(frame);
    if (!done) {
      frame.read++;
      frame.rows = value;
      frame.index = 0;
      return undefined;
    }
    this.#frames.pop();
    return { type: 'leave', entry: frame.entry };
  }

  /** Passes over all that is in the folder that was entered just now; it is not left either. */
  skip(): void {
    this.#frames.pop();
  }

  #visit(entry: Entry): Visit {
    if (entry.kind !== Kind.dir) return { type: 'entry', entry };
    if (this.#frames.length >= MOST_DEPTH) {
      throw refused(`folders nest deeper than ${MOST_DEPTH}`, this.#folder().slice(0, 200));
    }
    const pages = readTree(this.#reader, entry.id);
    this.#frames.push({ entry, pages, read: 0, rows: [], index: 0, last: undefined });
    return { type: 'enter', entry };
  }

  #checkName(frame: Frame, name: Buffer): void {
    const fault =
      nameFault(name) ?? (isRestoreArtifact(name) ? 'is kept for restores themselves' : undefined);
    if (fault !== undefined) throw refused(`the name ${quote(name)} ${fault}`, this.#folder());
    if (frame.last && compareNames(frame.last, name) >= 0) {
      throw refused(`the name ${quote(name)} is there twice or out of order`, this.#folder());
    }
    frame.last = name;
    if (++this.#names > MOST_NAMES) throw refused(`it holds more than ${MOST_NAMES} names`, '');
  }

  /** The folder that is being walked, for messages. */
  #folder(): string {
    return this.#frames
      .slice(1)
      .map(({ entry }) => entry.name)
      .join('/');
  }

  /** The next page, unless it is lost, and the folder ends before it: but for the root, of which nothing would be left. */
  async #nextKept(frame: Frame): Promise<IteratorResult<Entry[], unknown>> {
    const end = { done: true, value: undefined } as const;
    if (!this.#lost || this.#frames.length < 2) return this.#nextPage(frame);
    if (this.#lost.endsAt(() => this.#path(), frame.read)) return end;
    try {
      return await this.#nextPage(frame);
    } catch (error) {
      if (!isVaultError(error, 'MISSING_OBJECT', 'DAMAGED')) throw error;
      this.#lost.add({ path: this.#path(), pages: frame.read, error });
      return end;
    }
  }

  /** Of the folder that is being walked, from the root. */
  #path(): Buffer {
    const names = this.#frames.slice(1).map(({ entry }) => entry.name);
    return names.reduce(joinPath, Buffer.alloc(0));
  }

  async #nextPage(frame: Frame): Promise<IteratorResult<Entry[], unknown>> {
    try {
      return await frame.pages.next();
    } catch (error) {
      // The object is whole, its id says so: somebody made it like this.
      if (isVaultError(error, 'DAMAGED') && error.cause instanceof Malformed) {
        throw refused(error.cause.message, this.#folder(), error);
      }
      throw error;
    }
  }
}

/** What is wrong with a symlink's target, or undefined. Where it leads to is nobody's business: it is never followed. */
export function targetFault(target: Buffer): string | undefined {
  if (target.length === 0) return 'is empty';
  if (target.length > MOST_TARGET) return `is longer than ${MOST_TARGET} bytes`;
  return target.includes(0) ? 'holds a zero byte' : undefined;
}

function refused(reason: string, folder: string, cause?: unknown): VaultError {
  const where = folder === '' ? 'this tree' : `the folder ${JSON.stringify(folder)}`;
  return new VaultError('REFUSED', `${where} cannot be restored safely: ${reason}`, {
    hint: 'no snapshot taken by vault looks like this; restore other paths of it one by one',
    subject: folder,
    cause,
  });
}
