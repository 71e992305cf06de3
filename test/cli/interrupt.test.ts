/** @time-limit 240
 * The first signal ends a command wherever it is. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { truncateSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Session, startSession } from './golden.ts';

const SIZE = 16 * 1024 * 1024;

/** Commands that print the content of `withLarge`. */
const PRINT_LARGE = ['cat HEAD:large', 'cat-object blob HEAD:large', 'archive HEAD'];

function withLarge(): Session {
  const session = startSession();
  session.write('large', randomBytes(SIZE));
  session.run('vault snapshot --init');
  return session;
}

/** A command whose standard output is a pipe. */
function start({ folder, env }: Session, line: string): ChildProcess & { ended: Promise<number | null> } {
  const child = spawn('vault', line.split(' '), { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return Object.assign(child, { ended });
}

test('in the middle of a file as large as a disk', () => {
  const session = startSession();
  session.run('vault snapshot --init');
  session.write('huge', '');
  truncateSync(path.join(session.folder, 'huge'), 2 ** 40);
  for (const what of ['snapshot', 'snapshot --dry-run', 'status', 'diff', 'write-tree .']) {
    const { code, stderr } = session.run(`timeout --preserve-status -s INT -k 30 1 vault ${what}`);
    assert.is(code, 130, `${what}: ${stderr}`);
  }
  assert.is(session.run('ls .vault/tmp').stdout, '');
});

test('in the middle of a content that somebody reads slowly', async () => {
  const session = withLarge();
  for (const command of PRINT_LARGE) {
    const child = start(session, command);
    let bytes = 0;
    for await (const piece of child.stdout!) {
      bytes += piece.length;
      if (bytes === piece.length) child.kill('SIGINT');
      await sleep(20);
    }
    assert.is(await child.ended, 130, command);
    assert.ok(bytes < SIZE, command);
  }
});

test('while nobody reads what it prints', async () => {
  const session = withLarge();
  for (const command of PRINT_LARGE) {
    const child = start(session, command);
    await once(child.stdout!, 'readable');
    await sleep(500); // the pipe is full
    child.kill('SIGTERM');
    const outcome = await Promise.race([child.ended, sleep(30_000, 'hangs', { ref: false })]);
    if (outcome === 'hangs') child.kill('SIGKILL');
    assert.is(outcome, null, `${command}: a signal ends it`);
    assert.is(child.signalCode, 'SIGINT');
  }
});

test('at the second signal, where a file cannot be opened', () => {
  const session = startSession();
  session.run('vault init && mkfifo silent');
  const line = 'vault hash-object silent & sleep 1; kill $!; sleep 1; kill $!; wait $!';
  assert.ok(
    [130, 143].includes(session.run(line).code),
    '143: the first came before the command was ready for it',
  );
});

test.run();
