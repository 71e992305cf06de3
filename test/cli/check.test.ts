/** @time-limit 240 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSession } from './golden.ts';

interface Finding {
  kind: string;
  damage: boolean;
  object?: { id: string; type: string };
  files?: { path: string; snapshots: string[]; snapshot_count: number }[];
}

test('sound, compared with a folder, damaged', () => {
  const session = startSession();
  session.write('a.txt', 'hello\n');
  session.write('../copy/a.txt', 'hello\n');
  session.run('vault snapshot --init');
  session.expect(
    `
    $ vault check --quick 2>&1 | sed -E "$SIZES"
    no damage found: 2 packs, 3 objects, SIZE, 1 ref
    $ vault check 2>&1 | sed -E "$SIZES"
    no damage found: 2 packs, 3 objects, SIZE, 1 ref, 1 snapshot
    $ vault check --read-data 2>&1 | sed -E "$SIZES"
    no damage found: 2 packs, 3 objects, SIZE, 1 ref, 1 snapshot, 2 packs (SIZE) read whole
    $ vault check --read-data=0%
    ! vault: --read-data=0%: give a percentage above 0, up to 100%
    [2]
    $ vault check --against ../copy
    ! no damage found: 3 objects read, 0 differences
    $ echo other > ../copy/a.txt; vault check --against ../copy
    M	a.txt
    ! no damage found: 3 objects read, 1 difference
    [1]
    $ vault check --against nosuch
    ! vault: the folder "$DIR/nosuch" cannot be read: no such file or directory
    ! hint: check that it is there, and mounted
    [2]
  `,
    { env: { SIZES: 's/[0-9.]+ (bytes|kB)/SIZE/g' } },
  );
  const sound = session.json('vault check --json');
  assert.is(sound.sound, true);
  assert.equal(sound.findings, []);
  session.run('chmod -R u+w .vault && grep -la hello -r .vault/objects | xargs rm');
  const { code, stdout } = session.run('vault check --json');
  assert.is(code, 4, stdout);
  const { sound: isSound, findings } = JSON.parse(stdout) as { sound: boolean; findings: Finding[] };
  assert.is(isSound, false);
  const [lost] = findings.filter(({ damage }) => damage);
  assert.is(lost?.kind, 'missing');
  assert.is(lost?.object?.type, 'chunk');
  assert.equal(
    lost?.files?.map(({ path, snapshot_count }) => [path, snapshot_count]),
    [['a.txt', 1]],
  );
  assert.match(
    session.run('vault check').stdout,
    /missing [0-9a-f]{64}: .*\n {2}"?a\.txt"? in [0-9a-f]{8}\n/,
  );
});

test('--against: what cannot be read on the disk is named, and is no difference', () => {
  const session = startSession();
  for (const name of ['a.txt', 'closed/b.txt', 'secret']) {
    session.write(name, `${name}\n`);
    session.write(`../copy/${name}`, `${name}\n`);
  }
  session.run('vault snapshot --init && chmod 0 ../copy/closed ../copy/secret');
  const { code, stdout } = session.run('vault check --against ../copy --json', { unprivileged: true });
  assert.is(code, 3, stdout);
  const { difference_count, problem_count, problems, warnings } = JSON.parse(stdout);
  assert.equal([difference_count, problem_count], [0, 2]);
  assert.equal(problems.map((problem: { path: string }) => problem.path).sort(), ['closed', 'secret']);
  assert.match(warnings.join('\n'), 'closed could not be read: permission denied');
  session.run('rm ../copy/a.txt');
  const other = session.run('vault check --against ../copy', { unprivileged: true });
  assert.equal([other.code, other.stdout], [1, 'D\ta.txt\n']);
  assert.match(other.stderr, '1 difference, 2 could not be read on disk');
});

test('a revision without --against is refused: it would not be what is checked', () => {
  const session = startSession();
  session.run('vault snapshot --init');
  session.expect(`
    $ vault check HEAD
    ! vault: REV goes with --against only: the vault is checked as a whole
    ! hint: leave out REV, or name the folder to compare it with
    [2]
  `);
});

test.run();
