/** @time-limit 240 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preparedSession, startSession } from './golden.ts';

test('gc frees what was forgotten, says so, and brings it back', () => {
  const session = startSession();
  session.write('a.txt', 'one\n');
  session.run('vault snapshot --init -m one && echo two > a.txt && vault snapshot -m two');
  const first = session.run('vault rev-parse HEAD~1').stdout.trim();
  session.expect(`
    $ vault gc
    ! nothing to remove
    $ vault gc --dry-run | head -1
    nothing to remove
    $ vault forget --keep-last 1 --apply -q
    $ vault gc --dry-run | head -1
    not in use: 1 pack, 158 bytes
    $ vault gc
    ! removed 1 pack, 158 bytes
    $ ls .vault/trash/*/* | wc -l
    1
    $ vault check -q
    $ vault cat ${first}:a.txt 2>&1 | sed 's/on 20[-0-9]*,/on <date>,/'
    vault: snapshot <id:1> was forgotten on <date>, and gc has removed object <id:2>
    hint: \`vault gc --undelete <id:1>\` brings it back; what gc removes lies in the trash for 7 days
  `);
  const { undeleted } = session.json(`vault gc --undelete ${first} --json`) as {
    undeleted: { id: string; type: string; bytes: number }[];
  };
  assert.is(undeleted.length, 1);
  assert.equal([undeleted[0]!.id, undeleted[0]!.type], [first, 'snapshot']);
  assert.ok(undeleted[0]!.bytes > 0);
  session.expect(`
    $ vault cat HEAD~1:a.txt
    one
    $ vault gc --undelete ${'0'.repeat(64)}
    ! vault: object <id:3> is neither in the vault nor in its trash
    ! hint: what gc removes lies in the trash for 7 days
    [1]
  `);
  const { state, plan } = session.json('vault gc --json') as { state: string; plan: { condemned: object[] } };
  assert.equal([state, plan.condemned], ['idle', []]);
  assert.is(typeof session.json('vault gc --dry-run --json').live_objects, 'number');
  const pack = '$(echo HEAD:a.txt | vault cat-object --batch-check="%(pack)")';
  session.run(`chmod -R u+w .vault && rm .vault/objects/*/*/${pack}`);
  session.expect(`
    $ vault gc 2>&1 | sed 's/[0-9a-f]*…/ID/'
    vault: an object that is in use lies in no pack, ID; gc stops
    hint: run \`vault check\` to see what is affected; nothing was removed
  `);
});

/** Two snapshots of which the first is forgotten; both have `same`. With more files its tree is most of its pack, which goes then. */
const halfForgotten = preparedSession((session) => {
  for (const name of 'bcdefghijklm') session.write(name, 'x\n');
  session.write('a.txt', 'one\n');
  session.write('same', 'same\n');
  session.run('vault snapshot --init -m one && echo two > a.txt && vault snapshot -m two');
  session.run(
    'vault rev-parse HEAD~1 > ../first && vault forget --keep-last 1 --apply -q && vault gc --force',
  );
});

test('what gc has removed with a forgotten snapshot is not there, and no damage', () => {
  const session = halfForgotten();
  const first = session.run('cat ../first').stdout.trim();
  const asked = [
    `ls ${first}`,
    `ls-tree ${first}`,
    `diff ${first}`,
    `archive --format tar ${first}`,
    `restore --to ../back ${first}`,
    `stats ${first}`,
    `check --against . ${first}`,
    'cat HEAD@{1}:same',
    'show HEAD@{1}:a.txt',
    `cat-object -p ${first}:`,
    `diff ${first} HEAD`,
  ];
  const said = session.runAll(asked.map((words) => `vault ${words}`));
  for (const [i, words] of asked.entries()) {
    const { code, stderr, stdout } = said[i]!;
    assert.equal([words, code, stdout], [words, 1, '']);
    assert.match(stderr, `snapshot ${first.slice(0, 8)} was forgotten on `);
    assert.match(stderr, `vault gc --undelete ${first}`);
  }
  const { error } = JSON.parse(session.run(`vault ls --json ${first}`).stdout) as {
    error: { code: string; exit: number; subject: string; details: { snapshot: string; forgotten: string } };
  };
  assert.equal([error.code, error.exit, error.details.snapshot], ['NOT_FOUND', 1, first]);
  assert.match(error.details.forgotten, /^\d{4}-\d\d-\d\dT/);
  const kept = session.run(`chmod -R u+w .vault && rm -r .vault/trash && vault gc --undelete ${first}`);
  assert.is(kept.code, 1);
  assert.match(kept.stderr, 'hint: the trash has it no longer; ');
  const undone = session.run('vault forget --undo');
  assert.is(undone.code, 1);
  assert.match(undone.stderr, `snapshot ${first.slice(0, 8)} was forgotten on `);
  session.expect(`
    $ echo ${first}:same | vault cat-object --batch-check | sed 's/.*:same/ID:same/'
    ID:same missing
  `);
});

test('where only its contents are gone, a restore of a forgotten snapshot says the same', () => {
  const session = startSession();
  for (let i = 0; i < 60; i++) session.write(`sub/${i}`, 'x\n');
  session.write('big', 'one\n'.repeat(50_000));
  session.run('vault snapshot --init -m one && seq 40000 > big && vault snapshot -m two');
  const first = session.run('vault rev-parse HEAD~1').stdout.trim();
  session.runAll(['vault forget --keep-last 1 --apply -q', 'vault gc --force']);
  assert.match(session.run(`vault ls ${first}`).stdout, 'big', 'its tree lies beside what is kept');
  const ways = ['--to ../back', '--to ../back --no-partial', '--replace'];
  const said = session.runAll(ways.map((how) => `vault restore ${first} ${how}`));
  for (const [i, how] of ways.entries()) {
    const { code, stderr } = said[i]!;
    assert.equal([how, code], [how, 1]);
    assert.match(stderr, `snapshot ${first.slice(0, 8)} was forgotten on `);
  }
  const { code, stdout } = session.run(`vault restore ${first} --to ../back --partial`);
  assert.equal([code, stdout.includes('NOT WHOLE: 1 name left out')], [3, true]);
});

test('forget --undo keeps again what gc has not removed for good, and names the rest', () => {
  const session = halfForgotten();
  const first = session.run('cat ../first').stdout.trim();
  session.run(
    `vault gc --undelete ${first} && echo three > a.txt && vault snapshot && vault forget --keep-last 1 --apply -q`,
  );
  session.run('vault tag held HEAD@{1} && vault gc --force && chmod -R u+w .vault && rm -r .vault/trash');
  const { code, stderr } = session.run('vault forget --undo');
  assert.is(code, 3, stderr);
  assert.match(stderr, `warning: not kept again: snapshot ${first.slice(0, 8)} was forgotten on `);
  assert.match(stderr, ': 1 snapshot kept again\n');
  const again = session.run('vault forget --undo --json');
  assert.equal([again.code, JSON.parse(again.stdout).error.code], [1, 'NOT_FOUND']);
});

test('what a kept snapshot needs, too, is damage', () => {
  const session = halfForgotten();
  const first = session.run('cat ../first').stdout.trim();
  session.run(`vault gc --undelete ${first} && vault forget --undo; vault forget ${first} --apply -q`);
  const pack = '$(echo HEAD:same | vault cat-object --batch-check="%(pack)")';
  session.run(`chmod -R u+w .vault && rm .vault/objects/*/*/${pack}`);
  const { code, stderr } = session.run(`vault cat ${first}:same`);
  assert.is(code, 4);
  assert.match(stderr, 'is in no pack of the vault');
});

test('a vault that cannot be written says that, not which record could not be made', () => {
  const session = startSession();
  session.write('a.txt', 'one\n');
  session.run('vault snapshot --init');
  session.run('chmod -R a-w .vault');
  session.expect(
    `
    $ vault snapshot
    ! vault: the vault $DIR/.vault cannot be written
    ! hint: it can be listed and restored from; to write, be the user who owns it, on a file system that is mounted read-write
    [5]
    $ vault gc
    ! vault: the vault $DIR/.vault cannot be written
    ! hint: it can be listed and restored from; to write, be the user who owns it, on a file system that is mounted read-write
    [5]
  `,
    { unprivileged: true },
  );
  session.run('chmod -R u+w .vault');
});

test.run();
