/** @time-limit 240 */
import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preparedSession, type Session } from './golden.ts';

/** Two snapshots, and a third state on disk. */
const history = preparedSession((session) => {
  session.write('a.txt', 'one\n');
  session.write('docs/b.txt', 'b\n');
  utimesSync(path.join(session.folder, 'a.txt'), 1_000_000_000, 1_000_000_000);
  chmodSync(path.join(session.folder, 'a.txt'), 0o640);
  session.run('vault snapshot --init');
  session.write('a.txt', 'two\n');
  session.run('vault snapshot');
});

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

test('--replace --dry-run says what gives way, and where it would be kept', () => {
  const session = history();
  session.run('vault restore HEAD --to ../old');
  session.write('new', 'not in any snapshot\n');
  session.expect(`
    $ vault restore HEAD~1 --to ../old --replace --dry-run
    would restore 2 files  6 bytes to ../old
    what is there would be exchanged as a whole, and kept in ../.vault_restore_previous_old_<run>
    $ vault restore HEAD~1 --replace --dry-run
    would restore 2 files  6 bytes to $DIR
    what is there would be exchanged name by name, and kept in .vault_restore_previous_work_<run>
    $ vault restore HEAD~1 --to ../old --conflict overwrite --dry-run
    would restore 1 file  4 bytes to ../old
      1 replaced, 1 the same
    what is replaced or taken away would be kept in ../.vault_restore_previous_old_<run>
    $ vault restore HEAD~1:a.txt --in-place --dry-run
    would restore a.txt
    what is there would be kept in .vault_restore_previous_a.txt_<run>
    $ mkdir ../empty && vault restore HEAD~1 --to ../empty --replace --dry-run
    would restore 2 files  6 bytes to ../empty
  `);
  const { run, way, previous, changes, plan } = session.json(
    'vault restore HEAD~1 --to ../old --replace --dry-run --json',
  );
  assert.equal([way, changes], ['swap', 0]);
  assert.is(path.basename(previous as string), `.vault_restore_previous_old_${run}`);
  const actions = { create: 3, replace: 1, keep: 0, same: 0, beside: 0, delete: 0 };
  assert.equal((plan as { actions: object }).actions, actions);
  const here = session.json('vault restore HEAD~1 --replace --dry-run --json');
  assert.is(here.way, 'entries');
  assert.equal((here.plan as { actions: object }).actions, { ...actions, create: 1, replace: 2, delete: 1 });
  const done = session.json('vault restore HEAD~1 --replace --json');
  assert.equal([done.way, done.plan, done.changes], ['entries', here.plan, 3]);
});

test('--no-metadata', () => {
  const session = history();
  session.run('vault restore HEAD~1 --to ../bare --no-metadata');
  const { mode, mtimeMs } = lstatSync(path.join(session.folder, '../bare/a.txt'));
  assert.is(mode & 0o777, 0o644);
  assert.ok(mtimeMs > 1_500_000_000_000);
});

test('--json', () => {
  const session = history();
  const document = session.json('vault restore HEAD~1:a.txt --to ../json.txt --json');
  assert.is(document.schema, 'vault/restore/1');
  assert.is(document.outcome, 'restored');
  assert.match(document.destination as string, /\/json\.txt$/);
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
  const strict = session.run('vault restore HEAD~1 --to ../strict --strict', { unprivileged: true });
  const plain = session.run('vault restore HEAD~1 --to ../plain --strict --no-owner', { unprivileged: true });
  assert.is(strict.code, process.getuid?.() === 0 ? 3 : 0);
  assert.is(plain.code, 0);
  assert.match(stdout, /^restored 2 files/);
  if (process.getuid?.() === 0) {
    assert.match(stderr, /^vault: warning: owner: not restored for \d+ names \(EPERM\)/);
  }
});

test('contents that are missing: what there is, unless all or nothing is asked for or something is there', () => {
  const session = history();
  const oldest = session.run('ls -tr $(find .vault/objects -type f) | head -n 1').stdout.trim();
  session.run(`mv ${oldest} ../gone.pack`);
  const part = session.run('vault restore HEAD~1 --to ../old');
  assert.is(part.code, 3);
  assert.match(
    part.stdout,
    /^restored \d of 2 files {2}\d bytes of 6 bytes to \.\.\/old in .*\nNOT WHOLE: \d names? left out \(content missing: \d\)\n$/,
  );
  assert.match(part.stderr, /^vault: warning: a\.txt: /m);
  assert.match(
    part.stderr,
    /^vault: warning: content missing: \d names? left out \(MISSING_OBJECT\), for one a\.txt$/m,
  );
  assert.is(part.stderr.includes('\n    at '), false);
  assert.is(existsSync(path.join(session.folder, '../old/docs')), true);

  const again = session.run('vault restore HEAD~1 --to ../again --json');
  assert.is(again.code, 3);
  const { failures, failure_count, left_out, artifacts } = JSON.parse(again.stdout);
  assert.is(failure_count, failures.length);
  assert.equal(
    left_out.map(({ what, count }: { what: string; count: number }) => [what, count]),
    [['content missing', failure_count]],
  );
  const plan = readFileSync(path.join(artifacts, 'restore_plan.json'), 'utf8');
  assert.is(JSON.parse(plan).options.partial, true);
  assert.match(
    session.run('vault restore --list').stdout,
    /\(not whole: \d names? left out, can be undone\)/,
  );
  const [run] = session.json('vault restore --list --json').runs as { left_out: number }[];
  assert.is(run!.left_out, failure_count);

  const refused = session.run('vault restore HEAD~1 --to ../none --no-partial');
  assert.is(refused.code, 4);
  assert.match(refused.stderr, /first a\.txt: .*is untouched\n.*--partial/);
  assert.is(existsSync(path.join(session.folder, '../none')), false);
  const single = session.run('vault restore HEAD~1:a.txt --partial --to ../none');
  assert.is(single.code, 4);

  const replaced = session.run('vault restore HEAD~1 --replace');
  assert.is(replaced.code, 4);
  assert.is(read(session, 'a.txt'), 'two\n');
  assert.is(session.run('vault restore HEAD~1 --replace --partial').code, 3);
});

test('from a vault that may only be read', () => {
  const session = history();
  session.run('chmod -R a-w .vault; chmod u+w ..');
  const { stderr, code } = session.run('vault restore HEAD~1 --to ../old', { unprivileged: true });
  assert.is(code, 0, stderr);
  assert.is(read(session, '../old/a.txt'), 'one\n');
  // The folder that is kept may not be written to either.
  session.run('chmod a-w .');
  const here = session.run('vault restore HEAD~1 --replace', { unprivileged: true });
  session.run('chmod u+w .');
  assert.is(here.code, 5);
  assert.match(
    here.stderr,
    /^vault: cannot restore to \S+: EACCES: permission denied; what was there is untouched\n/,
  );
});

test('a dry run notices what may not be written, as the run would say it', () => {
  const session = history();
  session.run('vault restore HEAD --to ../old; mkdir ../shut ../shut/in; echo mine > ../shut/in/mine');
  const places = '.. . ../old ../shut ../shut/in';
  session.run(`chmod a-w ${places}`);
  const errors = (lines: string[]) => {
    const ways = lines.flatMap((line) => [`vault restore ${line}`, `vault restore ${line} --dry-run`]);
    return session.runAll(ways, { unprivileged: true }).map(({ stderr, code }) => `${stderr}[${code}]`);
  };
  const lines = [
    'HEAD~1 --to ../new',
    'HEAD~1 --to ../shut/a/b/c',
    'HEAD~1 --to ../old --replace',
    'HEAD~1 --to ../shut/in --conflict skip',
    'HEAD~1:a.txt',
  ];
  // A tree that is refused in any case is refused for that.
  const refused = 'HEAD~1 --to ../old';
  const answers = errors([...lines, refused]);
  for (const [i, line] of lines.entries()) {
    const [said, dry] = answers.slice(2 * i);
    assert.match(
      said!,
      /^vault: cannot restore to \S+: EACCES: permission denied; what was .*\n.*--to.*\n\[5\]$/,
    );
    assert.is(dry, said, line);
  }
  const [said, dry] = answers.slice(-2);
  assert.match(said!, /is in use/);
  assert.is(dry, said);
  session.run(`chmod u+w ${places}`);
});

test('a dry run of a merge notices a folder in which it may change nothing, where it would', () => {
  const session = history();
  session.run(
    'vault restore HEAD~1 --to ../part; echo mine > ../part/docs/b.txt; echo mine > ../part/docs/more',
  );
  session.run('mkdir ../part/docs/deep; chmod a-w ../part/docs');
  const refused = [
    'HEAD~1 --conflict overwrite',
    'HEAD~1 --conflict keep-both',
    'HEAD~1 --conflict skip --delete',
  ];
  // What is to stay may be in whatever folder.
  const stays = 'HEAD --conflict skip';
  const lines = [...refused, stays].flatMap((how) => [
    `${how} --to ../part`,
    `${how} --to ../part --dry-run`,
  ]);
  const said = session
    .runAll(
      lines.map((line) => `vault restore ${line}`),
      { unprivileged: true },
    )
    .map(({ stderr, code }) => `${stderr}[${code}]`);
  for (const [i, how] of refused.entries()) {
    const [real, dry] = said.slice(2 * i);
    assert.match(
      real!,
      /^vault: cannot change \S+\/docs\/\S+: EACCES: permission denied; nothing was changed\n.*\[5\]$/s,
    );
    assert.is(dry, real, how);
  }
  assert.equal(said.slice(-2), ['[0]', '[0]']);
  session.run('chmod u+w ../part/docs');
});

test('versions of a file', () => {
  const session = history();
  session.expect(`
    $ vault restore a.txt --version 2 --to ../v2 -q && cat ../v2
    restored ../v2
    one
    $ vault restore a.txt --sha 27dd8ed4 --to ../sha > ../said && cat ../sha
    two
  `);
  const codes: [line: string, code: number][] = [
    ['a.txt --version 3', 1],
    ['a.txt --sha 0000', 1],
    ['a.txt --sha nohex', 2],
    ["a.txt --at '2001-01-01'", 1],
    ['HEAD a.txt --version 1', 2],
    ['HEAD --version 1', 2],
    ['HEAD --replace --conflict skip --to ../v2', 2],
    ['HEAD --delete', 2],
    ['HEAD:a.txt --artifacts dest --to ../art', 2],
  ];
  const ended = session.runAll(codes.map(([line]) => `vault restore ${line}`));
  assert.equal(
    codes.map(([line], i) => [line, ended[i]!.code]),
    codes,
  );
  assert.is(
    session.run("vault restore a.txt --at 'now' --to ../now && cat ../now").stdout,
    'restored ../now\ntwo\n',
  );
});

test('selections: paths, patterns, standard input', () => {
  const session = history();
  const found = (folder: string): string =>
    session.run(`cd ${folder} && find . -type f`).stdout.trim().split('\n').sort().join(' ');
  const selections = [
    ['HEAD docs a.txt', './a.txt ./docs/b.txt'],
    ['HEAD docs', './b.txt'],
    ["HEAD --exclude '*.txt' --include docs", ''],
    ['HEAD --exclude docs', './a.txt'],
  ];
  const done = session.runAll(selections.map(([line], i) => `vault restore ${line} --to ../sel-${i}`));
  for (const [i, [line, files]] of selections.entries()) {
    assert.is(done[i]!.code, 0, done[i]!.stderr);
    assert.is(found(`../sel-${i}`), files, line);
  }
  const names = (line: string, input: string) => {
    const { code, stderr } = session.run(`rm -rf ../sel; vault restore ${line} --to ../sel`, { input });
    assert.is(code, 0, stderr);
    return found('../sel');
  };
  assert.is(names('--stdin -z', 'docs/b.txt\0'), './docs/b.txt');
  assert.is(names('HEAD docs docs/b.txt --stdin', 'a.txt\n'), './a.txt ./docs/b.txt', 'of both');
  assert.is(session.run('vault restore --stdin --to ../none', { input: 'nosuch\n' }).code, 1);
  assert.is(session.run('vault restore --stdin --to ../none').code, 2);
  const nothing = session.run("vault restore HEAD --include '*.nosuch' --to ../none");
  assert.is(nothing.code, 1);
  assert.match(nothing.stderr, /^vault: nothing in what is to be restored matches/);
  assert.is(session.run('ls ../none').code, 2, 'no empty folder is made');
});

test('a merge, its artifacts, the list of runs, and back', () => {
  const session = history();
  session.run('vault restore HEAD~1 --to ../m');
  session.write('../m/mine', 'mine\n');
  const refused = session.run('vault restore HEAD --to ../m --conflict fail');
  assert.is(refused.code, 8);
  assert.match(
    refused.stderr,
    /^vault: one name differs from what is there, first a\.txt; nothing was changed\nhint: .*keep-both/,
  );
  session.expect(`
    $ vault restore HEAD --to ../m --conflict skip
    nothing was changed in ../m
      1 kept, 1 the same
    $ vault restore HEAD --to ../m --conflict skip --dry-run
    nothing would be changed in ../m
      1 kept, 1 the same
    $ vault restore HEAD~1 --to ../m --conflict skip
    nothing differs in ../m
      2 the same
    $ vault restore HEAD~1 --to ../m --conflict overwrite --dry-run
    nothing differs in ../m
      2 the same
  `);
  const dry = session.json(
    'vault restore HEAD --to ../m --conflict overwrite --delete --dry-run --artifacts ../art --json',
  );
  assert.equal((dry.plan as { actions: object }).actions, {
    create: 0,
    replace: 1,
    keep: 0,
    same: 1,
    beside: 0,
    delete: 1,
  });
  assert.is(readdirSync(path.join(session.folder, '../art')).length, 7);
  const merged = session.run('vault restore HEAD --to ../m --conflict overwrite --delete --no-artifacts');
  assert.match(
    merged.stdout,
    /^restored 1 file {2}4 bytes to \.\.\/m in .*\n {2}1 replaced, 1 taken away, 1 the same\nwhat was there is kept in /,
  );
  const runs = session.json('vault restore --list --json').runs as {
    run: string;
    outcome: string;
    undoable: boolean;
    record: string;
  }[];
  assert.is(runs[0]!.outcome, 'restored');
  assert.equal(readdirSync(runs[0]!.record), ['execution_journal.jsonl']);
  assert.match(
    session.run('vault restore --list').stdout,
    new RegExp(`^${runs[0]!.run} {2}restored {2}\\w{8}: {2}.*/m {2}\\(can be undone, previous kept\\)\n`),
  );
  assert.match(
    session.run('vault restore --undo').stdout,
    new RegExp(`^undid ${runs[0]!.run}: 2 names of \\.\\./m put back\n`),
  );
  assert.is(read(session, '../m/a.txt') + read(session, '../m/mine'), 'one\nmine\n');
  assert.is(session.run(`vault restore --undo ${runs[0]!.run}`).code, 8);
  assert.is(session.run('vault restore --prune-previous').code, 8);
  assert.match(session.run('vault restore --prune-previous --yes').stdout, /^(removed .*\n)+$/);
  assert.equal(session.json('vault restore --prune-previous --json').removed, []);
  const none = session.run('vault restore --prune-previous');
  assert.equal([none.code, none.stdout], [0, 'nothing is kept of what restores have replaced\n']);
  const journal = path.join(runs[0]!.record, 'execution_journal.jsonl');
  const [head] = readFileSync(journal, 'utf8').split('\n');
  writeFileSync(journal, `${JSON.stringify({ ...JSON.parse(head!), start_time: '1' })}\n`);
  session.run('vault check');
  assert.match(readFileSync(journal, 'utf8'), /"outcome":"failed".*"interrupted":true/);
});

test('what is said of an earlier run, and of a single file, and means nothing there', () => {
  const session = history();
  session.run('vault restore HEAD~1 --to ../undone');
  const lines = ['--undo --to ../other', '--undo --replace', '--list --dry-run', '--list x', '--undo x y'];
  const ended = session.runAll(lines.map((line) => `vault restore ${line}`));
  assert.equal(
    ended.map(({ code }) => code),
    lines.map(() => 2),
  );
  assert.ok(existsSync(path.join(session.folder, '../undone')));
  session.expect(`
    $ vault restore HEAD:a.txt --conflict overwrite
    ! vault: a conflict policy is for the names in a folder, and "a.txt" is none
    ! hint: replace what is there with --in-place, or with --to and --replace; it is kept
    [2]
    $ vault restore HEAD:a.txt --exclude '*' --to ../excluded
    ! vault: a selection is made in a folder, and "a.txt" is none
    ! hint: leave out what selects, or name the folder
    [2]
  `);
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
