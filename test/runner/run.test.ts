/** The runner fails where uvu alone would pass, and says why. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const ROOT = path.resolve(import.meta.dirname, '../..');

function runOn(names: string[], env: Record<string, string> = {}): { status: number | null; stdout: string } {
  const files = names.map((name) => `test/runner/fixtures/${name}.test.ts`);
  const clean = { PATH: process.env.PATH, ...env };
  return spawnSync(process.execPath, ['test/run.ts', ...files], { cwd: ROOT, env: clean, encoding: 'utf8' });
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)!;
}

test('counts what passes', () => {
  const { status, stdout } = runOn(['passes']);
  assert.is(lastLine(stdout), '3 passed, 0 failed');
  assert.is(status, 0);
});

test('a named skip is shown, and is a failure in CI', () => {
  const { status, stdout } = runOn(['skips']);
  assert.match(stdout, 'skipped: needs a unicorn');
  assert.is(lastLine(stdout), '1 passed, 0 failed, 1 skipped');
  assert.is(status, 0);
  assert.is(runOn(['skips'], { CI: '1' }).status, 1);
});

const CAUGHT: [fixture: string, passed: number, reason: string][] = [
  ['fails', 1, '"bad" failed'],
  ['throwing-before', 0, '0 of 1 passed'],
  ['forgotten-run', 1, 'suite other was never run'],
  ['no-test', 0, 'no test found'],
  ['only', 1, 'left-in .only'],
  ['hangs', 1, 'ran longer than 3 s'],
  ['hangs-in-test', 0, '"waits on a timer" never settled'],
  ['spins', 0, 'ran longer than 1 s'],
  ['never-settles', 1, '"waits for ever" never settled'],
  ['exits-early', 0, '"one" never settled'],
  ['leaves-process', 1, 'left a process behind'],
];

test('catches what uvu lets pass', () => {
  const { status, stdout } = runOn(CAUGHT.map(([name]) => name));
  assert.is(status, 1);
  for (const [name, , reason] of CAUGHT) {
    const from = stdout.indexOf(`FAIL test/runner/fixtures/${name}.test.ts`);
    assert.ok(from !== -1, `${name} passed`);
    const to = stdout.indexOf('.test.ts', from + 60);
    assert.ok(stdout.slice(from, to === -1 ? undefined : to).includes(reason), `${name} says why`);
  }
  const passed = CAUGHT.reduce((sum, [, n]) => sum + n, 0);
  assert.is(lastLine(stdout), `${passed} passed, ${CAUGHT.length} failed`);
});

test('a file that does not exist is a failure', () => {
  assert.is.not(runOn(['absent']).status, 0);
});

test.run();
