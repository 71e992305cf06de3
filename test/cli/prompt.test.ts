/** Questions go to the terminal, whatever stdin is; `script` (util-linux) makes one. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const ASKS = `${process.execPath} ${path.resolve(import.meta.dirname, 'fixtures/asks.ts')}`;
const hasScript = spawnSync('script', ['--version']).status === 0;

/** Runs on a new terminal on which `keys` are typed. */
function onTerminal(keys: string): { text: string; code: number | null } {
  // The shell gives the program a moment to ask before anything is typed.
  const line = `(sleep 1; printf '${keys}'; sleep 1) | script -qec "${ASKS} </dev/null" /dev/null`;
  const { stdout, status } = spawnSync('/bin/sh', ['-c', line], { encoding: 'utf8' });
  return { text: stdout.replaceAll('\r', ''), code: status };
}

(hasScript ? test : test.skip)('yes goes ahead, everything else is a refusal', () => {
  assert.is(onTerminal('y\\n').code, 0);
  const no = onTerminal('n\\n');
  assert.is(no.code, 8);
  assert.match(no.text, 'remove everything? [y/N] ');
  assert.match(no.text, 'vault: not confirmed: nothing was changed');
  assert.is(onTerminal('\\004').code, 8, 'end of input');
});

(hasScript ? test : test.skip)('Ctrl-C at the question is an interruption', () => {
  const { text, code } = onTerminal('\\003');
  assert.is(code, 130);
  assert.match(text, 'vault: interrupted');
});

test('without a terminal the answer is a refusal, unless --yes', () => {
  // setsid: no controlling terminal.
  const run = (more: string) =>
    spawnSync('setsid', ['-w', '/bin/sh', '-c', `${ASKS} ${more}`], { encoding: 'utf8' });
  const { status, stderr } = run('');
  assert.is(status, 8);
  assert.match(stderr, 'there is no terminal to ask: remove everything? [y/N]');
  assert.is(run('--yes').status, 0);
});

test.run();
