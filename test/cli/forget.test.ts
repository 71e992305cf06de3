/** @time-limit 240 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { policyOf } from '../../src/cli/user-config/retention-policy.ts';
import { startSession } from './golden.ts';

test('a policy of the config in words', () => {
  const { policy, groupBy, message } = policyOf(
    {},
    'keep-daily=7, --keep-tag v*,keep-tag=x keep-within=1y6m group-by=line,host',
  );
  assert.is(policy.daily, 7);
  assert.equal(policy.tags, ['v*', 'x']);
  assert.equal(policy.within, [
    [1, 'year'],
    [6, 'month'],
  ]);
  assert.equal(groupBy, ['line', 'host']);
  assert.is(
    message,
    'by policy: --keep-daily 7 --keep-within 1y6m --keep-tag v* --keep-tag x --group-by line,host',
  );
  assert.is(policyOf({ 'keep-last': '1' }, 'keep-daily=7').policy.daily, undefined, 'options win');
  for (const bad of [
    'keep-daily',
    'keep-daily=7 keep-daily=8',
    'keep-daily=-1',
    'group-by=x',
    'nosuch=1',
    'keep-within=7',
  ]) {
    assert.throws(() => policyOf({}, bad), undefined, bad);
  }
});

test('planned, applied, hidden', () => {
  const session = startSession();
  session.write('a.txt', 'one\n');
  session.run('vault snapshot --init -m first');
  session.write('a.txt', 'two\n');
  session.runAll(['vault snapshot -m second', 'vault snapshot -m third', 'vault tag v1 HEAD~2']);
  session.expect(`
    $ vault forget
    ! vault: the policy has no rule that says what to keep; nothing was dropped
    ! hint: give a rule such as --keep-daily 7 or --max-age 1y, or settle one: vault config set forget keep-daily=7
    [2]
    $ vault forget --keep-last 1
    main
      keep  <id:1>  <time>  newest of main, last  third
      drop  <id:2>  <time>                        second
      keep  <id:3>  <time>  tag v1                first
    ! 1 of 3 snapshots would be forgotten; --apply does it
    $ vault forget --keep-last 1 -z 2>/dev/null | tr '\\n\\0' 'X\\n' | tail -2
      drop  <id:2>  <time>                        second
      keep  <id:3>  <time>  tag v1                first
    $ vault log --oneline | wc -l
    3
    $ vault config set forget keep-last=1
    ! wrote $BASE/home/.config/vault/config.toml
    $ vault forget -q --apply && vault log --oneline
    <id:1> <time> (main) third
    <id:3> <time> (tag: v1) first
    $ vault log --oneline --forgotten
    <id:1> <time> (main) third
    <id:2> <time> (forgotten) second
    <id:3> <time> (tag: v1) first
    $ vault forget --undo
    ! took back what was forgotten by policy: --keep-last 1: 1 snapshot kept again
    $ vault log --oneline | wc -l
    3
    $ vault forget --undo
    ! vault: there is nothing to take back: no snapshot is forgotten
    ! hint: \`vault log\` lists what there is
    [1]
    $ vault forget -q --apply
    $ vault log a.txt
       1  <time>  <id:1>  M      4 bytes  -rw-r--r--  <id:4>
       2  <time>  <id:3>  A      4 bytes  -rw-r--r--  <id:5>
    $ vault forget HEAD
    ! vault: snapshot <id:1> is protected (newest of main); nothing was forgotten
    ! hint: delete the tag, or take a newer snapshot first
    [8]
    $ vault forget HEAD --keep-daily 1
    ! vault: REVs are dropped by name, without a policy
    ! hint: leave out the --keep options, or the REVs
    [2]
    $ vault config set forget keep-dayly=7
    ! vault: "forget" is no policy: "keep-dayly=7" is no option of a policy with a value
    ! hint: for example: vault config set forget keep-within=2d,keep-daily=7,keep-weekly=5,keep-monthly=12
    [2]
  `);
  const { schema, applied, dropped, kept, snapshots } = session.json('vault forget --keep-last 5 --json') as {
    schema: string;
    applied: boolean;
    dropped: number;
    kept: number;
    snapshots: { keep: boolean; reasons: string[]; lines: string[] }[];
  };
  assert.equal(
    { schema, applied, dropped, kept },
    { schema: 'vault/forget/1', applied: false, dropped: 0, kept: 2 },
  );
  assert.equal(snapshots[0]!.reasons, ['newest of main', 'last']);
  assert.equal(snapshots[1]!.lines, ['main']);
});

test.run();
