/** @time-limit 240 */
import { chmodSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preparedSession, startSession } from './golden.ts';

/** Four snapshots of three files. */
const history = preparedSession((session) => {
  session.write('a.txt', 'one\n');
  session.write('docs/b.txt', 'b\n');
  session.write('same', 'always the same\n');
  session.run('vault snapshot --init -m first --author "A. Person" --label for=tests');
  session.write('a.txt', 'one\ntwo\n');
  session.run('vault snapshot -m "second: two lines\n\nWith a body." --tag v1');
  chmodSync(path.join(session.folder, 'a.txt'), 0o600);
  session.write('docs/c.txt', 'c\n');
  session.run('vault snapshot');
  rmSync(path.join(session.folder, 'a.txt'));
  session.run('vault snapshot -m fourth');
});

test('the snapshots', () => {
  const session = history();
  session.expect(`
    $ vault log
    snapshot <id:1> (main)
    Time:    <time>
    From:    <host>:$DIR (<user>)

        fourth

        3 files  20 bytes  new 0 bytes

    snapshot <id:2>
    Time:    <time>
    From:    <host>:$DIR (<user>)

        4 files  28 bytes  new 2 bytes

    snapshot <id:3> (tag: v1)
    Time:    <time>
    From:    <host>:$DIR (<user>)

        second: two lines

        With a body.

        3 files  26 bytes  new 8 bytes

    snapshot <id:4>
    Time:    <time>
    From:    <host>:$DIR (<user>)
    Author:  A. Person
    Label:   for=tests

        first

        3 files  22 bytes  new 22 bytes
    $ vault log --oneline
    <id:1> <time> (main) fourth
    <id:2> <time>
    <id:3> <time> (tag: v1) second: two lines
    <id:4> <time> first
    $ vault log --oneline v1
    <id:3> <time> (tag: v1) second: two lines
    <id:4> <time> first
    $ vault log --oneline HEAD~2..
    <id:1> <time> (main) fourth
    <id:2> <time>
    $ vault log --oneline HEAD..v1
    $ vault log --oneline -n 1 HEAD~3
    <id:4> <time> first
    $ vault log -n 0
    $ vault log --oneline -- .
    <id:1> <time> (main) fourth
    <id:2> <time>
    <id:3> <time> (tag: v1) second: two lines
    <id:4> <time> first
  `);
});

test('--stat', () => {
  history().expect(`
    $ vault log --stat --oneline
    <id:1> <time> (main) fourth
     D     -8 bytes  a.txt
     1 deleted; -8 bytes
    <id:2> <time>
     M     metadata  a.txt
     A     +2 bytes  docs/c.txt
     1 added, 1 modified; +2 bytes
    <id:3> <time> (tag: v1) second: two lines
     M     +4 bytes  a.txt
     1 modified; +4 bytes
    <id:4> <time> first
    $ vault log --stat -n 1 v1
    snapshot <id:3> (tag: v1)
    Time:    <time>
    From:    <host>:$DIR (<user>)

        second: two lines

        With a body.

        3 files  26 bytes  new 8 bytes

     M     +4 bytes  a.txt
     1 modified; +4 bytes
  `);
});

test('the versions of a file, also of one that is gone', () => {
  history().expect(`
    $ vault log a.txt
       -  <time>  <id:1>  D            -  -           -
       1  <time>  <id:2>  M      8 bytes  -rw-------  <id:3>  only mode 644 → 600
       2  <time>  <id:4>  M      8 bytes  -rw-r--r--  <id:3>
       3  <time>  <id:5>  A      4 bytes  -rw-r--r--  <id:6>
    $ vault log -- same
       1  <time>  <id:5>  A     16 bytes  -rw-r--r--  <id:7>
    $ vault -C docs log b.txt
       1  <time>  <id:5>  A      2 bytes  -rw-r--r--  <id:8>
    $ vault log -n 1 HEAD~1 -- a.txt
       -  <time>  <id:2>  M      8 bytes  -rw-------  <id:3>  only mode 644 → 600
    $ vault log HEAD~3..HEAD~1 -- a.txt
       -  <time>  <id:2>  M      8 bytes  -rw-------  <id:3>  only mode 644 → 600
       -  <time>  <id:4>  M      8 bytes  -rw-r--r--  <id:3>
    $ vault log a.txt same
    a.txt:
       -  <time>  <id:1>  D            -  -           -
       1  <time>  <id:2>  M      8 bytes  -rw-------  <id:3>  only mode 644 → 600
       2  <time>  <id:4>  M      8 bytes  -rw-r--r--  <id:3>
       3  <time>  <id:5>  A      4 bytes  -rw-r--r--  <id:6>
    same:
       1  <time>  <id:5>  A     16 bytes  -rw-r--r--  <id:7>
  `);
});

test('the versions of a folder', () => {
  history().expect(`
    $ vault log docs
       1  <time>  <id:1>  M            -  drwxr-xr-x  <id:2>
       2  <time>  <id:3>  A            -  drwxr-xr-x  <id:4>
    $ vault log --stat docs
       1  <time>  <id:1>  M            -  drwxr-xr-x  <id:2>
     A     +2 bytes  docs/c.txt
     1 added; +2 bytes
       2  <time>  <id:3>  A            -  drwxr-xr-x  <id:4>
  `);
});

test('--follow', () => {
  const session = startSession();
  session.write('old', 'content\n');
  session.run('vault snapshot --init');
  session.write('old', 'more content\n');
  session.run('vault snapshot');
  renameSync(path.join(session.folder, 'old'), path.join(session.folder, 'new'));
  session.run('vault snapshot');
  session.expect(`
    $ vault log new
       1  <time>  <id:1>  A     13 bytes  -rw-r--r--  <id:2>
    $ vault log --follow new
       1  <time>  <id:1>  R     13 bytes  -rw-r--r--  <id:2>  from old
       2  <time>  <id:3>  M     13 bytes  -rw-r--r--  <id:2>
       3  <time>  <id:4>  A      8 bytes  -rw-r--r--  <id:5>
  `);
  const { versions } = session.json('vault log --follow new --json') as {
    versions: Record<string, unknown>[];
  };
  assert.equal(
    versions.map(({ version, letter, path: at, from }) => [version, letter, at, from]),
    [
      [1, 'R', 'new', 'old'],
      [2, 'M', 'old', undefined],
      [3, 'A', 'old', undefined],
    ],
  );
});

test('--since and --until', () => {
  const session = history();
  const { snapshots } = session.json('vault log --json') as { snapshots: { id: string; time: string }[] };
  const ids = (line: string) => (session.json(line).snapshots as { id: string }[]).map(({ id }) => id);
  const all = snapshots.map(({ id }) => id);
  assert.equal(ids(`vault log --json --since ${snapshots[1]!.time}`), all.slice(0, 2));
  assert.equal(ids(`vault log --json --until ${snapshots[1]!.time}`), all.slice(1));
  assert.equal(ids(`vault log --json --since '1 hour ago' --until now`), all);
  assert.equal(ids(`vault log --json --until yesterday`), []);
  const versions = session.json(`vault log --json --until ${snapshots[1]!.time} -- a.txt`)
    .versions as object[];
  assert.is(versions.length, 3);
  session.expect(`
    $ vault log --since nonsense
    ! vault: "nonsense" is no date
    ! hint: write 2026-01-31, 2026-01-31T10:20, yesterday, or 3 days ago
    [2]
  `);
});

test('--all', () => {
  const session = history();
  session.write('other', 'x\n');
  session.run('vault snapshot --line other -m "on another line"');
  session.expect(`
    $ vault log --all --oneline -n 2
    <id:1> <time> (other) on another line
    <id:2> <time> (main) fourth
    $ vault log other
    ! vault: other is both a revision and a file
    ! hint: write "-- other" for the file, "other --" for the revision
    [2]
    $ vault log --all -- other
       -  <time>  <id:1>  A      2 bytes  -rw-r--r--  <id:3>
    $ vault log --all HEAD
    ! vault: --all takes no revision
    [2]
    $ vault log -- other
    ! vault: no snapshot of this history has "other"
    ! hint: check the spelling; \`vault ls -r\` lists what the newest has, --all looks at all lines
    [1]
  `);
});

test('--json and --json-lines', () => {
  const session = history();
  const { schema, snapshots } = session.json('vault log --json') as {
    schema: string;
    snapshots: Record<string, unknown>[];
  };
  assert.is(schema, 'vault/log/1');
  const { id, parents, tags, message, files, new_bytes } = snapshots[2]!;
  assert.match(id as string, /^[0-9a-f]{64}$/);
  assert.equal(parents, [snapshots[3]!.id]);
  assert.equal(tags, ['v1']);
  assert.is(message, 'second: two lines\n\nWith a body.');
  assert.is(files, 3);
  assert.is(new_bytes, 8);
  assert.equal(snapshots[3]!.labels, [{ key: 'for', value: 'tests' }]);
  const lines = session.run('vault log --json-lines').stdout.trim().split('\n');
  assert.equal(
    lines.map((line) => JSON.parse(line)),
    snapshots,
  );
  const stat = session.json('vault log --json --stat -n 1').snapshots as Record<string, unknown>[];
  assert.equal(stat[0]!.totals, { A: 0, M: 0, D: 1, T: 0, R: 0 });

  const { versions } = session.json('vault log --json -- a.txt') as { versions: Record<string, unknown>[] };
  assert.equal(
    versions.map(({ version, letter, metadata_only, changed, available, size }) => [
      version,
      letter,
      metadata_only,
      changed,
      available,
      size,
    ]),
    [
      [null, 'D', false, [], false, undefined],
      [1, 'M', true, ['mode'], true, 8],
      [2, 'M', false, [], true, 8],
      [3, 'A', false, [], true, 4],
    ],
  );
});

test('a version whose content is gone', () => {
  const session = history();
  session.run('vault -q tag mark');
  // The first data pack holds what the first snapshot stored.
  const first = session.run('ls -tr $(find .vault/objects -type f) | head -n 1').stdout.trim();
  session.run(`mv ${first} ../gone.pack; rm -rf .vault/index`);
  const { stdout, code } = session.run('vault log a.txt');
  assert.is(code, 0);
  assert.match(stdout, / A {6}4 bytes .*not available\n$/);
});

test('nothing yet, nothing here, no such thing', () => {
  const session = startSession();
  session.expect(`
    $ vault log
    ! vault: no vault in $DIR or above it
    ! hint: run "vault init" in the folder to keep, or name a vault with --vault
    [10]
    $ vault -q init
    $ vault log
    ! vault: line main has no snapshot yet
    ! hint: take one with \`vault snapshot\`
    [1]
    $ vault log --all
    ! vault: this vault has no snapshot yet
    ! hint: take one with \`vault snapshot\`
    [1]
    $ vault show main
    ! vault: line main has no snapshot yet
    ! hint: take one with \`vault snapshot\`
    [1]
    $ vault reflog main
    ! vault: line main has no snapshot yet
    ! hint: take one with \`vault snapshot\`
    [1]
    $ vault rev-parse refs/heads/other
    ! vault: "refs/heads/other" names nothing: no tag, line or id is "other"
    ! hint: \`vault log\` lists the snapshots, \`vault tag --list\` the tags
    [1]
    $ touch a; vault -q snapshot > /dev/null
    $ vault log nosuch
    ! vault: nosuch names neither a snapshot nor a file that is here
    ! hint: for a file that is gone write "-- nosuch"; "vault log" lists the snapshots
    [1]
    $ vault log -- nosuch
    ! vault: no snapshot of this history has "nosuch"
    ! hint: check the spelling; \`vault ls -r\` lists what the newest has, --all looks at all lines
    [1]
    $ vault log HEAD~1 --
    ! vault: "HEAD~1" lies before the first snapshot
    ! hint: \`vault log\` lists the snapshots there are
    [1]
    $ vault log --follow
    ! vault: --follow needs a FILE whose former names are wanted
    [2]
    $ vault log --forgotten a
    ! vault: --forgotten lists snapshots, and no versions of a FILE
    ! hint: what a forgotten snapshot has changed shows at the next one that is kept
    [2]
    $ vault log /etc/passwd
    ! vault: no vault in /etc or above it
    ! hint: run "vault init" in the folder to keep, or name a vault with --vault
    [10]
    $ vault log -n -1
    ! vault: --max-count takes a whole number from 0
    [2]
  `);
});

test('a vault that may only be read, and its history', () => {
  const session = history();
  session.run('chmod -R a-w .vault');
  const { stdout, stderr, code } = session.run('vault log a.txt', { unprivileged: true });
  assert.is(stderr, '');
  assert.is(code, 0);
  assert.is(stdout.trimEnd().split('\n').length, 4);
});

test.run();
