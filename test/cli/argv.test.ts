import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Flags, optionalValue, spellOutImplied } from '../../src/cli/frame/flags.ts';
import { bytesOf, decodeKeeping, splitInvocation, wantsJson } from '../../src/cli/paths/argv.ts';
import { anyText } from '../support/any-text.ts';
import { startSession } from './golden.ts';

const NONE = { help: false, version: false };

test('bytes survive the string world', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      assert.ok(bytesOf(decodeKeeping(Buffer.from(bytes))).equals(Buffer.from(bytes)));
    }),
  );
  fc.assert(fc.property(anyText(), (text) => assert.is(decodeKeeping(Buffer.from(text)), text)));
});

test('global options move behind the command', () => {
  assert.equal(splitInvocation(['-C', 'a', '--json', 'log', '-n', '3']), {
    command: 'log',
    argv: ['-C', 'a', '--json', '-n', '3'],
    ...NONE,
  });
  assert.equal(splitInvocation(['--vault=v', '-q', 'ls']), {
    command: 'ls',
    argv: ['--vault=v', '-q'],
    ...NONE,
  });
  assert.equal(splitInvocation(['--vault', '-x', 'ls']), { command: 'ls', argv: ['--vault', '-x'], ...NONE });
  assert.equal(splitInvocation(['--', 'ls', '-l']), { command: 'ls', argv: ['-l'], ...NONE });
  assert.equal(splitInvocation(['--json']), { command: undefined, argv: ['--json'], ...NONE });
  assert.equal(splitInvocation([]), { command: undefined, argv: [], ...NONE });
});

test('what stands behind the command is left alone', () => {
  assert.equal(splitInvocation(['tag', '--help', '-C', 'x']), {
    command: 'tag',
    argv: ['--help', '-C', 'x'],
    ...NONE,
  });
  assert.is(splitInvocation(['--help', 'tag']).help, true);
  assert.is(splitInvocation(['--version']).version, true);
});

test('JSON is wanted before the options are parsed', () => {
  assert.ok(wantsJson(['ls', '--json']));
  assert.ok(wantsJson(['ls', '--json-lines', 'x']));
  assert.not(wantsJson(['ls', '--', '--json']));
});

test('a value that may be left out', () => {
  const flags = { batch: optionalValue(Flags.string(), 'plain'), other: Flags.string() };
  assert.equal(spellOutImplied(['--batch', 'x', '--other', '--', '--batch'], flags), [
    '--batch=plain',
    'x',
    '--other',
    '--',
    '--batch',
  ]);
  assert.equal(spellOutImplied(['--batch=%(objectname)'], flags), ['--batch=%(objectname)']);
});

test('operands keep their order, also those that are given twice or are the value of an option', () => {
  const session = startSession();
  session.write('a/b', 'old\n');
  session.run('vault snapshot --init --tag old');
  session.write('a/b', 'new\n');
  session.write('a/old', 'x\n');
  session.run('vault snapshot --tag new');
  session.expect(`
    $ vault ls-tree --name-only HEAD a/old a/b a/old
    a/old
    a/b
    a/old
    $ test "$(vault rev-parse old new old)" = "$(vault rev-parse old; vault rev-parse new; vault rev-parse old)"
    $ vault -C a diff --name-status new old -- b old
    M	a/b
    D	a/old
    $ vault update-ref -m new refs/tags/new old new
    $ vault cat new:a/b
    old
  `);
});

test.run();
