/**
 * Which names a snapshot leaves out: `--exclude` patterns and `.vaultignore` files, in gitignore's syntax.
 *
 * The rules themselves are the `ignore` package's. It works on strings and folds case unless told not to, so it gets
 * the bytes of names and patterns as latin1 (every name is told from every other) and `ignorecase: false`.
 * Files of deeper folders win over those above; `--exclude` wins over all files, as with git's `-x`.
 */
import ignore, { type Ignore, type TestResult } from 'ignore';

export const IGNORE_FILE = '.vaultignore';

/** Why a path is left out or kept, for `check-ignore -v`. */
export interface IgnoreMatch {
  ignored: boolean;
  /** the pattern as written but for blanks at its end, which mean nothing; bytes as latin1 */
  pattern: string;
  /** of the file, or of the patterns of the command line, from 1 */
  line: number;
  /** the file it stands in, relative to the root, or undefined for the command line */
  file: string | undefined;
}

/** Answers that a set of rules remembers, besides those about folders above: the package itself remembers every path that it is asked. */
const MOST_REMEMBERED = 4096;

const OPTIONS = { ignorecase: false, allowRelativePaths: true };
const NO_RULES = ignore(OPTIONS);

/** UTF-8's, as latin1: some editors begin a file with it. It is no part of the first pattern. */
const BYTE_ORDER_MARK = /^\xef\xbb\xbf/;

/** The lines of a file of patterns, bytes as latin1. As for git, the file's end is a line's, and a NUL ends what a line says. */
export function patternLines(text: Buffer): string[] {
  const lines = text
    .toString('latin1')
    .replace(BYTE_ORDER_MARK, '')
    .split(/\r?\n|\r$/);
  return lines.map((line) => line.split('\0', 1)[0]!);
}

interface Layer {
  /** the folder's path relative to the root with a final slash; '' for the root and the command line */
  prefix: string;
  patterns: readonly string[];
  rules: Ignore;
  file: string | undefined;
  /** paths that the rules remember */
  asked: number;
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
    return new IgnoreRules([layerOf('', patterns, undefined)]);
  }

  /** The rules inside folder `path` (relative to the root, latin1, '' for the root) that holds an ignore file. */
  inside(path: string, text: Buffer): IgnoreRules {
    const prefix = path === '' ? '' : `${path}/`;
    const layer = layerOf(prefix, patternLines(text), prefix + IGNORE_FILE);
    const [first] = this.#layers;
    if (first && first.file === undefined) return new IgnoreRules([first, layer, ...this.#layers.slice(1)]);
    return new IgnoreRules([layer, ...this.#layers]);
  }

  /**
   * The rules for what is in a folder that is kept (relative to the root, latin1). The package leaves out all that is in a folder which
   * one set of rules leaves out, although another one takes it back: that set is told so.
   */
  into(path: string): IgnoreRules {
    const leavesOut = this.#layers.map((layer) => ask(layer, path, true).ignored);
    if (!leavesOut.includes(true)) return this;
    return new IgnoreRules(this.#layers.map((layer, i) => (leavesOut[i] ? takenBack(layer, path) : layer)));
  }

  get empty(): boolean {
    return this.#layers.length === 0;
  }

  /** The rule that decides about a path (relative to the root, latin1), or undefined when none speaks of it. */
  match(path: string, isFolder: boolean): IgnoreMatch | undefined {
    for (const layer of this.#layers) {
      const { ignored, unignored, rule } = ask(layer, path, isFolder);
      if (!ignored && !unignored) continue;
      const at = rule ? Number(rule.mark) : negativeFor(layer, path, isFolder);
      return { ignored, pattern: withoutBlanks(layer.patterns[at] ?? ''), line: at + 1, file: layer.file };
    }
    return undefined;
  }

  ignores(path: string, isFolder: boolean): boolean {
    for (const layer of this.#layers) {
      const { ignored, unignored } = ask(layer, path, isFolder);
      if (ignored || unignored) return ignored;
    }
    return false;
  }
}

/** Without the spaces at its end, but for one behind a backslash. */
function withoutBlanks(pattern: string): string {
  return /^((?:\\.|[^\\])*?) *$/s.exec(pattern)?.[1] ?? pattern;
}

/** What one set of rules says of a path. */
function ask(layer: Layer, path: string, isFolder: boolean): TestResult {
  if (++layer.asked > MOST_REMEMBERED) {
    layer.rules.add(NO_RULES); // changes nothing, and makes it forget
    layer.asked = 1;
  }
  return layer.rules.test(inLayer(layer, path, isFolder));
}

function inLayer({ prefix }: Layer, path: string, isFolder: boolean): string {
  return path.slice(prefix.length) + (isFolder ? '/' : '');
}

function takenBack(layer: Layer, path: string): Layer {
  const rules = ignore(OPTIONS)
    .add(layer.rules)
    .add([keeping(inLayer(layer, path, true))]);
  return { ...layer, rules, asked: 0 };
}

/** The last `!pattern` that speaks of the path itself: the package says that there is one, but not which. */
function negativeFor(layer: Layer, path: string, isFolder: boolean): number {
  const relative = inLayer(layer, path, isFolder);
  const above = [...relative.matchAll(/\/(?!$)/g)].map(({ index }) => keeping(relative.slice(0, index + 1)));
  const { rule } = ignore(OPTIONS)
    .add(marked(layer.patterns.map(reversed)))
    .add(above)
    .test(relative);
  return Number(rule?.mark ?? Number.NaN);
}

/** What leaves out keeps, and the other way round. */
function reversed(pattern: string): string {
  if (!pattern.startsWith('!')) return pattern === '' || pattern.startsWith('#') ? '' : `!${pattern}`;
  const body = pattern.slice(1);
  return /^[!#]/.test(body) ? `\\${body}` : body;
}

/** The pattern that takes back one folder and nothing in it. */
function keeping(folder: string): { pattern: string } {
  return { pattern: `!/${folder.replace(/[^/]/g, '\\$&')}` };
}

function layerOf(prefix: string, patterns: readonly string[], file: string | undefined): Layer {
  return { prefix, patterns, rules: ignore(OPTIONS).add(marked(patterns)), file, asked: 0 };
}

/** The package takes a carriage return at the end for a part of a line's end: it gets another one, and the first one counts. */
function marked(patterns: readonly string[]): { pattern: string; mark: string }[] {
  return patterns.map((pattern, at) => ({ pattern: pattern.replace(/\r$/, '\r\r'), mark: String(at) }));
}
