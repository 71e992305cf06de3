/** @time-limit 240 */
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preparedSession, startSession } from './golden.ts';

const thesis = preparedSession((session) => {
  session.write('a.txt', 'hello\n');
  session.write('figures/plot.csv', '1,2\n');
  session.write('notes', 'buy coffee\n');
  session.run('vault snapshot --init');
});

test('nothing has changed', () => {
  thesis().expect(`
    $ vault status
    ! nothing has changed since main <id:1>
    $ vault -q status
    $ vault -C figures status -z
    ! nothing has changed since main <id:1>
  `);
});

test('added, modified, deleted, of another type', () => {
  const session = thesis();
  session.write('a.txt', 'changed\n');
  session.write('new/deep/file', '');
  rmSync(path.join(session.folder, 'figures/plot.csv'));
  rmSync(path.join(session.folder, 'notes'));
  symlinkSync('a.txt', path.join(session.folder, 'notes'));
  session.write('tab\there', '');
  session.expect(`
    $ vault status
    M a.txt
    D figures/plot.csv
    A new
    A new/deep
    A new/deep/file
    T notes
    A "tab\\there"
    $ vault status | wc -l
    7
    $ vault -C new status -z | tr '\\0' '|'
    M a.txt|D figures/plot.csv|A new|A new/deep|A new/deep/file|T notes|A tab\there|
    \\ no newline
  `);
});

test('metadata alone is a modification, and --json says which', () => {
  const session = thesis();
  chmodSync(path.join(session.folder, 'a.txt'), 0o600);
  session.run('touch -d 2001-02-03 notes');
  session.expect(`
    $ vault status
    M a.txt
    M notes
  `);
  const { changes } = session.json('vault status --json') as { changes: Record<string, unknown>[] };
  assert.equal(
    changes.map(({ path: at, letter, metadata_only, changed }) => [at, letter, metadata_only, changed]),
    [
      ['a.txt', 'M', true, ['mode']],
      ['notes', 'M', true, ['mtime']],
    ],
  );
});

test('--ignored lists what a snapshot leaves out', () => {
  const session = thesis();
  session.write('.vaultignore', '*.o\nbuild/\n');
  session.write('x.o', '');
  session.write('build/a', '');
  session.run('vault snapshot');
  session.expect(`
    $ vault status --ignored
    ! build
    ! x.o
    $ vault status
    ! nothing has changed since main <id:1>
  `);
  const document = session.json('vault status --ignored --json');
  assert.equal(document.excluded, [
    { path: '.vault', reason: 'store' },
    { path: 'build', reason: 'rule' },
    { path: 'x.o', reason: 'rule' },
  ]);
  assert.equal(document.changes, []);
  assert.is(session.run('vault status --ignored --json-lines').stdout.split('\n').length, 3);
});

test('before the first snapshot everything is new', () => {
  const session = startSession();
  session.write('a.txt', 'hello\n');
  session.expect(`
    $ vault init > /dev/null 2>&1
    $ vault status
    A a.txt
    $ rm a.txt
    $ vault status
    ! line main has no snapshot yet, and there is nothing to store
  `);
  assert.is(session.json('vault status --json').parent, null);
});

test('unreadable is listed and gives 3', () => {
  const session = thesis();
  session.run('vault snapshot', { unprivileged: true });
  session.write('secret', 'x');
  chmodSync(path.join(session.folder, 'secret'), 0);
  chmodSync(path.join(session.folder, 'figures'), 0);
  session.write('a.txt', 'changed\n');
  session.expect(
    `
    $ vault status
    M a.txt
    ! vault: warning: figures could not be read: permission denied
    ! vault: warning: secret could not be read: permission denied
    [3]
  `,
    { unprivileged: true },
  );
  const { stdout, code } = session.run('vault status --json', { unprivileged: true });
  assert.is(code, 3);
  const { problem_count, problems } = JSON.parse(stdout);
  assert.is(problem_count, 2);
  assert.is(problems[1].path, 'secret');
  assert.is(problems[1].code, 'EACCES');
});

test('a vault that may only be read', () => {
  const session = thesis();
  session.run('vault snapshot', { unprivileged: true });
  session.write('a.txt', 'changed\n');
  session.run('chmod -R a-w .vault');
  session.expect(
    `
    $ vault status
    M a.txt
  `,
    { unprivileged: true },
  );
});

test('no vault, a bare store, operands', () => {
  const session = startSession();
  session.run('vault init docs --store store');
  mkdirSync(path.join(session.folder, 'empty'));
  session.expect(`
    $ vault -C empty status
    ! vault: no vault in $DIR/empty or above it
    ! hint: run "vault init" in the folder to keep, or name a vault with --vault
    [10]
    $ vault --vault store status
    ! vault: this vault is a bare store: it belongs to no folder
    ! hint: link a folder to it with \`vault init DIR --store …\`, then work in DIR
    [10]
    $ vault status docs
    ! vault: too many operands: 1 more than vault status takes
    ! hint: see "vault help status"
    [2]
  `);
});

test.run();
