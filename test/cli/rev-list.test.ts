/** @time-limit 300
 * `rev-list`: git's forms, and what snapshots hold. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSession } from './golden.ts';

test('snapshots and their objects', () => {
  const session = startSession();
  const hex = (line: string): string => session.run(line).stdout.trim();
  session.write('a', 'one\n');
  session.write('sub/b', 'two\n');
  session.run('vault snapshot --init -m 1');
  session.write('sub/c', 'three\n');
  session.write('new\nline', 'one\n');
  session.run('vault snapshot -m 2; vault tag second; vault tag tree HEAD~1:sub');
  session.write('a', 'three\n');
  session.run('vault snapshot -m 3');
  const side = hex('vault make-snapshot HEAD~1: -p HEAD~2 -p HEAD~1 -m side --time 2020-01-01');
  session.run(`vault update-ref refs/heads/side ${side}`);
  session.expect(`
    $ vault rev-list HEAD
    <id:1>
    <id:2>
    <id:3>
    $ vault rev-list --parents side --max-count 2
    <id:4> <id:3> <id:2>
    <id:2> <id:3>
    $ vault rev-list --first-parent side
    <id:4>
    <id:3>
    $ vault rev-list --reverse second..HEAD ^side
    <id:1>
    $ vault rev-list HEAD~1..HEAD~1
    $ vault rev-list --count --all
    4
    $ vault rev-list --since 2021 --count side
    0
    $ vault rev-list --all --until 2020-01-01
    <id:4>
    $ vault rev-list -n 1 -z HEAD | tr '\\0' ';'
    <id:1>;
    \\ no newline
    $ vault rev-list --objects HEAD~1
    <id:2>
    <id:3>
    <id:5> 
    <id:6> a
    <id:7> sub
    <id:8> sub/b
    <id:9> sub/c
    <id:10> 
    <id:11> sub
    $ vault rev-list --objects HEAD~1..HEAD | cut -c -64 | vault cat-object --batch-check='%(objecttype)' | grep -v tree
    snapshot
    $ vault rev-list --objects tree
    <id:11> 
    <id:8> b
    $ vault rev-list
    ! vault: no revision is named
    ! hint: name one, as HEAD, or say --all
    [2]
    $ vault rev-list tree
    ! vault: tree is not a snapshot
    ! hint: \`vault log\` lists the snapshots; REV:path names a file in one
    [2]
    $ vault rev-list HEAD ^none
    ! vault: "none" names nothing: no tag, line or id is "none"
    ! hint: \`vault log\` lists the snapshots, \`vault tag --list\` the tags
    [1]
  `);
  assert.match(session.run('vault rev-list --objects --all').stdout, /^[0-9a-f]{64} "new\\nline"$/m);
  const rows = session
    .run('vault rev-list --objects --json-lines HEAD')
    .stdout.trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(
    rows.slice(0, 4).map(({ type, generation }) => [type, generation]),
    [
      ['snapshot', 2],
      ['snapshot', 1],
      ['snapshot', 0],
      ['tree', undefined],
    ],
  );
  assert.is(rows[0].parents[0], rows[1].id);
  // Here snapshots lead to all that is stored, but for their lists of changes.
  const listed = hex('vault rev-list --objects --all | cut -c-64 | sort');
  const stored = hex(
    "vault cat-object --batch-all-objects --batch-check='%(objectname) %(objecttype)' | grep -v changes | cut -c-64",
  );
  assert.is(listed, stored);
});

test('a revision that names a forgotten snapshot', () => {
  const session = startSession();
  for (const name of ['one', 'two', 'three'])
    session.run(`echo ${name} > a && vault snapshot --init -m ${name}`);
  session.run('vault forget HEAD~1 --apply -q');
  session.expect(`
    $ vault rev-list HEAD
    <id:1>
    <id:2>
    $ vault rev-list HEAD@{1}
    <id:2>
    ! vault: warning: snapshot <id:3> is forgotten and left out; --forgotten lists it
    $ vault rev-list --count HEAD~1..HEAD@{1}
    0
    ! vault: warning: snapshot <id:3> is forgotten and left out; --forgotten lists it
    $ vault rev-list --count HEAD@{1}..HEAD
    1
    $ vault rev-list --forgotten -n 1 HEAD@{1}
    <id:3>
    $ vault rev-list --all --count
    2
    $ vault log --oneline HEAD@{1}
    <id:2> <time> one
    ! vault: warning: snapshot <id:3> is forgotten and left out; --forgotten lists it
    $ vault log HEAD~1..HEAD@{1}
    ! vault: warning: snapshot <id:3> is forgotten and left out; --forgotten lists it
    $ vault log --oneline HEAD@{1}..HEAD
    <id:1> <time> (main) three
    $ vault log --oneline --forgotten HEAD@{1} -n 1
    <id:3> <time> (forgotten) two
    $ vault log HEAD@{1} a
       -  <time>  <id:2>  A      4 bytes  -rw-r--r--  <id:4>
    ! vault: warning: snapshot <id:3> is forgotten and left out
  `);
  const { warnings } = session.json('vault log HEAD@{1} --json');
  assert.match((warnings as string[])[0]!, 'is forgotten and left out');
});

test.run();
