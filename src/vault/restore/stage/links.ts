/** Which names of a restored tree are one file. */
import type { Entry, Kind } from '../../../objects/model.ts';
import type { Id } from '../../../store/id.ts';
import { linkKey, type SameFile, type SameFiles } from '../plan/same.ts';

/** Files with further names to come that are remembered (60 MB); the names of more are restored as files of their own. */
const MOST_GROUPS = 262_144;

/** The names of one file. */
export interface LinkGroup {
  readonly kind: Kind;
  readonly id: Id;
  /** names not met yet */
  left: number;
  /** where the first name was made, from the stage; undefined until then, and for good when that failed */
  path?: Buffer;
  ino?: number | bigint;
  /** it is there already under another name, which stays */
  readonly same: SameFile | undefined;
  /** where its content may yet turn out to be wrong: the further names that were made, from the snapshot's root */
  further?: Buffer[];
}

export class HardLinks {
  /** by file system and inode, as recorded */
  readonly #groups = new Map<string, LinkGroup>();
  readonly #mostGroups: number;
  readonly #same: SameFiles | undefined;

  /** @param same those of a folder in use; undefined: none */
  constructor(mostGroups = MOST_GROUPS, same?: SameFiles) {
    this.#mostGroups = mostGroups;
    this.#same = same;
  }

  /**
   * The group that an entry belongs to, and whether it is its first name. Undefined for a file with one name, and for one
   * that was another by the time its second name was read.
   */
  take(entry: Entry): { group: LinkGroup; first: boolean } | 'forgotten' | undefined {
    const { nlink = 1, kind, id } = entry;
    const key = linkKey(entry);
    if (key === undefined) return undefined;
    const group = this.#groups.get(key);
    if (group) {
      if (--group.left === 0) this.#groups.delete(key);
      return group.kind === kind && group.id.equals(id) ? { group, first: false } : undefined;
    }
    if (this.#groups.size >= this.#mostGroups) return 'forgotten';
    const made: LinkGroup = { kind, id, left: nlink - 1, same: this.#same?.find(entry) };
    this.#groups.set(key, made);
    return { group: made, first: true };
  }
}
