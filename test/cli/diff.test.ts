/** @time-limit 240 */
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preparedSession, startSession } from './golden.ts';

/** Two snapshots, and a third state on disk. */
const history = preparedSession(
  (session) => {
    session.write('a.txt', 'one\ntwo\nthree\n');
    session.write('bin', Buffer.of(0, 1, 2));
    session.write('gone/x', 'x\n');
    session.run('vault snapshot --init');
    session.write('a.txt', 'one\n2\nthree\n');
    session.write('bin', Buffer.of(0, 1, 2, 3));
    session.write('new file', 'no newline');
    rmSync(path.join(session.folder, 'gone'), { recursive: true });
    session.run('vault snapshot');
    session.write('a.txt', 'one\n2\nthree\nfour\n');
  },
  { keep: ['00000000'] },
);

test('in a pipe letters and names', () => {
  const session = history();
  session.expect(`
    $ vault diff
    M	a.txt
    $ vault diff HEAD
    M	a.txt
    $ vault diff HEAD~1
    M	a.txt
    M	bin
    D	gone
    D	gone/x
    A	new file
    $ vault diff HEAD HEAD~1
    M	a.txt
    M	bin
    A	gone
    A	gone/x
    D	new file
    $ vault diff HEAD~1..HEAD -- bin
    M	bin
    $ vault diff --name-status HEAD~1.. gone
    ! vault: gone names neither a snapshot nor a file that is here
    ! hint: for a file that is gone write "-- gone"; "vault log" lists the snapshots
    [1]
    $ vault diff --name-status HEAD~1.. -- gone
    D	gone
    D	gone/x
    $ vault diff HEAD HEAD
    $ vault diff -z HEAD~1 HEAD bin | tr '\\0' '|'
    M|bin|
    \\ no newline
  `);
});

test('-p', () => {
  history().expect(`
    $ vault diff -p
    diff --git a/a.txt b/a.txt
    index <id:1>..<id:2> 100644
    --- a/a.txt
    +++ b/a.txt
    @@ -1,3 +1,4 @@
     one
     2
     three
    +four
    $ vault diff -p HEAD~1 HEAD
    diff --git a/a.txt b/a.txt
    index <id:3>..<id:1> 100644
    --- a/a.txt
    +++ b/a.txt
    @@ -1,3 +1,3 @@
     one
    -two
    +2
     three
    diff --git a/bin b/bin
    index <id:4>..<id:5> 100644
    Binary files a/bin and b/bin differ
    Removed folder gone
    diff --git a/gone/x b/gone/x
    deleted file mode 100644
    index <id:6>..00000000
    --- a/gone/x
    +++ /dev/null
    @@ -1 +0,0 @@
    -x
    diff --git a/new file b/new file
    new file mode 100644
    index 00000000..<id:7>
    --- /dev/null
    +++ b/new file	
    @@ -0,0 +1 @@
    +no newline
    \\ No newline at end of file
  `);
});

test('git applies it', () => {
  const session = history();
  session.run('vault diff -p HEAD~1 HEAD > ../step.patch');
  session.run('vault cat HEAD~1:a.txt > ../a.txt && mkdir ../gone && vault cat HEAD~1:gone/x > ../gone/x');
  const { stdout, stderr, code } = session.run(
    'cd .. && git apply --exclude=bin step.patch && cat a.txt "new file" && test ! -e gone',
  );
  assert.is(stderr, '');
  assert.is(stdout, 'one\n2\nthree\nno newline');
  assert.is(code, 0);
});

test('--stat and --raw', () => {
  history().expect(`
    $ vault diff --stat HEAD~1 HEAD
    M     -2 bytes  a.txt
    M      +1 byte  bin
    D      0 bytes  gone
    D     -2 bytes  gone/x
    A    +10 bytes  new file
    1 added, 2 modified, 2 deleted; +7 bytes
    $ vault diff --stat HEAD HEAD
    $ vault diff --raw HEAD~1 HEAD -- bin gone/x | sed -E 's/([0-9a-f]{12})[0-9a-f]{52}/\\1/g'
    :100644 100644 ae4b3280e56e 054edec1d021 M	bin
    :100644 000000 73cb3858a687 000000000000 D	gone/x
  `);
});

test('metadata alone is marked and named', () => {
  const session = startSession({ keep: ['00000000'] });
  session.write('mode', 'x\n');
  session.write('time', 'x\n');
  session.write('both', 'x\n');
  session.run('touch -d @1000000000.5 time mode both; vault snapshot --init');
  chmodSync(path.join(session.folder, 'mode'), 0o755);
  chmodSync(path.join(session.folder, 'both'), 0o400);
  session.run('touch -d @1000000000.25 time; chmod 700 .; mkdir d');
  session.run('echo y >> both');
  session.expect(`
    $ vault diff -p
    diff --git a/both b/both
    old mode 100644
    new mode 100400
    index <id:1>..<id:2>
    --- a/both
    +++ b/both
    @@ -1 +1,2 @@
     x
    +y
    Added folder d
    diff --git a/mode b/mode
    old mode 100644
    new mode 100755
    Only metadata of time differs: mtime <time> → <time>
    $ vault diff --stat
    M     +2 bytes  both
    A      0 bytes  d
    M     metadata  mode
    M     metadata  time
    1 added, 3 modified; +2 bytes
  `);
});

test('links and other types', () => {
  const session = startSession({ keep: ['00000000'] });
  session.write('was-file', 'text\n');
  symlinkSync('one', path.join(session.folder, 'link'));
  session.run('mkfifo pipe; vault snapshot --init');
  session.run('rm was-file link; ln -s two link; ln -s text was-file; chmod 600 pipe; mkfifo other');
  session.expect(`
    $ vault diff -p
    diff --git a/link b/link
    index <id:1>..<id:2> 120000
    --- a/link
    +++ b/link
    @@ -1 +1 @@
    -one
    \\ No newline at end of file
    +two
    \\ No newline at end of file
    Added fifo other
    Only metadata of fifo pipe differs: mode 644 → 600
    diff --git a/was-file b/was-file
    deleted file mode 100644
    index <id:3>..00000000
    --- a/was-file
    +++ /dev/null
    @@ -1 +0,0 @@
    -text
    diff --git a/was-file b/was-file
    new file mode 120000
    index 00000000..<id:4>
    --- /dev/null
    +++ b/was-file
    @@ -0,0 +1 @@
    +text
    \\ No newline at end of file
  `);
});

test('--exit-code', () => {
  const session = history();
  session.expect(`
    $ vault diff --exit-code
    M	a.txt
    [1]
    $ vault diff --exit-code HEAD HEAD
    $ vault diff --exit-code -- bin
  `);
  const lines = ['--json', '--json -- bin', '--json-lines', '--json-lines -- bin'];
  const ended = session.runAll(lines.map((line) => `vault diff --exit-code ${line}`));
  assert.equal(
    ended.map(({ code }) => code),
    [1, 0, 1, 0],
  );
});

test('--json', () => {
  const session = history();
  const document = session.json('vault diff --json HEAD~1 HEAD -- a.txt gone/x');
  const changes = document.changes as { letter: string; path: string; old: object; new: object }[];
  assert.is(document.schema, 'vault/diff/1');
  assert.equal(
    changes.map(({ letter, path: at }) => [letter, at]),
    [
      ['M', 'a.txt'],
      ['D', 'gone/x'],
    ],
  );
  assert.ok(changes[0]!.old && changes[0]!.new && changes[1]!.old);
  assert.is(changes[1]!.new, undefined);
  assert.is(session.json('vault diff --json').to, null, 'the disk has no id');
});

test('two paths in snapshots, and here', () => {
  const session = history();
  mkdirSync(path.join(session.folder, 'sub'));
  session.expect(`
    $ vault diff -p HEAD~1:a.txt HEAD:a.txt | head -n 4
    diff --git a/a.txt b/a.txt
    index <id:1>..<id:2> 100644
    --- a/a.txt
    +++ b/a.txt
    $ vault -C sub diff HEAD:../a.txt HEAD~1:../a.txt
    M	a.txt
    $ vault diff HEAD~1:gone HEAD:a.txt
    ! vault: HEAD~1:gone is a folder and HEAD:a.txt is not
    ! hint: compare folders with folders and files with files
    [2]
    $ vault diff HEAD:a.txt
    ! vault: HEAD:a.txt is not a snapshot
    ! hint: \`vault log\` lists the snapshots; REV:path names a file in one
    [2]
  `);
});

test('what is both a revision and a file', () => {
  const session = history();
  session.write('v1', 'a file\n');
  session.run('vault tag v1 HEAD~1');
  session.expect(`
    $ vault diff v1
    ! vault: v1 is both a revision and a file
    ! hint: write "-- v1" for the file, "v1 --" for the revision
    [2]
    $ vault diff v1 -- bin
    M	bin
    $ vault diff -- v1
    A	v1
    $ vault diff a b c
    ! vault: a names neither a snapshot nor a file that is here
    ! hint: for a file that is gone write "-- a"; "vault log" lists the snapshots
    [1]
    $ vault diff HEAD HEAD HEAD --
    ! vault: HEAD is one revision too many
    ! hint: name files behind --
    [2]
    $ vault diff -- nosuch
    ! vault: "nosuch" is neither on disk nor in the parent snapshot
    ! hint: check the spelling; what lies behind a symlink is named by its own path
    [2]
    $ vault diff HEAD~1 HEAD -- nosuch
    ! vault: nosuch is on neither side
    ! hint: check the spelling; paths are relative to the current folder
    [2]
  `);
});

test('before the first snapshot', () => {
  const session = startSession({ keep: ['00000000'] });
  session.expect(`
    $ vault -q init
    $ vault diff
    ! vault: line main has no snapshot yet
    ! hint: take one with \`vault snapshot\`
    [1]
  `);
});

test('unreadable gives 3, also with --exit-code', () => {
  const session = history();
  chmodSync(path.join(session.folder, 'bin'), 0);
  const { stderr, code } = session.run('vault diff --exit-code', { unprivileged: true });
  assert.is(code, 3);
  assert.match(stderr, 'bin could not be read: permission denied');
});

test('a large file is not compared by lines', () => {
  const session = startSession({ keep: ['00000000'] });
  session.write('log', Buffer.alloc(9_000_000, 'line\n'));
  session.run('vault snapshot --init');
  session.run('echo more >> log');
  assert.match(
    session.run('vault diff -p').stdout,
    /\nFiles a\/log and b\/log differ and are too large to compare by lines\n$/,
  );
});

test.run();
