/** From what was thrown to the exit code. */
import { statSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { codeOf, exitCodeOf } from '../../src/cli/frame/exit-codes.ts';
import { usageError, withoutParserFrame } from '../../src/cli/frame/usage-error.ts';
import { VaultError } from '../../src/errors.ts';

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

test('every failure has a code', () => {
  assert.is(codeOf(new VaultError('BUSY', '')), 'BUSY');
  assert.is(codeOf(thrownBy(() => statSync('/nonexistent'))), 'IO');
  assert.is(codeOf(Object.assign(new Error(), { code: 'ENOSPC', syscall: 'write' })), 'NO_SPACE');
  assert.is(codeOf(Object.assign(new Error(), { code: 'EROFS', syscall: 'open' })), 'READ_ONLY');
  assert.is(codeOf(Object.assign(new Error(), { code: 'EACCES', syscall: 'open' })), 'PERMISSION');
  assert.is(codeOf(AbortSignal.abort().reason), 'ABORTED');
  assert.is(codeOf(new TypeError()), 'BUG');
  assert.is(codeOf('text'), 'BUG');
});

test('the exit codes that scripts rely on', () => {
  const table = {
    NOT_FOUND: 1,
    AMBIGUOUS: 1,
    USAGE: 2,
    DAMAGED: 4,
    NO_SPACE: 5,
    LOST_RACE: 7,
    REFUSED: 8,
  } as const;
  for (const [code, exit] of Object.entries(table)) assert.is(exitCodeOf(code as keyof typeof table), exit);
  const rest = {
    UNKNOWN_FORMAT: 9,
    NO_VAULT: 10,
    BUSY: 11,
    BAD_KEY: 12,
    BUG: 70,
    ABORTED: 130,
    REMOTE: 6,
  } as const;
  for (const [code, exit] of Object.entries(rest)) assert.is(exitCodeOf(code as keyof typeof rest), exit);
});

test("the parser's messages lose values and frames", () => {
  const message = (text: string): string =>
    usageError(Object.assign(new Error(text), { oclif: {} }), 'x').message;
  assert.is(
    message(
      'The following error occurred:\n  \u001b[2m--a=secret cannot also be provided when using --b\u001b[22m\nSee more help with --help',
    ),
    '--a cannot be used with --b',
  );
  assert.is(
    message('Expected --type=secret to be one of: a, b\nSee more help with --help'),
    '--type takes one of: a, b',
  );
  assert.is(message('Flag --n expects a value'), '--n expects a value');
  assert.is(
    message(
      'The following error occurred:\n  All of the following must be provided when using --name: --stdin',
    ),
    '--name needs --stdin',
  );
  const wrapped = new VaultError('USAGE', 'Parsing --n \n\tno number\nSee more help with --help');
  assert.is(withoutParserFrame(wrapped).message, 'no number');
});

test.run();
