import { truncateSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ProgressState, progressText } from '../../src/cli/frame/progress.ts';
import { testWith } from '../support/tools.ts';
import { startSession } from './golden.ts';

const STATE: ProgressState = {
  phase: 'scan',
  total: {},
  files: 0,
  unchanged: 0,
  bytes: 0,
  newBytes: 0,
  elapsedMs: 0,
};

test('says what is known', () => {
  assert.is(progressText(STATE), 'reading');
  const moving = { ...STATE, files: 12_345, bytes: 1_200_000_000, newBytes: 96_100_000, elapsedMs: 4000 };
  assert.is(progressText(moving), 'reading  12,345 files  1.2 GB  300.0 MB/s  new 96.1 MB');
  assert.is(
    progressText({ ...moving, total: { bytes: 2_400_000_000 } }),
    'reading  12,345 files  1.2 GB  300.0 MB/s  new 96.1 MB  50%  4.0 s left',
  );
});

test('an estimate never claims the end', () => {
  const over = { ...STATE, files: 20, total: { files: 10, estimated: true }, elapsedMs: 100 };
  assert.is(progressText(over), 'reading  20 files  99%');
});

test('a small share gives no time left', () => {
  const early = { ...STATE, files: 1, total: { files: 100 }, elapsedMs: 5000 };
  assert.is(progressText(early), 'reading  1 file  1%');
});

testWith(['python3'], 'a terminal shows it, but not one that cannot rewrite a line', () => {
  const session = startSession();
  session.run('vault init');
  session.write('huge', '');
  truncateSync(path.join(session.folder, 'huge'), 2 ** 40);
  const line = `python3 -c 'import pty; pty.spawn("timeout -s INT 3 vault status".split())'`;
  assert.match(session.run(line, { env: { TERM: 'xterm' } }).stdout, 'reading\x1b[K');
  assert.not.match(session.run(line, { env: { TERM: 'dumb' } }).stdout, '\x1b');
});

test.run();
