/** @time-limit 300
 * Refs listed: `for-each-ref`, `reflog`, `show-ref`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSession } from './golden.ts';

test('for-each-ref and reflog', () => {
  const session = startSession({ keep: ['0'.repeat(64), '00000000'] });
  session.write('a.txt', 'hello\n');
  session.runAll(['vault snapshot --init -m "first\n\nand more of it"', 'vault snapshot -m second']);
  session.run('vault tag v1 HEAD~1 -m "as sent"; vault tag text HEAD:a.txt');
  session.run(
    'vault update-ref refs/notes/a/b HEAD:; vault update-ref refs/heads/text HEAD~1; vault tag -d v1; vault tag v1',
  );
  session.expect(`
    $ vault for-each-ref
    <id:1> snapshot	refs/heads/main
    <id:2> snapshot	refs/heads/text
    <id:3> tree	refs/notes/a/b
    <id:4> blob	refs/tags/text
    <id:1> snapshot	refs/tags/v1
    $ vault for-each-ref --format='%(HEAD) %(refname:short) %(objectname:short) %(creator) %(creatordate)|%(subject)|%(body)' refs/heads 'refs/*/v*'
    * main <id:1> <user> <time>|second|
      refs/heads/text <id:2> <user> <time>|first|and more of it
      v1 <id:1> <user> <time>|second|
    $ vault for-each-ref --format='%(objecttype)%x09%(refname)' --sort=refname --sort=-objecttype 'refs/**/b' refs/tags/text
    tree	refs/notes/a/b
    blob	refs/tags/text
    $ vault for-each-ref --format='%(objectsize)' refs/tags/text
    6
    $ vault for-each-ref --count=1 --sort=-creatordate --format='%(refname)' refs/tags/
    refs/tags/v1
    $ vault for-each-ref -z --points-at main --format='%(refname)' | tr '\\0' ';'
    refs/heads/main;refs/tags/v1;
    \\ no newline
    $ vault for-each-ref refs/none 'refs/*'
    $ vault for-each-ref --sort=size
    ! vault: refs cannot be sorted by size
    ! hint: keys are refname, objectname, objecttype, creatordate, each also with a - before it
    [2]
    $ vault show-ref text
    <id:2> refs/heads/text
    <id:4> refs/tags/text
    $ vault reflog
    <id:1> HEAD@{0}: snapshot: second (<user>@<host>, <time>)
    <id:2> HEAD@{1}: snapshot: first (<user>@<host>, <time>)
    $ vault reflog -n 2 v1
    <id:1> v1@{0}:  (<user>@<host>, <time>)
    00000000 v1@{1}: deleted (<user>@<host>, <time>)
    $ vault update-ref -d refs/heads/text
    $ vault reflog show --format='%(objectname) %(objecttype) %(selector) %(refname) %(host)' refs/heads/text
    0000000000000000000000000000000000000000000000000000000000000000 snapshot refs/heads/text@{0} refs/heads/text <host>
    <id:2> snapshot refs/heads/text@{1} refs/heads/text <host>
    $ vault reflog none
    ! vault: "none" names nothing: no tag, line or id is "none"
    ! hint: \`vault log\` lists the snapshots, \`vault tag --list\` the tags
    [1]
  `);
  const rows = session
    .run('vault reflog --json-lines v1')
    .stdout.trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(
    rows.map(({ ref, n, seq, message }) => [ref, n, seq, message]),
    [
      ['refs/tags/v1', 0, 2, ''],
      ['refs/tags/v1', 1, 1, 'deleted'],
      ['refs/tags/v1', 2, 0, 'as sent'],
    ],
  );
  assert.is(rows[1].id, null);
  const { refs } = session.json('vault for-each-ref --json refs/tags/v1') as {
    refs: Record<string, unknown>[];
  };
  assert.equal([refs.length, refs[0]!.ref, refs[0]!.type, refs[0]!.seq], [1, 'refs/tags/v1', 'snapshot', 2]);
  const [unix] = session
    .run("vault for-each-ref --format='%(creatordate:unix)' refs/tags/v1")
    .stdout.split('\n');
  assert.is(unix, String(Math.floor(Date.parse(refs[0]!.time as string) / 1000)));
});

test.run();
