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
  /** the pattern as written, bytes as latin1 */
  pattern: string;
  /** of the file, or of the patterns of the command line, from 1 */
  line: number;
  /** the file it stands in, relative to the root, or undefined for the command line */
  file: string | undefined;
}

interface Layer {
  /** the folder's path relative to the root with a final slash; '' for the root and the command line */
  prefix: string;
  patterns: readonly string[];
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
    return new IgnoreRules([{ prefix: '', patterns, rules: rulesOf(patterns), file: undefined }]);
  }

  /** The rules inside folder `path` (relative to the root, latin1, '' for the root) that holds an ignore file. */
  inside(path: string, text: Buffer): IgnoreRules {
    const prefix = path === '' ? '' : `${path}/`;
    const patterns = text.toString('latin1').split(/\r?\n/);
    const layer: Layer = { prefix, patterns, rules: rulesOf(patterns), file: prefix + IGNORE_FILE };
    const [first] = this.#layers;
    if (first && first.file === undefined) return new IgnoreRules([first, layer, ...this.#layers.slice(1)]);
    return new IgnoreRules([layer, ...this.#layers]);
  }

  get empty(): boolean {
    return this.#layers.length === 0;
  }

  /** The rule that decides about a path (relative to the root, latin1), or undefined when none speaks of it. */
  match(path: string, isFolder: boolean): IgnoreMatch | undefined {
    for (const { prefix, patterns, rules, file } of this.#layers) {
      const relative = path.slice(prefix.length) + (isFolder ? '/' : '');
      const { ignored, unignored, rule } = rules.test(relative);
      if (!ignored && !unignored) continue;
      const at = rule ? Number(rule.mark) : negativeFor(patterns, relative);
      return { ignored, pattern: patterns[at] ?? '', line: at + 1, file };
    }
    return undefined;
  }

  ignores(path: string, isFolder: boolean): boolean {
    for (const { prefix, rules } of this.#layers) {
      const { ignored, unignored } = rules.test(path.slice(prefix.length) + (isFolder ? '/' : ''));
      if (ignored || unignored) return ignored;
    }
    return false;
  }
}

/** The last `!pattern` that speaks of the path: the package says that there is one, but not which. */
function negativeFor(patterns: readonly string[], path: string): number {
  return patterns.findLastIndex(
    (pattern) => pattern.startsWith('!') && rulesOf([pattern.slice(1)]).ignores(path),
  );
}

function rulesOf(patterns: readonly string[]): Ignore {
  const marked = patterns.map((pattern, at) => ({ pattern, mark: String(at) }));
  return ignore({ ignorecase: false, allowRelativePaths: true }).add(marked);
}
