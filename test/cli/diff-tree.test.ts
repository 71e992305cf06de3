/** @time-limit 300
 * `diff-tree`: git's lines. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSession } from './golden.ts';

const HELLO = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';
const ZERO = '0'.repeat(64);

test('forms of a line', () => {
  const session = startSession({ keep: [HELLO, ZERO] });
  session.write('sub/a', 'hello\n');
  session.write('gone', 'hello\n');
  session.run('vault snapshot --init');
  session.write('sub/new\nline', 'hello\n');
  session.run('rm gone; chmod 755 sub/a; vault snapshot');
  session.expect(`
    $ vault diff-tree HEAD~1 HEAD
    :100644 000000 ${HELLO} ${ZERO} D	gone
    :040755 040755 <id:1> <id:2> M	sub
    $ vault diff-tree -r HEAD
    <id:3>
    :100644 000000 ${HELLO} ${ZERO} D	gone
    :100644 100755 ${HELLO} ${HELLO} M	sub/a
    :000000 100644 ${ZERO} ${HELLO} A	"sub/new\\nline"
    $ vault diff-tree -t --name-status --no-commit-id HEAD -- sub
    M	sub
    M	sub/a
    A	"sub/new\\nline"
    $ vault diff-tree -r -z --name-only HEAD sub | tr '\\0\\n' ';+'
    <id:3>;sub/a;sub/new+line;
    \\ no newline
    $ vault diff-tree -r -z HEAD~1 HEAD gone | tr '\\0' ';'
    :100644 000000 ${HELLO} ${ZERO} D;gone;
    \\ no newline
    $ vault diff-tree --exit-code --json-lines HEAD~1 HEAD gone | wc -l
    1
    $ vault diff-tree --exit-code HEAD~1 HEAD gone > /dev/null
    [1]
    $ vault diff-tree --exit-code HEAD~1 HEAD none
    $ vault diff-tree -r --name-only HEAD~1 HEAD ./gone sub/../sub/a
    gone
    sub/a
    $ cd sub && vault diff-tree --name-only HEAD~1 HEAD .
    gone
    sub
    $ vault diff-tree HEAD~1 HEAD ../sub
    ! vault: ../sub lies outside the tree
    ! hint: paths count from the top of the tree
    [2]
    $ vault diff-tree HEAD:sub
    ! vault: HEAD:sub is not a snapshot, which has a parent to compare it with
    ! hint: name two trees
    [2]
    $ vault diff-tree
    ! vault: name one snapshot, or two trees
    [2]
  `);
  const document = session.json('vault diff-tree --json HEAD gone') as {
    snapshot: string;
    changes: { letter: string }[];
  };
  assert.equal([document.snapshot.length, document.changes.map(({ letter }) => letter)], [64, ['D']]);
});

test.run();
