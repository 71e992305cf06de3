import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isVaultError } from '../../src/errors.ts';
import { checkName, checkNamespace, isValidName, MAX_NAME_LENGTH, toName } from '../../src/refs/names.ts';
import { anyText } from '../support/any-text.ts';

const GOOD = [
  'main',
  'v1.0',
  'laptop/docs',
  'feature/ä-ß',
  'a@b',
  'a{b}',
  'deadbeef',
  '写真',
  'a-',
  'head',
  'x/HEAD',
];

const BAD = [
  '',
  'HEAD',
  'refs/tags/x',
  '-x',
  'a/-x',
  '.x',
  'a/.x',
  '@',
  '@1',
  'a/@9999999999',
  'a.',
  'a./b',
  'a..b',
  'a@{1',
  '/a',
  'a/',
  'a//b',
  'a b',
  'a\u00a0b',
  'a~1',
  'a^',
  'a:b',
  'a?',
  'a*',
  'a[b',
  'a\\b',
  'a\u0000',
  'a\n',
  'a\u007f',
  'a\u0085',
  'a\u202eb',
  'a\u200b',
  '\ud800',
  'e\u0301',
  'AB'.repeat(32),
  'x'.repeat(MAX_NAME_LENGTH + 1),
  'X'.repeat(MAX_NAME_LENGTH / 2),
];

test('names: what is valid and what is not', () => {
  for (const name of GOOD) assert.ok(isValidName(name), name);
  for (const name of BAD) assert.not(isValidName(name), JSON.stringify(name));
  assert.ok(isValidName('x'.repeat(MAX_NAME_LENGTH)));
});

test('names: a refusal says which rule', () => {
  assert.throws(
    () => checkName('a b', 'tag'),
    (error: unknown) =>
      isVaultError(error, 'USAGE') && error.message === '"a b" cannot be a tag: it holds a space',
  );
});

test('names: namespaces', () => {
  checkNamespace('heads');
  checkNamespace('x-1');
  for (const bad of ['', 'Heads', '1x', 'a/b', 'a'.repeat(33), 'ä']) assert.throws(() => checkNamespace(bad));
});

test('names: toName makes a valid name of a host and a folder', () => {
  assert.is(toName('laptop/My Documents'), 'laptop/My-Documents');
  assert.is(toName('laptop/.config'), 'laptop/config');
  assert.is(toName('e\u0301/a..b@{c'), '\u00e9/a-b-c');
  assert.is(toName('main'), 'main');
  assert.is(toName('Ä/'.repeat(200)), `${'Ä/'.repeat(27)}Ä`);
  assert.throws(
    () => toName('...'),
    (error: unknown) => isVaultError(error, 'USAGE'),
  );
});

test('names: toName is valid or refuses, and changes nothing that is valid', () => {
  fc.assert(
    fc.property(anyText({ maxLength: 120 }), (text) => {
      try {
        const name = toName(text);
        assert.ok(isValidName(name), JSON.stringify(name));
        // But for dashes, of which it makes one and leaves none at the end, and what stands for an unreadable byte.
        if (isValidName(text) && !/--|-$|\ufffd/.test(text)) assert.is(name, text);
      } catch (error) {
        if (!isVaultError(error, 'USAGE')) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});

test.run();
