/** Generated rules on generated trees say what git says, and asking takes no memory that grows. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IgnoreRules } from '../../src/vault/ignore/ignore-rules.ts';
import { liveHeapBytes } from '../support/live-heap.ts';

const SEED = 20261121;

/** Path → rules of its ignore file; folders end with a slash, '' is the root. */
interface Tree {
  folders: Set<string>;
  files: Set<string>;
  rules: Map<string, string>;
}

const plain = fc.constantFrom('a', 'b');
const name = fc.oneof({ weight: 3, arbitrary: plain }, fc.constantFrom('c*', '!d', '#e', 'f ', '[g]'));
const path = fc.array(name, { minLength: 1, maxLength: 4 });
const word = fc.oneof(
  { weight: 2, arbitrary: plain },
  fc.constantFrom(
    '!d',
    '#e',
    '\\!d',
    '\\#e',
    '[ab]',
    '*',
    '?',
    'c\\*',
    'c*',
    'f\\ ',
    '\\[g\\]',
    '**',
    '[!a]',
  ),
);
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '!', '!', '#'),
    fc.constantFrom('', '', '/', '**/'),
    fc.array(word, { minLength: 1, maxLength: 2 }),
    fc.constantFrom('', '', '/', '/**', '/*'),
    fc.constantFrom('', '', '', '  ', '\\ '),
  )
  .map(([not, start, words, end, blanks]) => `${not}${start}${words.join('/')}${end}${blanks}`);
const patterns = fc
  .tuple(
    fc.constantFrom('', '', '', '\ufeff'),
    fc.array(fc.oneof(pattern, fc.constantFrom('!a', '!/a/')), { minLength: 1, maxLength: 5 }),
  )
  .map(([mark, lines]) => `${mark}${lines.join('\n')}\n`);

const tree = fc
  .tuple(
    fc.array(path, { minLength: 3, maxLength: 12 }),
    fc.array(patterns, { minLength: 1, maxLength: 4 }),
    fc.nat(),
  )
  .map(([paths, texts, seed]): Tree => {
    const folders = new Set(['']);
    for (const names of paths)
      for (let i = 1; i < names.length; i++) folders.add(`${names.slice(0, i).join('/')}/`);
    const files = new Set(paths.map((names) => names.join('/')).filter((file) => !folders.has(`${file}/`)));
    const places = [...folders];
    // Rules below take back some of what those of the root leave out.
    const rules = new Map(texts.map((text, i) => [places[(seed + i) % places.length]!, text]));
    if (seed % 2 === 0) rules.set('', 'a\n');
    return { folders, files, rules };
  });

/** `<file>:<line>:<pattern>` of each path that is reached, where a rule speaks of it. */
function ours({ folders, files, rules: texts }: Tree): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (folder: string, above: IgnoreRules): void => {
    const text = texts.get(folder);
    const rules = text === undefined ? above : above.inside(folder.slice(0, -1), Buffer.from(text));
    const isIn = (one: string): boolean =>
      /^[^/]+\/?$/.test(one.slice(folder.length)) && one.startsWith(folder);
    for (const one of [...folders, ...files].filter((some) => some !== folder && isIn(some))) {
      const isFolder = one.endsWith('/');
      const bare = isFolder ? one.slice(0, -1) : one;
      const match = rules.match(bare, isFolder);
      assert.is(rules.ignores(bare, isFolder), match?.ignored ?? false);
      found.set(bare, match ? `${match.file!.replace('.vault', '.git')}:${match.line}:${match.pattern}` : '');
      if (isFolder && !match?.ignored) walk(one, rules.into(bare));
    }
  };
  walk('', IgnoreRules.of([]));
  return found;
}

/** @param root a folder of a repository that has no rules of its own */
function gits(root: string, { folders, files, rules }: Tree, paths: Iterable<string>): Map<string, string> {
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  for (const file of files) writeFileSync(join(root, file), '');
  for (const [folder, text] of rules) writeFileSync(join(root, folder, '.gitignore'), text);
  const input = [...paths].map((one) => `./${one}\0`).join('');
  const args = ['-C', root, 'check-ignore', '--no-index', '-z', '-v', '-n', '--stdin'];
  const { stdout, stderr } = spawnSync('git', args, { input, encoding: 'latin1' });
  assert.is(stderr, '');
  const fields = stdout.split('\0');
  const found = new Map<string, string>();
  for (let i = 0; i + 3 < fields.length; i += 4) {
    const [source, line, pattern, one] = fields.slice(i, i + 4) as [string, string, string, string];
    const file = source.slice(source.indexOf('/') + 1);
    found.set(one.slice(2), source === '' ? '' : `${file}:${line}:${pattern}`);
  }
  return found;
}

test('which rule decides about each path that a scan reaches', () => {
  const base = mkdtempSync(join(tmpdir(), 'vault-ignore-'));
  try {
    execFileSync('git', ['init', '-q', '--template=', base]);
    let number = 0;
    let decided = 0;
    fc.assert(
      fc.property(tree, (one) => {
        const root = join(base, String(number++));
        const mine = ours(one);
        assert.equal(Object.fromEntries(mine), Object.fromEntries(gits(root, one, mine.keys())));
        for (const verdict of mine.values()) if (verdict !== '') decided++;
        rmSync(root, { recursive: true });
      }),
      { seed: SEED, numRuns: 150 },
    );
    assert.ok(decided > 250, `${decided} paths`);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});

test('a pattern with ! whose name begins like a comment or with another !', () => {
  const rules = IgnoreRules.of(['*', '!#e', '!!d', '#f', '']);
  const lineOf = (path: string): number | undefined => rules.match(path, false)?.line;
  assert.equal(['#e', '!d', '#f', 'x'].map(lineOf), [2, 3, 1, 1]);
});

test('carriage returns and NULs in a file count as for git', () => {
  const patternOf = (text: string, path: string): string | undefined =>
    IgnoreRules.of([]).inside('', Buffer.from(text, 'latin1')).match(path, false)?.pattern;
  assert.is(patternOf('*.a\r\n*.b\r', 'x.b'), '*.b', 'the end of the file ends a line');
  assert.is(patternOf('*.a\0*.c\n', 'x.a'), '*.a', 'what is behind a NUL is not there');
  assert.is(patternOf('* \r\r\n', 'x'), undefined, 'one carriage return is of the line');
  assert.is(patternOf('* \r\r\n', 'x \r'), '* \r');
});

test('asking about many paths takes no memory that grows with them', () => {
  const rules = IgnoreRules.of(['*.log']).inside('', Buffer.from('*.o\n/build/\n'));
  const askAll = (count: number): void => {
    for (let i = 0; i < count; i++) rules.ignores(`some/folder-${i}/with/a-file-of-number-${i}.txt`, false);
  };
  askAll(10_000);
  const before = liveHeapBytes();
  askAll(100_000);
  const grown = liveHeapBytes() - before;
  assert.ok(grown < 8 * 1024 * 1024, `${grown} bytes`);
});

test.run();
