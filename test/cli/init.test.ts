import { lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSession } from './golden.ts';

test('in the folder itself, once and again', () => {
  const session = startSession();
  session.expect(`
    $ vault init
    ! made a vault in $DIR/.vault
    ! next: vault snapshot -m "first"
    $ vault init
    ! the vault was there already: $DIR/.vault
    ! next: vault snapshot -m "first"
    $ vault -q init
    $ vault init new/folder
    ! made a vault in $DIR/new/folder/.vault
    ! next: vault -C $DIR/new/folder snapshot -m "first"
  `);
  assert.is(lstatSync(path.join(session.folder, '.vault')).mode & 0o777, 0o700);
  assert.is(lstatSync(path.join(session.folder, '.vault/config')).mode & 0o777, 0o400);
});

test('where no modes are kept it says once that others may open the store', () => {
  const session = startSession();
  const noModes = path.resolve(import.meta.dirname, '../store/no-modes-here.ts');
  session.expect(`
    $ umask 022; NODE_OPTIONS="--import ${noModes}" vault init
    ! vault: warning: others may open $DIR/.vault: its file system keeps no modes; whom it lets in is decided where it is mounted
    ! made a vault in $DIR/.vault
    ! next: vault snapshot -m "first"
    $ NODE_OPTIONS="--import ${noModes}" vault init
    ! the vault was there already: $DIR/.vault
    ! next: vault snapshot -m "first"
  `);
});

test('at a store, with a link in the folder', () => {
  const session = startSession();
  session.expect(`
    $ vault init photos --store store --line laptop/photos
    ! made a vault in $DIR/store
    ! $DIR/photos is kept in it as line laptop/photos
    ! next: vault -C $DIR/photos snapshot -m "first"
    $ cat photos/.vault
    store = "$DIR/store"
    line = "laptop/photos"
    $ vault init docs --store store --line laptop/docs
    ! the vault was there already: $DIR/store
    ! $DIR/docs is kept in it as line laptop/docs
    ! next: vault -C $DIR/docs snapshot -m "first"
    $ vault init photos --store elsewhere
    ! vault: $DIR/photos/.vault links to $DIR/store, line laptop/photos; nothing was changed
    ! hint: move it away first, or take snapshots in the vault it belongs to
    [8]
    $ vault init photos
    ! vault: $DIR/photos/.vault links to $DIR/store, line laptop/photos; nothing was changed
    ! hint: move it away first, or take snapshots in the vault it belongs to
    [8]
    $ ls
    docs
    photos
    store
  `);
});

test('--json', () => {
  const session = startSession();
  const document = session.json('vault init --json');
  const { vault_id, ...rest } = document;
  assert.match(vault_id as string, /^[0-9a-f]{64}$/);
  assert.equal(rest, {
    schema: 'vault/init/1',
    store: path.join(session.folder, '.vault'),
    folder: session.folder,
    line: 'main',
    created: true,
    warnings: [],
  });
  assert.is(session.json('vault init --json').created, false);
});

test('--shared is for the group', () => {
  const session = startSession();
  session.run('vault init --shared');
  assert.is(lstatSync(path.join(session.folder, '.vault')).mode & 0o070, 0o070);
});

test('what is in the way is left alone', () => {
  const session = startSession();
  session.write('mine/.vault/diary.txt', 'dear diary\n');
  session.write('plain', 'a file\n');
  session.write('linked/.vault', 'no link at all\n');
  mkdirSync(path.join(session.folder, 'full'));
  session.write('full/a', '');
  symlinkSync('nowhere', path.join(session.folder, 'dangling'));
  session.run('mkdir waiting && mkfifo waiting/.vault');
  session.expect(`
    $ vault init mine
    ! vault: cannot make a store of $DIR/mine/.vault: it is not empty
    ! hint: name a folder that is empty or does not exist yet
    [8]
    $ vault init plain
    ! vault: $DIR/plain is not a folder
    ! hint: name a folder to keep
    [8]
    $ vault init linked
    ! vault: $DIR/linked/.vault is there already; nothing was changed
    ! hint: move it away first, or take snapshots in the vault it belongs to
    [8]
    $ vault init waiting --store store
    ! vault: $DIR/waiting/.vault is there already; nothing was changed
    ! hint: move it away first, or take snapshots in the vault it belongs to
    [8]
    $ vault init docs --store full
    ! vault: cannot make a store of $DIR/full: it is not empty
    ! hint: name a folder that is empty or does not exist yet
    [8]
    $ vault init docs --store plain/store
    ! vault: cannot make a store of $DIR/plain/store: it or a part of its path is a file
    ! hint: name a folder that is empty or does not exist yet
    [8]
  `);
  assert.is(readFileSync(path.join(session.folder, 'mine/.vault/diary.txt'), 'utf8'), 'dear diary\n');
});

test('a link that a full disk does not take is not left behind in part', () => {
  const session = startSession();
  session.run('vault init other --store store');
  const { stderr } = session.run('(ulimit -f 0; vault init docs --store store) 2>&1 | cat >&2');
  assert.match(stderr, /^vault: cannot write .*docs\/\.vault: EFBIG/);
  assert.is(session.run('vault init docs --store store').code, 0);
});

test('an empty path is not the current folder', () => {
  const session = startSession();
  session.expect(`
    $ vault init ""
    ! vault: an empty path names nothing
    ! hint: write . for the current folder
    [2]
    $ vault init here --store ""
    ! vault: an empty path names nothing
    ! hint: write . for the current folder
    [2]
    $ ls -A
  `);
});

test('usage', () => {
  const session = startSession();
  session.expect(`
    $ vault init --store s3://bucket/prefix
    ! vault: s3://bucket/prefix: only stores in folders are supported
    ! hint: name a folder
    [2]
    $ vault init --store store --line 'no good'
    ! vault: "no good" cannot be a line: it holds a space
    ! hint: use letters, digits, and - . _ / between them
    [2]
    $ vault init a b
    ! vault: too many operands: 1 more than vault init takes
    ! hint: see "vault help init"
    [2]
    $ vault init "$(printf 'caf\\351')"
    ! vault: "$DIR/caf\\351": a vault cannot be made where a name is not UTF-8
    ! hint: make it in a folder above, or rename the folder
    [2]
  `);
  assert.is(session.run('vault init --line x').code, 2, '--line needs --store');
});

test('messages of a store with one line, of a link that was copied, and of a vault without snapshots', () => {
  const session = startSession();
  session.write('linked/a.txt', 'one\n');
  session.runAll(['vault init linked --store store --line laptop/docs', 'vault -C linked snapshot']);
  session.run('mkdir elsewhere empty && cp linked/.vault elsewhere && vault init empty');
  session.expect(`
    $ vault --vault store log
    ! vault: HEAD names no line here; the vault has laptop/docs
    ! hint: name the line, or work from its folder
    [2]
    $ vault -C elsewhere status
    ! vault: line laptop/docs is the history of "$DIR/linked", not of "$DIR/elsewhere"; nothing was changed
    ! hint: if it is the same folder, moved, run \`vault snapshot --line laptop/docs\`; --line NEW-NAME begins a line of its own
    [8]
    $ vault -C elsewhere snapshot -q --line laptop/docs > ../id && vault -C elsewhere status
    ! nothing has changed since laptop/docs <id:1>
    $ vault -C linked rev-parse HEAD@{2}
    ! vault: "HEAD@{2}": refs/heads/laptop/docs has only 1 earlier value
    ! hint: \`vault reflog refs/heads/laptop/docs\` lists its values
    [1]
    $ vault -C empty forget --keep-last 1
    ! vault: line main has no snapshot yet
    ! hint: take one with \`vault snapshot\`
    [1]
    $ vault -C empty snapshot -q > ../id && vault -C empty rebuild-index
    ! the index is made of 1 pack
  `);
});

test.run();
