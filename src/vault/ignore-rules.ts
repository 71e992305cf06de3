/**
 * Which names a snapshot leaves out: `--exclude` patterns and `.vaultignore` files, in gitignore's syntax.
 *
 * The rules themselves are the `ignore` package's. It works on strings and folds case unless told not to, so it gets
 * the bytes of names and patterns as latin1 (every name is told from every other) and `ignorecase: false`.
 * Files of deeper folders win over those above; `--exclude` wins over all files, as with git's `-x`.
 */
import ignore, { type Ignore } from 'ignore';

export const IGNORE_FILE = '.vaultignore';

/** Why a path is left out or kept, for `check-ignore -v`. */
export interface IgnoreMatch {
  ignored: boolean;
  /** the pattern as written */
  pattern: string;
  /** the file it stands in, relative to the root, or undefined for the command line */
  file: string | undefined;
}

interface Layer {
  /** the folder's path relative to the root with a final slash; '' for the root and the command line */
  prefix: string;
  rules: Ignore;
  file: string | undefined;
}

export class IgnoreRules {
  /** the command line first, then from the deepest folder up */
  readonly #layers: readonly Layer[];

  private constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  /** @param patterns of the command line; bytes as latin1 */
  static of(patterns: readonly string[]): IgnoreRules {
    if (patterns.length === 0) return new IgnoreRules([]);
    return new IgnoreRules([{ prefix: '', rules: rulesOf(patterns), file: undefined }]);
  }

  /** The rules inside folder `path` (relative to the root, latin1, '' for the root) that holds an ignore file. */
  inside(path: string, text: Buffer): IgnoreRules {
    const prefix = path === '' ? '' : `${path}/`;
    const patterns = text.toString('latin1').split(/\r?\n/);
    const layer: Layer = { prefix, rules: rulesOf(patterns), file: prefix + IGNORE_FILE };
    const [first] = this.#layers;
    if (first && first.file === undefined) return new IgnoreRules([first, layer, ...this.#layers.slice(1)]);
    return new IgnoreRules([layer, ...this.#layers]);
  }

  get empty(): boolean {
    return this.#layers.length === 0;
  }

  /** The rule that decides about a path (relative to the root, latin1), or undefined when none speaks of it. */
  match(path: string, isFolder: boolean): IgnoreMatch | undefined {
    for (const { prefix, rules, file } of this.#layers) {
      const relative = path.slice(prefix.length) + (isFolder ? '/' : '');
      const { ignored, unignored, rule } = rules.test(relative);
      if (ignored || unignored) return { ignored, pattern: rule?.pattern ?? '', file };
    }
    return undefined;
  }

  ignores(path: string, isFolder: boolean): boolean {
    return this.match(path, isFolder)?.ignored ?? false;
  }
}

function rulesOf(patterns: readonly string[]): Ignore {
  return ignore({ ignorecase: false, allowRelativePaths: true }).add(patterns as string[]);
}
