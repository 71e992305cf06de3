/** @time-limit 300 */
import { readdirSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testWith } from '../support/tools.ts';
import { startSession } from './golden.ts';

testWith(
  ['python3', 'tar', 'unzip'],
  'an archive goes through a pipe or into a file, never to a terminal',
  () => {
    const session = startSession();
    session.write('src/a.txt', 'hello\n');
    session.write('b.txt', 'b\n');
    session.run('vault snapshot --init');
    session.expect(`
    $ vault archive HEAD | tar -t
    b.txt
    src/
    src/a.txt
    $ vault archive HEAD:src --format tar.gz --prefix v1/ | tar -xzO v1/a.txt
    hello
    $ vault archive HEAD -o ../all.zip
    ! wrote ../all.zip: 348 bytes
    $ unzip -p ../all.zip src/a.txt
    hello
    $ vault archive --json HEAD -o ../all.tgz | sed 's/"size":[0-9]*/"size":…/'
    {"schema":"vault/archive/1","format":"tar.gz","file":"../all.tgz","size":…,"warnings":[]}
    $ tar -tzf ../all.tgz | head -n 1
    b.txt
    $ vault archive --json HEAD
    {"error":{"code":"USAGE","message":"--json says what was written: name a file with -o","exit":2}}
    [2]
    $ vault archive HEAD:none -o ../none.tar 2>&1 | head -n 1
    vault: "none" is not in "HEAD"
    $ vault archive HEAD --format rar
    ! vault: --format takes one of: tar, tar.gz, zip
    ! hint: see "vault help archive"
    [2]
    $ vault archive HEAD -o ../no/such.tar
    ! vault: ../no/such.tar: no such file or directory
    [5]
    $ vault archive HEAD -o /dev/full
    ! vault: /dev/full: no space left on device
    [5]
    $ vault archive HEAD -q -o "$(printf '%0255d' 0)" && wc -c < "$(printf '%0255d' 0)" && rm "$(printf '%0255d' 0)"
    10240
    $ vault archive HEAD | head -c 1 > /dev/null
  `);
    assert.equal(readdirSync(`${session.folder}/..`).sort(), ['all.tgz', 'all.zip', 'bin', 'home', 'work']);
    const onTerminal = `python3 -c 'import pty,sys; sys.exit(pty.spawn(["vault", "archive", "HEAD"]) >> 8)'`;
    const { stdout, code } = session.run(onTerminal);
    assert.is(code, 8);
    assert.match(stdout, 'an archive is not written to a terminal');
  },
);

test.run();
