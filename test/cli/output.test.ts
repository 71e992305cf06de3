/** Standard output through pipes that are slow, full or closed. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ClosedPipe, Output } from '../../src/cli/frame/output.ts';
import { startSession } from './golden.ts';

test('keeps the order over many sizes of pieces', async () => {
  const file = path.join(tmpdir(), `vault-output-${process.pid}`);
  const fd = openSync(file, 'wx');
  const out = new Output(fd);
  const parts: Buffer[] = [];
  for (let i = 0; i < 500; i++) {
    const part = Buffer.alloc((i * 7919) % 3000, i);
    parts.push(part);
    await out.write(part);
  }
  await out.write('end\n');
  await out.end();
  closeSync(fd);
  assert.ok(readFileSync(file).equals(Buffer.concat([...parts, Buffer.from('end\n')])));
  unlinkSync(file);
});

test('keeps the order although nobody waits', async () => {
  const file = path.join(tmpdir(), `vault-output-${process.pid}`);
  const fd = openSync(file, 'wx');
  const out = new Output(fd);
  const text = Array.from({ length: 40_000 }, (_, i) => `line ${i}\n`);
  for (const line of text) void out.write(line);
  await out.end();
  closeSync(fd);
  assert.is(readFileSync(file, 'utf8'), text.join(''));
  unlinkSync(file);
});

test('a slow reader gets everything', () => {
  const session = startSession();
  const line = 'for i in 1 2 3 4 5 6; do vault help --json; done | (sleep 1; cat) | wc -l';
  assert.is(session.run(line).stdout.trim(), '6');
});

test('other work goes on while the reader does not read', async () => {
  const fifo = path.join(tmpdir(), `vault-fifo-${process.pid}`);
  execFileSync('mkfifo', [fifo]);
  const fd = openSync(fifo, 'r+');
  unlinkSync(fifo);
  const out = new Output(fd);
  out.write(Buffer.alloc(60_000));
  await out.end();
  out.write(Buffer.alloc(60_000));
  const ended = out.end(); // the pipe holds 64 KiB: nobody but this test can make room
  await nextTurn();
  for (let bytes = 0; bytes < 120_000; ) bytes += readSync(fd, Buffer.alloc(60_000));
  await ended;
  closeSync(fd);
});

test('a full disk throws, a closed pipe throws ClosedPipe', async () => {
  const fd = openSync('/dev/full', 'w');
  const out = new Output(fd);
  out.write('x');
  assert.throws(() => out.flush(), /no space left/);
  assert.throws(() => out.write('y'), /no space left/, 'it is not forgotten');
  closeSync(fd);
  assert.ok(new ClosedPipe() instanceof Error);
});

test.run();
