/** `X:./path` is seen from the current folder, by every command that takes a revision. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSession } from './golden.ts';

test('REV:./path and REV:../path', () => {
  const session = startSession();
  session.write('a.txt', 'one\n');
  session.write('docs/b.txt', 'b\n');
  session.run('vault snapshot --init --tag v1');
  session.expect(`
    $ vault -C docs ls HEAD:.
    b.txt
    $ vault -C docs ls HEAD:./b.txt
    docs/b.txt
    $ vault -C docs cat v1:./b.txt
    b
    $ vault -C docs cat HEAD:../a.txt
    one
    $ vault -C docs show HEAD:./b.txt
    b
    $ vault -C docs cat-object blob HEAD:./b.txt
    b
    $ echo HEAD:./b.txt | vault -C docs cat-object --batch-check='%(objectsize)'
    2
    $ vault -C docs ls-tree --name-only HEAD:.
    b.txt
    $ test $(vault -C docs rev-parse HEAD:./b.txt) = $(vault rev-parse HEAD:docs/b.txt)
    $ vault -C docs tag b HEAD:./b.txt -q
    $ vault -C docs for-each-ref --points-at HEAD:./b.txt --format='%(refname)'
    refs/tags/b
    $ vault -C docs update-ref refs/notes/b HEAD:./b.txt HEAD:../a.txt
    ! vault: refs/notes/b does not exist, not <id:1>; nothing was changed
    ! hint: look at what is there now and try again
    [7]
    $ echo 'create refs/notes/b HEAD:./b.txt' | vault -C docs update-ref --stdin
    $ vault show refs/notes/b
    b
  `);
});

test('a path that leaves the folder, and a current folder that lies elsewhere', () => {
  const session = startSession();
  session.write('a.txt', 'one\n');
  session.run('vault snapshot --init');
  for (const line of ['vault cat HEAD:../a.txt', 'cd / && vault --vault "$OLDPWD" ls HEAD:.']) {
    assert.is(session.run(line).code, 2, line);
  }
});

test.run();
