/**
 * Which names of a tree are restored: paths, and patterns in gitignore's syntax. A name is when it is one of the paths or lies
 * in one, matches an `include` or lies in what does, and neither it nor a folder above it matches an `exclude`.
 */
import { VaultError } from '../../../errors.ts';
import { Kind } from '../../../objects/model.ts';
import { quote } from '../../../objects/names.ts';
import { IgnoreRules } from '../../ignore/ignore-rules.ts';
import { type Selection, selectionOf } from '../../selection.ts';

/** Paths that one selection names. */
export const MOST_SELECTED = 1_000_000;

const LIST_HINT = '`vault ls -r REV` lists what is; nothing was changed';

export interface SelectionOptions {
  /** from what is restored; none: all */
  paths?: readonly Buffer[];
  /** patterns; bytes as latin1 */
  include?: readonly string[];
  exclude?: readonly string[];
}

/** What is known of a folder when its names are looked at. */
export interface Chosen {
  /** from what is restored, latin1 */
  path: string;
  paths: Selection;
  included: boolean;
}

export class Chooser {
  readonly top: Chosen;
  readonly #include: IgnoreRules;
  readonly #exclude: IgnoreRules;
  /** paths not met yet */
  readonly #missing: Set<string>;
  /** whether anything was included so far */
  #found: boolean;

  private constructor({ paths = [], include = [], exclude = [] }: SelectionOptions) {
    this.#include = IgnoreRules.of(include);
    this.#exclude = IgnoreRules.of(exclude);
    this.#missing = new Set(paths.filter((path) => path.length > 0).map((path) => path.toString('latin1')));
    this.top = {
      path: '',
      paths: paths.length === 0 ? true : selectionOf(paths),
      included: include.length === 0,
    };
    this.#found = this.top.included;
  }

  /** Undefined where everything is chosen. @throws USAGE for too many paths */
  static of(options: SelectionOptions): Chooser | undefined {
    const { paths = [], include = [], exclude = [] } = options;
    if (paths.length > MOST_SELECTED) {
      throw new VaultError('USAGE', `more than ${MOST_SELECTED} paths are named`, {
        hint: 'name folders, or use --include and --exclude',
      });
    }
    return paths.length + include.length + exclude.length === 0 ? undefined : new Chooser(options);
  }

  /** Undefined for a name that is left out. A folder that is not whole may have something in it that is chosen. */
  choose(above: Chosen, name: Buffer, kind: Kind): { chosen: Chosen; whole: boolean } | undefined {
    const text = name.toString('latin1');
    const isFolder = kind === Kind.dir;
    const paths = above.paths === true ? true : above.paths.get(text);
    if (paths === undefined || (paths !== true && !isFolder)) return undefined;
    const path = above.path === '' ? text : `${above.path}/${text}`;
    this.#missing.delete(path);
    if (this.#exclude.ignores(path, isFolder)) return undefined;
    const included = above.included || this.#include.ignores(path, isFolder);
    const whole = paths === true && included;
    this.#found ||= whole;
    return whole || isFolder ? { chosen: { path, paths, included }, whole } : undefined;
  }

  /** @throws NOT_FOUND when a path was in none of the folders, and when the patterns to include match nothing */
  finish(): void {
    const [first] = this.#missing;
    if (first === undefined) {
      if (this.#found) return;
      throw new VaultError('NOT_FOUND', 'nothing in what is to be restored matches what is to be included', {
        hint: LIST_HINT,
      });
    }
    const path = Buffer.from(first, 'latin1');
    const more = this.#missing.size > 1 ? ` (and ${this.#missing.size - 1} more)` : '';
    throw new VaultError('NOT_FOUND', `${quote(path)} is not in what is to be restored${more}`, {
      hint: LIST_HINT,
      subject: path.toString(),
    });
  }
}
