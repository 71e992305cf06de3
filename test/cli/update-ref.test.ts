/** @time-limit 300
 * `update-ref`: git's grammar, its refusals, and nothing half written. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { preparedSession } from './golden.ts';

const ZERO = '0'.repeat(64);

const twice = preparedSession(
  (session) => {
    session.write('a.txt', 'hello\n');
    session.runAll(['vault snapshot --init -m first', 'vault snapshot -m second']);
  },
  { keep: [ZERO] },
);

test('one ref', () => {
  const session = twice();
  session.expect(`
    $ vault update-ref -m back refs/heads/main HEAD~1 HEAD
    $ vault rev-parse HEAD main@{1}
    <id:1>
    <id:2>
    $ vault update-ref HEAD main@{1} main@{1}
    ! vault: refs/heads/main names <id:1>, not <id:2>; nothing was changed
    ! hint: look at what is there now and try again
    [7]
    $ vault update-ref HEAD main@{1} main
    $ vault update-ref refs/tags/t HEAD:a.txt ${ZERO}
    $ vault update-ref refs/tags/t HEAD ''
    ! vault: refs/tags/t names <id:3>, and must not exist; nothing was changed
    ! hint: look at what is there now and try again
    [7]
    $ vault cat t
    hello
    $ vault update-ref -d refs/tags/t HEAD:a.txt && vault update-ref -d refs/tags/t
    $ vault show-ref --tags
    [1]
    $ vault update-ref refs/heads/other HEAD:
    ! vault: refs/heads/other is a line, which names snapshots only, and <id:4> is a tree
    [2]
    $ vault update-ref main HEAD
    ! vault: "main" cannot be a ref: a whole name is refs/heads/… for a line, refs/tags/… for a tag, refs/<namespace>/… for others
    ! hint: write refs/heads/NAME or refs/tags/NAME, of letters, digits, and - . _ / between them
    [8]
    $ vault update-ref "$(printf 'refs/tags/a\\nb')" HEAD
    ! vault: "refs/tags/a\\nb" cannot be a ref: it holds a control or invisible character
    ! hint: write refs/heads/NAME or refs/tags/NAME, of letters, digits, and - . _ / between them
    [8]
    $ vault update-ref refs/tags/x none
    ! vault: "none" names nothing: no tag, line or id is "none"
    ! hint: \`vault log\` lists the snapshots, \`vault tag --list\` the tags
    [1]
    $ vault update-ref refs/tags/x
    ! vault: say REF NEW [OLD], -d REF [OLD], or --stdin
    [2]
  `);
  const { refs } = session.json('vault update-ref --json refs/tags/x HEAD') as { refs: object[] };
  const id = session.run('vault rev-parse HEAD').stdout.trim();
  assert.equal(refs, [{ ref: 'refs/tags/x', old: null, new: id, changed: true }]);
});

test('--stdin', () => {
  const session = twice();
  session.expect(`
    $ printf 'create refs/tags/a HEAD\\nupdate refs/tags/b "main@{1}" ${ZERO}\\nverify HEAD main\\n' | vault update-ref --stdin
    $ printf 'update refs/tags/b\\0HEAD\\0main@{1}\\0delete refs/tags/a\\0\\0create refs/tags/c\\0HEAD~1\\0' | vault update-ref --stdin -z
    $ vault update-ref --stdin < /dev/null
    $ vault show-ref
    <id:1> refs/heads/main
    <id:1> refs/tags/b
    <id:2> refs/tags/c
    $ printf 'delete refs/tags/b\\ncreate refs/tags/c HEAD\\n' | vault update-ref --stdin
    ! vault: line 2: refs/tags/c names <id:2>, and must not exist; nothing was changed
    ! hint: look at what is there now and try again
    [7]
    $ printf 'delete refs/tags/b\\nrubbish\\n' | vault update-ref --stdin
    ! vault: line 2, "rubbish": it begins with none of update, create, delete, verify, start, prepare, commit, abort
    ! hint: nothing was changed
    [2]
    $ printf 'create refs/tags/x\\0abcd' | vault update-ref --stdin -z
    ! vault: standard input ends within "abcd": its last NUL is missing
    ! hint: what made it may have been cut off; nothing was changed
    [2]
    $ vault show-ref --tags -s
    <id:1>
    <id:2>
  `);
});

test('--stdin with transactions', () => {
  const session = twice();
  session.expect(`
    $ printf 'start\\ncreate refs/tags/a HEAD\\nprepare\\ncommit\\nstart\\ncreate refs/tags/b HEAD\\nabort\\n' | vault update-ref --stdin
    start: ok
    prepare: ok
    commit: ok
    start: ok
    abort: ok
    $ printf 'start\\0create refs/tags/c\\0HEAD\\0' | vault update-ref --stdin -z
    start: ok
    $ vault show-ref --tags
    <id:1> refs/tags/a
    $ printf 'delete refs/tags/a\\ncommit\\nupdate refs/tags/d HEAD\\n' | vault update-ref --stdin
    commit: ok
    ! vault: line 3, "update refs/tags/d HEAD": the transaction has ended: begin with start
    ! hint: what was committed before stays
    [2]
    $ printf 'start\\nstart\\n' | vault update-ref --stdin
    start: ok
    ! vault: line 2, "start": the transaction has begun already
    ! hint: nothing was changed
    [2]
    $ printf 'start\\ncreate refs/tags/e HEAD\\nverify HEAD HEAD~1\\nprepare\\n' | vault update-ref --stdin
    start: ok
    ! vault: line 3: refs/heads/main names <id:1>, not <id:2>; nothing was changed
    ! hint: look at what is there now and try again
    [7]
    $ vault show-ref --tags
    [1]
  `);
  // A script that waits for each answer.
  session.write(
    'ask.sh',
    `mkfifo in out
vault update-ref --stdin < in > out &
exec 3> in 4< out
for line in start 'create refs/tags/w HEAD' prepare commit; do
  echo "$line" >&3
  case $line in create*) ;; *) read -r answer <&4; echo "got $answer" ;; esac
done
exec 3>&-
wait $!
`,
  );
  session.expect(`
    $ sh ask.sh && vault show-ref --tags
    got start: ok
    got prepare: ok
    got commit: ok
    <id:1> refs/tags/w
  `);
  const { refs } = session.json(
    "printf 'start\nupdate refs/tags/j HEAD\ncommit\n' | vault update-ref --stdin --json",
  );
  assert.equal(
    (refs as { ref: string }[]).map(({ ref }) => ref),
    ['refs/tags/j'],
  );
});

test.run();
