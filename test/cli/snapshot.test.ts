/** @time-limit 240 */
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preparedSession, startSession } from './golden.ts';

/** A folder with three files and a vault. */
const thesis = preparedSession((session) => {
  session.write('a.txt', 'hello\n');
  session.write('figures/plot.csv', '1,2\n');
  session.write('notes', 'buy coffee\n');
  session.run('vault init');
});

test('the first one, the next, one with nothing new', () => {
  const session = thesis();
  session.expect(`
    $ vault snapshot -m first
    main <id:1>  3 files  21 bytes  new 21 bytes in <duration>
    $ echo more >> a.txt
    $ vault snapshot
    main <id:2>  3 files  26 bytes  new 11 bytes in <duration>
    $ vault snapshot
    main <id:3>  3 files  26 bytes  new 0 bytes in <duration>
    $ vault rev-parse HEAD HEAD~1 HEAD~2
    <id:3>
    <id:2>
    <id:1>
  `);
});

test('-q prints the id and nothing else', () => {
  const session = thesis();
  session.expect(`
    $ vault -q snapshot --exclude notes
    <id:1>
    $ vault rev-parse HEAD
    <id:1>
  `);
});

test('without a vault, and --init', () => {
  const session = startSession();
  session.write('docs/a.txt', 'hello\n');
  session.expect(`
    $ vault snapshot
    ! vault: no vault in $DIR or above it
    ! hint: run "vault init" in the folder to keep, or name a vault with --vault
    [10]
    $ vault snapshot docs --init
    main <id:1>  1 file  6 bytes  new 6 bytes in <duration>
    ! made a vault in $DIR/docs/.vault
    $ vault snapshot docs --init
    main <id:2>  1 file  6 bytes  new 0 bytes in <duration>
    $ vault --vault absent snapshot --init
    ! vault: $DIR/absent does not exist
    ! hint: name a store, or a folder that holds .vault; "vault init" makes one
    [10]
    $ vault snapshot --init
    main <id:3>  1 file  6 bytes  new 6 bytes in <duration>
    ! made a vault in $DIR/.vault
    ! left out: 1 other vault
  `);
});

test('--init makes no vault for a path that it would not keep, nor for a plan', () => {
  const session = startSession();
  session.write('a.txt', 'hello\n');
  session.write('../other/b.txt', 'hello\n');
  session.expect(`
    $ vault snapshot thesi --init
    ! vault: thesi is not in the current folder; no vault was made
    ! hint: name one folder that is there, to keep that, or what is in the current folder
    [2]
    $ vault snapshot a.txt ../other/b.txt --init
    ! vault: ../other/b.txt is not in the current folder; no vault was made
    ! hint: name one folder that is there, to keep that, or what is in the current folder
    [2]
    $ vault snapshot --init --dry-run
    ! vault: no vault in $DIR or above it
    ! hint: run "vault init" in the folder to keep, or name a vault with --vault
    [10]
    $ ls -A
    a.txt
    $ vault snapshot ./a.txt --init
    main <id:1>  1 file  6 bytes  new 6 bytes in <duration>
    ! made a vault in $DIR/.vault
  `);
});

test('only some paths; the rest is taken over', () => {
  const session = thesis();
  session.run('vault snapshot');
  session.write('a.txt', 'changed\n');
  session.write('notes', 'changed, too\n');
  rmSync(path.join(session.folder, 'figures/plot.csv'));
  mkdirSync(path.join(session.folder, 'sub'));
  session.expect(`
    $ vault snapshot a.txt
    main <id:1>  3 files  23 bytes  new 8 bytes in <duration>
    $ vault cat HEAD:notes
    buy coffee
    $ vault -C figures snapshot plot.csv ../notes
    main <id:2>  2 files  21 bytes  new 13 bytes in <duration>
    $ vault ls -r
    a.txt
    figures/
    notes
    $ vault snapshot nosuch
    ! vault: "nosuch" is neither on disk nor in the parent snapshot
    ! hint: check the spelling; what lies behind a symlink is named by its own path
    [2]
    $ vault snapshot a.txt /etc/passwd
    ! vault: /etc/passwd lies outside $DIR, the folder of the vault $DIR/.vault
    ! hint: name paths of one vault, or the vault with --vault
    [2]
    $ vault snapshot a.txt/below
    ! vault: "a.txt/below" is neither on disk nor in the parent snapshot
    ! hint: check the spelling; what lies behind a symlink is named by its own path
    [2]
  `);
});

test('what is left out', () => {
  const session = thesis();
  session.write('.vaultignore', '*.tmp\n');
  session.write('x.tmp', '');
  session.write('build/out.o', '');
  session.write('patterns', '# objects\n*.o\n\n');
  session.write('cache/CACHEDIR.TAG', 'Signature: 8a477f597d28d172789f06886806bc55\n');
  session.write('cache/data', '');
  session.expect(`
    $ vault snapshot --exclude notes --exclude-file patterns
    main <id:1>  5 files  75 bytes  new 75 bytes in <duration>
    ! left out: 3 by rules, 1 in a cache folder
    $ vault ls -r
    .vaultignore
    a.txt
    build/
    cache/
    cache/CACHEDIR.TAG
    figures/
    figures/plot.csv
    patterns
    $ vault snapshot --exclude-file nosuch
    ! vault: --exclude-file nosuch cannot be read: no such file or directory
    ! hint: nothing was stored; correct the name and run it again
    [2]
  `);
  const { excluded, excluded_count } = session.json('vault snapshot --json --exclude notes');
  assert.is(excluded_count, 4);
  assert.equal(excluded, [
    { path: '.vault', reason: 'store' },
    { path: 'cache/data', reason: 'cache' },
    { path: 'notes', reason: 'rule' },
    { path: 'x.tmp', reason: 'rule' },
  ]);
});

test('a folder called .vault that is none is kept, another vault is not', () => {
  const session = startSession();
  session.write('mine/.vault/diary', 'x');
  session.expect(`
    $ vault init inner
    ! made a vault in $DIR/inner/.vault
    ! next: vault -C $DIR/inner snapshot -m "first"
    $ vault -q snapshot inner > inner.id
    $ vault snapshot --init
    main <id:1>  2 files  66 bytes  new 66 bytes in <duration>
    ! made a vault in $DIR/.vault
    ! left out: 1 other vault
    $ vault ls -r
    inner/
    inner.id
    mine/
    mine/.vault/
    mine/.vault/diary
  `);
});

test('tags, labels, author, line', () => {
  const session = thesis();
  session.expect(`
    $ vault snapshot --tag v1 -m "chapter 1" --author 'A. Person' --label for=review --label draft=
    main <id:1>  3 files  21 bytes  new 21 bytes in <duration>
    $ vault show-ref
    <id:1> refs/heads/main
    <id:1> refs/tags/v1
    $ vault snapshot --tag v1
    ! vault: tag v1 exists and names <id:1>; no snapshot was taken
    ! hint: use another name, or remove it first: \`vault tag --delete v1\`
    [8]
    $ vault snapshot --tag v1 --dry-run
    ! vault: tag v1 exists and names <id:1>; no snapshot was taken
    ! hint: use another name, or remove it first: \`vault tag --delete v1\`
    [8]
    $ vault snapshot --tag 'a b' --dry-run
    ! vault: "a b" cannot be a tag: it holds a space
    ! hint: use letters, digits, and - . _ / between them
    [2]
    $ vault snapshot --tag 'a b'
    ! vault: "a b" cannot be a tag: it holds a space
    ! hint: use letters, digits, and - . _ / between them
    [2]
    $ vault snapshot --label nothing
    ! vault: nothing is no label
    ! hint: write --label key=value
    [2]
    $ vault snapshot --line other
    other <id:2>  3 files  21 bytes  new 0 bytes in <duration>
    $ vault show-ref
    <id:1> refs/heads/main
    <id:2> refs/heads/other
    <id:1> refs/tags/v1
  `);
  const { snapshot } = session.json('vault snapshot --json --label a=b=c --author x') as {
    snapshot: Record<string, unknown>;
  };
  assert.equal(snapshot.labels, [{ key: 'a', value: 'b=c' }]);
  assert.is(snapshot.author, 'x');
});

test('--if-changed leaves no trace of an unchanged folder', () => {
  const session = thesis();
  const transactions = () => session.run('ls .vault/txn').stdout;
  session.run('vault snapshot');
  const before = transactions();
  session.expect(`
    $ vault snapshot --if-changed
    main <id:1>  nothing has changed, no snapshot was taken
    $ vault -q snapshot --if-changed
    $ vault snapshot --if-changed --dry-run
    main <id:1>  nothing has changed, no snapshot would be taken
    $ vault snapshot --if-changed --tag v1
    main <id:1>  nothing has changed, no snapshot was taken
    ! vault: warning: nothing has changed, so tag v1 was not made; \`vault tag v1 <id:1>\` gives it to the last snapshot
    $ vault tag
    $ vault rev-parse HEAD
    <id:1>
  `);
  assert.is(transactions(), before);
  assert.is(session.json('vault snapshot --if-changed --dry-run --json').would_take, false);
  assert.is(session.json('vault snapshot --dry-run --json').would_take, true);
  const { snapshot, head, parent, changed } = session.json('vault snapshot --if-changed --json');
  assert.is(snapshot, null);
  assert.is(head, parent);
  assert.is(changed, 0);
  session.expect(`
    $ chmod 600 a.txt
    $ vault snapshot --if-changed
    main <id:2>  3 files  21 bytes  new 0 bytes in <duration>
    $ vault snapshot --if-changed notes
    main <id:2>  nothing has changed, no snapshot was taken
  `);
});

test('--dry-run shows the plan and stores nothing', () => {
  const session = thesis();
  session.expect(`
    $ vault snapshot --dry-run
    would take a snapshot of $DIR on line main: 3 files, 21 bytes
    the first snapshot: 4 added; new 21 bytes
    $ ls .vault
    config
    index
    tmp
  `);
  session.run('vault snapshot');
  session.write('new.txt', 'new\n');
  session.write('a.txt', 'hello, world\n');
  rmSync(path.join(session.folder, 'notes'));
  session.expect(`
    $ vault snapshot --dry-run --exclude figures
    would take a snapshot of $DIR on line main: 2 files, 17 bytes
    since <id:1>: 1 added, 1 modified, 3 deleted; new 17 bytes
    ! left out: 1 by rule
  `);
  const plan = session.json('vault snapshot --dry-run --json');
  assert.is(plan.schema, 'vault/snapshot-plan/1');
  assert.is(plan.new_bytes, 17);
  assert.equal(plan.totals, { A: 1, M: 1, D: 1, T: 0, R: 0 });
  const rows = (plan.changes as { letter: string; path: string }[]).map(
    ({ letter, path: at }) => `${letter} ${at}`,
  );
  assert.equal(rows, ['M a.txt', 'A new.txt', 'D notes']);
});

test('a stream', () => {
  const session = thesis();
  session.expect(`
    $ vault -q snapshot > /dev/null
    $ printf 'one,two' | vault snapshot --stdin --name dumps/db.csv -m dump
    main <id:1>  4 files  28 bytes  new 7 bytes in <duration>
    $ vault ls -r
    a.txt
    dumps/
    dumps/db.csv
    figures/
    figures/plot.csv
    notes
    $ vault cat HEAD:dumps/db.csv
    one,two
    \\ no newline
    $ printf '' | vault -C figures snapshot --stdin --name plot.csv
    main <id:2>  4 files  24 bytes  new 0 bytes in <duration>
    $ vault snapshot --stdin --name figures < /dev/null
    ! vault: "figures" is a folder in the newest snapshot
    ! hint: choose another name
    [2]
    $ vault snapshot --stdin --name a.txt/b < /dev/null
    ! vault: "a.txt" is not a directory
    ! hint: give the path of something in a directory, or of the file itself
    [2]
    $ vault snapshot --stdin --name ../b < /dev/null
    ! vault: $BASE/b lies outside $DIR, the folder of the vault
    ! hint: name paths of one vault, or the vault with --vault
    [2]
    $ vault snapshot --stdin --name b a.txt < /dev/null
    ! vault: a snapshot of standard input takes no PATH
    ! hint: say where it goes with --name
    [2]
  `);
  assert.is(session.run('vault snapshot --stdin').code, 2);
  const big = Buffer.alloc(5_000_000, 'all work and no play ');
  session.run('vault snapshot --stdin --name big', { input: big });
  assert.is(
    session.run('vault cat HEAD:big | sha256sum').stdout,
    session.run('sha256sum', { input: big }).stdout,
  );
});

test('a stream gets a tag, too', () => {
  const session = thesis();
  session.expect(`
    $ vault -q tag taken HEAD 2> /dev/null || vault -q snapshot --tag taken > /dev/null
    $ echo x | vault -q snapshot --stdin --name x --tag dump
    <id:1>
    $ vault rev-parse dump
    <id:1>
    $ echo y | vault snapshot --stdin --name x --tag taken 2>&1 | sed 's/names [0-9a-f]*;/names …;/'
    vault: tag taken exists and names …; no snapshot was taken
    hint: use another name, or remove it first: \`vault tag --delete taken\`
    $ vault rev-parse HEAD
    <id:1>
  `);
});

test('named through symlinks', () => {
  const session = startSession();
  session.write('data/thesis/a.txt', 'hello\n');
  session.run('ln -s data/thesis link; vault init data/thesis');
  session.expect(`
    $ vault snapshot link
    main <id:1>  1 file  6 bytes  new 6 bytes in <duration>
    $ vault snapshot link/a.txt
    main <id:2>  1 file  6 bytes  new 0 bytes in <duration>
    $ vault --vault link snapshot data/thesis/a.txt
    main <id:3>  1 file  6 bytes  new 0 bytes in <duration>
    $ vault --vault data/thesis log link/a.txt
       1  <time>  <id:1>  A      6 bytes  -rw-r--r--  <id:4>
    $ vault -C link show HEAD:./a.txt
    hello
  `);
});

test('what cannot be read keeps its last version, is listed, and gives 3', () => {
  const session = thesis();
  session.run('vault snapshot');
  session.write('secret', 'x');
  chmodSync(path.join(session.folder, 'secret'), 0);
  chmodSync(path.join(session.folder, 'figures'), 0);
  session.expect(
    `
    $ vault snapshot
    main <id:1>  3 files  21 bytes  new 0 bytes in <duration>
    ! vault: warning: figures could not be read: permission denied
    ! vault: warning: secret could not be read: permission denied
    [3]
    $ vault ls -r
    a.txt
    figures/
    figures/plot.csv
    notes
  `,
    { unprivileged: true },
  );
});

test('a read-only vault', () => {
  const session = thesis();
  session.run('vault snapshot');
  session.run('chmod -R a-w .vault');
  session.expect(
    `
    $ vault snapshot
    ! vault: the vault $DIR/.vault cannot be written
    ! hint: it can be listed and restored from; to write, be the user who owns it, on a file system that is mounted read-write
    [5]
  `,
    { unprivileged: true },
  );
});

test('names that are not UTF-8', () => {
  const session = startSession();
  session.expect(`
    $ printf hello > "$(printf 'caf\\351')"
    $ vault snapshot --init "$(printf 'caf\\351')"
    main <id:1>  1 file  5 bytes  new 5 bytes in <duration>
    ! made a vault in $DIR/.vault
    $ vault ls
    "caf\\351"
    $ vault snapshot --exclude "$(printf '*\\351')"
    main <id:2>  0 files  0 bytes  new 0 bytes in <duration>
    ! left out: 1 by rule
  `);
});

test('progress as JSON lines', () => {
  const session = thesis();
  const { stderr, stdout } = session.run('vault -q snapshot --progress=json');
  assert.match(stdout, /^[0-9a-f]{64}\n$/);
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(lines.length > 0);
  const last = lines.findLast(({ phase }) => phase === 'scan');
  assert.is(last.files, 3);
  assert.is(last.bytes, 21);
  assert.is(last.new_bytes, 21);
});

test('links, to names and to files', () => {
  const session = thesis();
  symlinkSync('a.txt', path.join(session.folder, 'link'));
  session.run('ln notes hard');
  session.run('vault snapshot');
  assert.match(session.run('vault ls -l').stdout, /link -> a\.txt\n/);
  assert.ok(readdirSync(path.join(session.folder, '.vault/objects')).length > 0);
});

test('an empty path, as of a variable that was never set, is no folder', () => {
  const session = startSession();
  session.write('a.txt', 'a');
  session.run('vault snapshot --init');
  session.expect(`
    $ vault restore --to '' --replace
    ! vault: an empty path names nothing
    ! hint: write . for the current folder
    [2]
    $ vault write-tree ''
    ! vault: "" is no folder that can be read
    ! hint: nothing was stored
    [2]
    $ vault snapshot ''
    ! vault: an empty path names nothing
    ! hint: write . for the current folder
    [2]
    $ vault restore --to ../x --artifacts ''
    ! vault: an empty path names nothing
    ! hint: write . for the current folder
    [2]
  `);
});

test.run();
