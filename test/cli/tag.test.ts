/** @time-limit 240 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preparedSession } from './golden.ts';

const twice = preparedSession((session) => {
  session.write('a.txt', 'hello\n');
  session.write('docs/b.txt', 'b\n');
  session.runAll(['vault snapshot --init -m first', 'vault snapshot -m second']);
});

test('made, listed, moved, removed', () => {
  const session = twice();
  session.expect(`
    $ vault tag
    $ vault tag v1 HEAD~1 -m "as sent"
    ! tag v1 names <id:1>
    $ vault tag v2
    ! tag v2 names <id:2>
    $ vault tag
    v1  <id:1>  <time>  as sent
    v2  <id:2>  <time>
    $ vault tag v1 HEAD
    ! vault: tag v1 exists and names <id:1>; it was not moved
    ! hint: use another name, or \`vault tag --force v1\`
    [8]
    $ vault tag v1 HEAD~1
    ! tag v1 names <id:1>
    $ vault tag --force v1
    ! tag v1 names <id:2>
    $ vault rev-parse v1 v1@{1} refs/tags/v2
    <id:2>
    <id:1>
    <id:2>
    $ vault tag --delete v1
    ! deleted tag v1, which named <id:2>
    $ vault tag --delete v1
    ! vault: there is no tag v1
    ! hint: \`vault tag --list\` shows the tags there are
    [1]
    $ vault -q tag
    v2
  `);
});

test('patterns', () => {
  const session = twice();
  for (const name of ['2026-01', '2026-02', 'x/2026', 'ä']) session.run(`vault tag ${name}`);
  session.expect(`
    $ vault -q tag --list '2026-*'
    2026-01
    2026-02
    $ vault -q tag --list '*2026*'
    2026-01
    2026-02
    x/2026
    $ vault -q tag --list '?'
    ä
    $ vault -q tag -l '2026-0[!1]'
    2026-02
    $ vault -q tag --list nothing
    $ vault tag --list -z | tr '\\0' '|'
    2026-01|2026-02|x/2026|ä|
    \\ no newline
  `);
});

test('folders and files', () => {
  const session = twice();
  session.expect(`
    $ vault tag letter HEAD:a.txt
    ! tag letter names blob <id:1>
    $ vault -C docs tag docs HEAD:./
    ! tag docs names tree <id:2>
    $ vault cat-object blob letter
    hello
    $ vault ls-tree --name-only docs
    b.txt
    $ vault tag -q nothing HEAD:nosuch
    ! vault: "nosuch" is not in "HEAD"
    ! hint: \`vault ls REV:\` lists what is, \`vault log FILE\` the versions of a file
    [1]
  `);
});

test('--json', () => {
  const session = twice();
  const made = session.json('vault tag v1 -m hello --json');
  assert.is(made.schema, 'vault/tag/1');
  assert.is(made.name, 'v1');
  assert.match(made.target as string, /^[0-9a-f]{64}$/);
  assert.match(made.time as string, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  const { tags } = session.json('vault tag --json') as { tags: object[] };
  const { deleted, schema: _, warnings: __, ...rest } = made;
  assert.is(deleted, false);
  assert.equal(tags, [rest]);
  assert.is(session.json('vault tag --delete v1 --json').deleted, true);
});

test('usage', () => {
  const session = twice();
  session.expect(`
    $ vault tag --delete
    ! vault: NAME is missing
    ! hint: see "vault help tag"
    [2]
    $ vault tag --force
    ! vault: NAME is missing
    ! hint: see "vault help tag"
    [2]
    $ vault tag --list a b
    ! vault: there is one operand too many
    ! hint: see "vault help tag"
    [2]
    $ vault tag 'no good'
    ! vault: "no good" cannot be a tag: it holds a space
    ! hint: use letters, digits, and - . _ / between them
    [2]
    $ vault tag v1 mian
    ! vault: "mian" names nothing: no tag, line or id is "mian"
    ! hint: did you mean main?
    [1]
    $ vault tag v1 0000
    ! vault: "0000" names nothing: no tag, line or id is "0000"
    ! hint: \`vault log\` lists the snapshots, \`vault tag --list\` the tags
    [1]
  `);
});

test('a vault that may only be read', () => {
  const session = twice();
  session.run('chmod -R a-w .vault');
  assert.is(session.run('vault tag v1', { unprivileged: true }).code, 5);
  assert.is(session.run('vault tag', { unprivileged: true }).code, 0);
});

test.run();
