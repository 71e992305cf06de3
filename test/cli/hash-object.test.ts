/** @time-limit 240 */
import { createHash } from 'node:crypto';
import { mkdirSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSession } from './golden.ts';

const HELLO = createHash('sha256').update('hello\n').digest('hex');

test('what cannot be read is named, and what was printed before holds', () => {
  const session = startSession({ keep: [HELLO] });
  session.write('a.txt', 'hello\n');
  mkdirSync(path.join(session.folder, 'sub'));
  session.run('vault init');
  session.expect(`
    $ vault hash-object a.txt absent sub
    ${HELLO}
    ! vault: absent cannot be read: no such file or directory
    ! hint: the ids that were printed before hold
    [2]
    $ vault hash-object sub
    ! vault: sub cannot be read: illegal operation on a directory
    [2]
    $ echo a.txt/b | vault hash-object --stdin-paths
    ! vault: a.txt/b cannot be read: not a directory
    [2]
    $ printf 'a.txt\\nb\\n' | vault hash-object --stdin-paths
    ${HELLO}
    ! vault: b cannot be read: no such file or directory
    ! hint: the ids that were printed before hold
    [2]
    $ vault hash-object --stdin absent < a.txt
    ${HELLO}
    ! vault: absent cannot be read: no such file or directory
    ! hint: the ids that were printed before hold
    [2]
    $ vault hash-object -w a.txt absent
    ! vault: absent cannot be read: no such file or directory
    ! hint: nothing was stored
    [2]
    $ vault cat-object -e ${HELLO}
    [1]
    $ vault hash-object --json a.txt absent
    {"error":{"code":"BAD_PATH","message":"absent cannot be read: no such file or directory","subject":"absent","exit":2}}
    [2]
  `);
  const { code, stdout } = session.run('chmod 0 a.txt && vault hash-object --json a.txt', {
    unprivileged: true,
  });
  assert.is(code, 5);
  assert.is(JSON.parse(stdout).error.code, 'PERMISSION');
});

test('an interrupt ends it in the middle of a file, and while nothing arrives', () => {
  const session = startSession();
  session.write('huge', '');
  truncateSync(path.join(session.folder, 'huge'), 2 ** 40);
  session.run('vault init && mkfifo silent');
  for (const what of ['huge', '-w huge', '--stdin <> silent', '--stdin-paths <> silent']) {
    const line = `timeout --preserve-status -s INT -k 30 1 vault hash-object ${what}`;
    const { code, stderr } = session.run(line);
    assert.is(code, 130, `${what}: ${stderr}`);
  }
});

test.run();
