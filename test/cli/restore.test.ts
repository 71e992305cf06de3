/** @time-limit 240 */
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Session, startSession } from './golden.ts';

/** Two snapshots, and a third state on disk. */
function history(): Session {
  const session = startSession();
  session.write('a.txt', 'one\n');
  session.write('docs/b.txt', 'b\n');
  utimesSync(path.join(session.folder, 'a.txt'), 1_000_000_000, 1_000_000_000);
  chmodSync(path.join(session.folder, 'a.txt'), 0o640);
  session.run('vault snapshot --init');
  session.write('a.txt', 'two\n');
  session.run('vault snapshot');
  return session;
}

const read = (session: Session, name: string): string =>
  readFileSync(path.join(session.folder, name), 'utf8');

test('a file beside the present one, and again', () => {
  const session = history();
  session.expect(`
    $ vault restore HEAD~1:a.txt
    restored a.txt.<id:1>
    $ vault restore HEAD~1:a.txt
    already there: a.txt.<id:1>
    $ vault -C docs restore HEAD~1:../a.txt
    already there: ../a.txt.<id:1>
    $ cat a.txt
    two
  `);
  const [copy] = readdirSync(session.folder).filter((name) => name.startsWith('a.txt.'));
  assert.is(copy, `a.txt.${session.run('printf "one\\n" | sha256sum').stdout.slice(0, 8)}`);
  const { mode, mtimeMs } = lstatSync(path.join(session.folder, copy!));
  assert.is(mode & 0o777, 0o640);
  assert.is(mtimeMs, 1_000_000_000_000);
});

test('a file that is gone goes to its own name', () => {
  const session = history();
  rmSync(path.join(session.folder, 'docs'), { recursive: true });
  session.expect(`
    $ vault restore HEAD:docs/b.txt
    restored docs/b.txt
    $ cat docs/b.txt
    b
    $ vault restore HEAD~1:a.txt --to ../elsewhere/x
    restored ../elsewhere/x
    $ cat ../elsewhere/x
    one
  `);
});

test('--in-place keeps what was there', () => {
  const session = history();
  const { stdout, code } = session.run('vault restore HEAD~1:a.txt --in-place');
  assert.is(code, 0);
  const [first, second] = stdout.split('\n');
  assert.is(first, 'restored a.txt');
  const kept = /^what was there is kept in (\.vault_restore_previous_a\.txt_\S+)$/.exec(second!)![1]!;
  assert.is(read(session, 'a.txt'), 'one\n');
  assert.is(read(session, kept), 'two\n');
  assert.match(session.run('vault status').stdout, /^M a\.txt\n$/, 'what is kept is not stored');
});

test('a whole snapshot elsewhere', () => {
  const session = history();
  session.expect(`
    $ vault restore HEAD~1 --to ../old --dry-run
    would restore 2 files  6 bytes to ../old
    $ vault restore HEAD~1 --to ../old
    restored 2 files  6 bytes to ../old in <duration>
    $ cat ../old/a.txt ../old/docs/b.txt
    one
    b
    $ vault restore HEAD --to ../old
    ! vault: $BASE/old is in use; nothing was changed
    ! hint: replace all that is in it with --replace (it is kept beside it), merge into it with --conflict=<policy>, or restore elsewhere with --to
    [8]
    $ vault restore HEAD:docs --to ../docs-only
    restored 1 file  2 bytes to ../docs-only in <duration>
    $ ls -A ../docs-only
    b.txt
  `);
  const { stdout, code } = session.run('vault restore HEAD --to ../old --replace');
  assert.is(code, 0);
  assert.match(stdout, /\nwhat was there is kept in \.\.\/\.vault_restore_previous_old_/);
  assert.is(read(session, '../old/a.txt'), 'two\n');
});

test('the folder itself: refused, then with --replace', () => {
  const session = history();
  session.write('new', 'not in any snapshot\n');
  session.expect(`
    $ vault restore HEAD~1
    ! vault: $DIR is in use; nothing was changed
    ! hint: replace all that is in it with --replace (it is kept beside it), merge into it with --conflict=<policy>, or restore elsewhere with --to
    [8]
  `);
  const { stdout, code } = session.run('vault restore HEAD~1 --replace');
  assert.is(code, 0);
  const kept = /kept in (\S+)/.exec(stdout)![1]!;
  assert.is(read(session, 'a.txt'), 'one\n');
  assert.is(existsSync(path.join(session.folder, 'new')), false);
  assert.is(read(session, `${kept}/new`), 'not in any snapshot\n');
  assert.is(session.run('vault status').stdout, 'M a.txt\n');
});

test('--no-metadata', () => {
  const session = history();
  session.run('vault restore HEAD~1 --to ../old --no-metadata');
  const { mode, mtimeMs } = lstatSync(path.join(session.folder, '../old/a.txt'));
  assert.is(mode & 0o777, 0o644);
  assert.ok(mtimeMs > 1_500_000_000_000);
});

test('--json', () => {
  const session = history();
  const document = session.json('vault restore HEAD~1:a.txt --json');
  assert.is(document.schema, 'vault/restore/1');
  assert.is(document.outcome, 'restored');
  assert.match(document.destination as string, /\/a\.txt\.[0-9a-f]{8}$/);
  assert.is((document.plan as { files: number }).files, 1);
  assert.is(document.failure_count, 0);
  assert.equal(document.unfaithful, []);
  assert.is(session.json('vault restore HEAD~1 --to ../x --dry-run --json').outcome, 'planned');
});

test('what cannot be set is said, a line a kind', () => {
  const session = history();
  const { stdout, stderr, code } = session.run(
    'chown -R nobody .. ; true; vault restore HEAD~1 --to ../old',
    { unprivileged: true },
  );
  assert.is(code, 0);
  assert.match(stdout, /^restored 2 files/);
  if (process.getuid?.() === 0) {
    assert.match(stderr, /^vault: warning: owner: not restored for \d+ names \(EPERM\)/);
  }
});

test('contents that are missing: refused, then what there is', () => {
  const session = history();
  const oldest = session.run('ls -tr $(find .vault/objects -type f) | head -n 1').stdout.trim();
  session.run(`mv ${oldest} ../gone.pack`);
  const refused = session.run('vault restore HEAD~1 --to ../old');
  assert.is(refused.code, 4);
  assert.is(existsSync(path.join(session.folder, '../old')), false);
  const partial = session.run('vault restore HEAD~1 --to ../old --partial');
  assert.is(partial.code, 3);
  assert.match(partial.stderr, /^vault: warning: a\.txt: /m);
  assert.is(partial.stderr.includes('\n    at '), false);
});

test('from a vault that may only be read', () => {
  const session = history();
  session.run('chmod -R a-w .vault; chmod u+w ..');
  const { stderr, code } = session.run('vault restore HEAD~1 --to ../old', { unprivileged: true });
  assert.is(code, 0, stderr);
  assert.is(read(session, '../old/a.txt'), 'one\n');
});

test('what makes no sense', () => {
  const session = history();
  session.expect(`
    $ vault restore nosuch
    ! vault: "nosuch" names nothing: no tag, line or id is "nosuch"
    ! hint: \`vault log\` lists the snapshots, \`vault tag --list\` the tags
    [1]
    $ vault restore HEAD:nosuch
    ! vault: "nosuch" is not in "HEAD"
    ! hint: \`vault ls REV:\` lists what is, \`vault log FILE\` the versions of a file
    [1]
    $ vault restore HEAD --to a.txt
    ! vault: $DIR/a.txt is there already, and is no folder; nothing was changed
    ! hint: replace it with --replace; it is kept
    [8]
    $ vault restore HEAD:a.txt --to docs/b.txt
    ! vault: $DIR/docs/b.txt is there already; nothing was changed
    ! hint: replace it with --replace; it is kept
    [8]
    $ vault restore HEAD --to .vault/x
    ! vault: $DIR/.vault/x lies in the store of the vault; nothing was changed
    ! hint: restore elsewhere with --to
    [8]
    $ vault restore HEAD:a.txt --to a.txt/x
    ! vault: $DIR/a.txt is not a folder
    ! hint: restore to another place with --to
    [2]
  `);
});

test.run();
