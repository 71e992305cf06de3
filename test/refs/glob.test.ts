import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { matchesGlob, matchesPath } from '../../src/refs/glob.ts';

test('stars, question marks and sets', () => {
  const cases: [pattern: string, matches: string[], others: string[]][] = [
    ['v1', ['v1'], ['v', 'v10', 'V1']],
    ['v*', ['v', 'v1', 'v/1/2'], ['', 'av']],
    ['*1', ['1', 'v1', 'a/1'], ['v10']],
    ['a*b*c', ['abc', 'a-b-c', 'abcbc'], ['ab', 'acb']],
    ['?', ['x', 'ä', '😀'], ['', 'xy']],
    ['[a-c]x', ['ax', 'cx'], ['dx', 'x', '[a-c]x']],
    ['[!a-c]x', ['dx', '-x'], ['ax', 'x']],
    ['[x-]', ['x', '-'], ['y']],
    ['[]]', [']'], ['[]]']],
    ['[', ['['], ['']],
    ['2026-0[12]-*', ['2026-01-x', '2026-02-'], ['2026-03-x']],
    ['**', ['', 'anything'], []],
  ];
  for (const [pattern, matches, others] of cases) {
    for (const name of matches) assert.ok(matchesGlob(pattern, name), `${pattern} takes ${name}`);
    for (const name of others) assert.not.ok(matchesGlob(pattern, name), `${pattern} does not take ${name}`);
  }
});

test('plain names match themselves alone', () => {
  const plain = fc.string().filter((text) => !/[*?[]/.test(text));
  fc.assert(fc.property(plain, plain, (a, b) => matchesGlob(a, b) === (a === b)));
});

test('a name fits when stars stand for parts of it', () => {
  const parts = fc.array(fc.tuple(fc.string(), fc.boolean()), { maxLength: 6 });
  fc.assert(
    fc.property(parts, (pieces) => {
      const plain = pieces.map(([text, isStar]) => [text.replace(/[*?[]/g, ''), isStar] as const);
      const pattern = plain.map(([text, isStar]) => (isStar ? '*' : text)).join('');
      return matchesGlob(pattern, plain.map(([text]) => text).join(''));
    }),
  );
});

test('in paths a star stops at slashes, and two stars are any number of parts', () => {
  const name = 'refs/heads/laptop/docs';
  for (const pattern of [
    name,
    'refs/*/*/docs',
    'refs/**',
    '**',
    '**/docs',
    'refs/**/docs',
    'refs/heads/**/l?ptop/**/docs',
    '**/**',
  ])
    assert.ok(matchesPath(pattern, name), pattern);
  for (const pattern of [
    'refs/*',
    'refs/heads/*',
    '*',
    'docs',
    'refs/**/docs/*',
    'refs/heads/laptop/docs/**/x',
    'refs/**s',
    '',
  ])
    assert.not.ok(matchesPath(pattern, name), pattern);
  assert.not.ok(matchesPath('**/a'.repeat(50), `${'a/'.repeat(100)}b`));
});

test('many stars take no time', () => {
  assert.not.ok(matchesGlob('*a'.repeat(100), `${'a'.repeat(99)}${'b'.repeat(1000)}`));
});

test.run();
