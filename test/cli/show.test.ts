/** @time-limit 240 */
import { chmodSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preparedSession } from './golden.ts';

const history = preparedSession((session) => {
  session.write('a.txt', 'one\n');
  session.write('docs/b.txt', 'b\n');
  session.run('ln -s a.txt link');
  session.run('vault snapshot --init -m first --tag v1');
  session.write('a.txt', 'two\n');
  chmodSync(path.join(session.folder, 'docs/b.txt'), 0o600);
  session.write('new file', 'x');
  rmSync(path.join(session.folder, 'link'));
  session.run('vault snapshot -m second');
});

test('a snapshot and what it changed', () => {
  history().expect(`
    $ vault show
    snapshot <id:1> (main)
    Time:    <time>
    From:    <host>:$DIR (<user>)

        second

        3 files  7 bytes  new 5 bytes

    M a.txt
    M docs/b.txt  (metadata only)
    D link
    A new file
    $ vault show v1
    snapshot <id:2> (tag: v1)
    Time:    <time>
    From:    <host>:$DIR (<user>)

        first

        2 files  6 bytes  new 11 bytes
  `);
});

test('a folder, a file, a link', () => {
  history().expect(`
    $ vault show HEAD:
    a.txt
    docs/
    new file
    $ vault show v1:docs
    b.txt
    $ vault show HEAD~1:a.txt
    one
    $ vault -C docs show HEAD:./b.txt
    b
    $ vault show v1:link
    a.txt
    \\ no newline
    $ vault show -z HEAD: | tr '\\0' '|'
    a.txt|docs/|new file|
    \\ no newline
  `);
});

test('--json', () => {
  const session = history();
  const snapshot = session.json('vault show --json');
  assert.is(snapshot.schema, 'vault/show/1');
  assert.is(snapshot.type, 'snapshot');
  assert.is(snapshot.message, 'second');
  assert.equal(
    (snapshot.changes as Record<string, unknown>[]).map(({ letter, path: at, metadata_only }) => [
      letter,
      at,
      metadata_only,
    ]),
    [
      ['M', 'a.txt', false],
      ['M', 'docs/b.txt', true],
      ['D', 'link', false],
      ['A', 'new file', false],
    ],
  );
  const tree = session.json('vault show --json HEAD:docs');
  assert.is(tree.type, 'tree');
  assert.is((tree.entries as { path: string }[])[0]!.path, 'b.txt');
  const blob = session.json('vault show --json HEAD:a.txt');
  assert.is(blob.type, 'blob');
  assert.is(blob.size, 4);
  assert.is(session.run('vault show --json-lines').stdout.trim().split('\n').length, 4);
});

test('cat --json says what the content is, rev-parse --json where the store is, each in one document', () => {
  const session = history();
  const id = session.run('vault rev-parse HEAD:a.txt').stdout.trim();
  const { schema, ...content } = session.json('vault cat --json HEAD:a.txt --offset 1');
  assert.is(schema, 'vault/cat/1');
  assert.equal(content, { id, type: 'blob', size: 4, sha256: id, warnings: [] });
  const parsed = session.json('vault rev-parse --json --vault-dir HEAD:a.txt');
  assert.equal([parsed.vault_dir, parsed.ids], [path.join(session.folder, '.vault'), [id]]);
});

test('what could not be read is said', () => {
  const session = history();
  session.write('secret', 'x');
  chmodSync(path.join(session.folder, 'secret'), 0);
  session.run('vault snapshot', { unprivileged: true });
  const { stdout } = session.run('vault show');
  assert.match(stdout, /\n {4}1 could not be read\n {4}secret could not be read: permission denied\n/);
});

test('nothing such', () => {
  const session = history();
  session.expect(`
    $ vault show nosuch
    ! vault: "nosuch" names nothing: no tag, line or id is "nosuch"
    ! hint: \`vault log\` lists the snapshots, \`vault tag --list\` the tags
    [1]
    $ vault show HEAD:nosuch
    ! vault: "nosuch" is not in "HEAD"
    ! hint: \`vault ls REV:\` lists what is, \`vault log FILE\` the versions of a file
    [1]
    $ vault show HEAD:a.txt/
    ! vault: "HEAD:a.txt/": "a.txt" is not a folder
    ! hint: write it without the "/" at its end
    [2]
    $ vault show HEAD~5
    ! vault: "HEAD~5" lies before the first snapshot
    ! hint: \`vault log\` lists the snapshots there are
    [1]
  `);
  const { stderr, code } = session.run('vault show ""');
  assert.is(code, 2);
  assert.match(stderr, /is no revision/);
});

test.run();
