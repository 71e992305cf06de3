/** @time-limit 300
 * Trees and snapshots from text: what is listed can be made again. */
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readTreeLines } from '../../src/cli/operands/tree-lines.ts';
import { hostEnvironment, makeTree, openVault, type VaultError } from '../../src/index.ts';
import { getPlatform } from '../../src/platform/select.ts';
import { preparedSession, type Session, startSession } from './golden.ts';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const HELLO = sha256('hello\n');
const NOBODY = '0'.repeat(64);

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const start = preparedSession(
  (session) => {
    session.write('a.txt', 'hello\n');
    session.write('sub/b.txt', 'hello\n');
    session.runAll(['vault init', 'vault snapshot']);
  },
  { keep: [HELLO, EMPTY, NOBODY] },
);

function packs(session: Session): string[] {
  return globSync('.vault/objects/*/*/*', { cwd: session.folder }).sort();
}

function out(session: Session, line: string, input?: string | Buffer): string {
  const { stdout, stderr, code } = session.run(line, input === undefined ? {} : { input });
  assert.is(code, 0, `${line}\n${stderr}`);
  return stdout.trimEnd();
}

test('ls-tree: columns and formats', () => {
  const session = start();
  session.expect(`
    $ vault ls-tree HEAD
    100644 blob ${HELLO}	a.txt
    040755 tree <id:1>	sub
    $ vault ls-tree -r -l HEAD
    100644 blob ${HELLO}       6	a.txt
    100644 blob ${HELLO}       6	sub/b.txt
    $ vault ls-tree -r --name-only HEAD sub/
    sub/b.txt
    $ cd sub && vault ls-tree --name-only HEAD .
    a.txt
    sub
    $ vault ls-tree --name-only HEAD ./a.txt sub/. nothing/../sub
    a.txt
    sub/b.txt
    sub
    $ vault ls-tree --name-only HEAD a.txt/none none/none a.txt
    a.txt
    $ vault ls-tree HEAD sub/../../a.txt
    ! vault: sub/../../a.txt lies outside the tree
    ! hint: paths count from the top of the tree
    [2]
    $ vault ls-tree HEAD /a.txt
    ! vault: /a.txt lies outside the tree
    ! hint: paths count from the top of the tree
    [2]
    $ vault ls-tree HEAD ""
    ! vault: an empty path names nothing
    ! hint: write . for the current folder
    [2]
    $ vault ls-tree -r --format='%(objectmode)|%(objecttype)|%(objectname)|%(objectsize:padded)|%(path)' HEAD
    100644|blob|${HELLO}|      6|a.txt
    100644|blob|${HELLO}|      6|sub/b.txt
    $ vault ls-tree -r --format='%(sha256)  %(path)' HEAD | sha256sum -c
    a.txt: OK
    sub/b.txt: OK
    $ vault ls-tree -z --format='%(objectsize)%x41%(path)' HEAD | tr '\\0' ';'
    6Aa.txt;-Asub;
    \\ no newline
    $ vault ls-tree --format='%(size)' HEAD
    ! vault: %(size) is unknown in a format
    ! hint: known are %(objectmode) %(objecttype) %(objectname) %(objectsize) %(objectsize:padded) %(sha256) %(full) %(path), %% %n, and bytes as %x00
    [2]
    $ vault ls-tree HEAD:a.txt
    ! vault: HEAD:a.txt is not a tree
    ! hint: name a snapshot, a tree, or REV:folder
    [2]
    $ cd sub && vault ls-tree --name-only HEAD:./
    b.txt
  `);
  const row = JSON.parse(out(session, 'vault ls-tree --json-lines HEAD').split('\n')[0]!);
  assert.equal([row.path, row.id, row.size], ['a.txt', HELLO, 6]);
});

test('ls-tree: what would have no effect is refused, as by git', () => {
  const session = startSession();
  session.run('vault snapshot --init');
  const ways = ['--name-only', '--object-only', "--format='%(path)'"];
  for (const [i, way] of ways.entries()) {
    for (const other of ['-l', '--full', ...ways.filter((_, j) => j !== i)]) {
      const { code, stdout, stderr } = session.run(`vault ls-tree ${way} ${other} HEAD`);
      assert.equal([other, code, stdout], [other, 2, '']);
      assert.match(stderr, ' cannot be used with ');
    }
  }
  assert.is(session.run('vault ls-tree -l --full HEAD').code, 0);
});

test('what --full lists, make-tree makes again', () => {
  const session = start();
  const folder = path.join(session.folder, 'odd');
  mkdirSync(folder);
  for (const name of ['new\nline', 'tab\tname', '"quoted"', 'ünï', ' blank '])
    session.write(`odd/${name}`, name);
  session.run(`printf x > "odd/$(printf 'caf\\351')"`);
  symlinkSync('a.txt', path.join(folder, 'link'));
  session.run('mkfifo odd/fifo');
  session.write('odd/large', Buffer.alloc(3_000_000, 'abcdefghij'.repeat(99)));
  const platform = getPlatform();
  if (platform.abilities.xattrs) {
    const file = Buffer.from(path.join(folder, 'ünï'));
    platform.setXattr(file, Buffer.from('user.colour'), Buffer.from('red\0\xff', 'latin1'));
    platform.setXattr(file, Buffer.from('user.long'), Buffer.alloc(3000, 'long'));
  }
  for (let i = 0; i < 1500; i++) session.write(`many/file-${i}`, i % 3 === 0 ? '' : `${i}`);
  session.run('vault snapshot');
  const trees = ['HEAD:', 'HEAD:odd', 'HEAD:many', 'HEAD:sub'];
  const ids = out(session, `vault rev-parse ${trees.join(' ')}`).split('\n');
  // HEAD:sub is made of such lines below.
  trees.slice(0, 3).forEach((tree, i) => {
    assert.is(
      out(session, `vault ls-tree -z --full ${tree} | vault make-tree -z`),
      ids[i],
      `${tree} with -z`,
    );
  });
  assert.is(out(session, 'vault ls-tree --full HEAD:odd | vault make-tree'), ids[1]);
  assert.is(out(session, 'vault ls-tree --full HEAD:many | sort -R | vault make-tree --missing'), ids[2]);
  const [nul, plain] = session
    .runAll(['vault ls-tree -z --full HEAD:sub', 'vault ls-tree --full HEAD:sub'])
    .map(({ stdout }) => stdout) as [string, string];
  const sub = ids[3];
  assert.is(out(session, 'vault make-tree -z', nul), sub);
  const cutOff = session.run('vault make-tree -z', { input: nul.slice(0, -1) });
  assert.match(cutOff.stderr, 'its last NUL is missing');
  assert.is(cutOff.code, 2);
  assert.is(out(session, 'vault make-tree', plain), sub);
});

test('plain lines: what is not said is unknown', () => {
  const session = start();
  session.write('large', Buffer.alloc(3_000_000, 'abcdefghij'.repeat(99)));
  session.run('vault snapshot');
  const id = out(session, 'vault ls-tree HEAD | vault make-tree');
  const [head, listed, headListed, rows, size] = session
    .runAll([
      'vault rev-parse HEAD:',
      `vault ls-tree ${id}`,
      'vault ls-tree HEAD',
      `vault ls-tree --json ${id}`,
      `vault cat-object -s ${id}:large`,
    ])
    .map(({ stdout, stderr, code }) => {
      assert.is(code, 0, stderr);
      return stdout.trimEnd();
    }) as [string, string, string, string, string];
  assert.is.not(id, head);
  assert.is(listed, headListed);
  assert.is(size, '3000000', 'it is known for a list');
  assert.equal(JSON.parse(rows).entries[0], {
    path: 'a.txt',
    kind: 'file',
    type: 'blob',
    id: HELLO,
    mode: '100644',
  });
  // Of lines with all fields the mode that is shown counts.
  const changed = out(session, 'vault ls-tree --full HEAD | sed s/^100644/100755/ | vault make-tree');
  assert.match(out(session, `vault ls-tree ${changed} a.txt`), /^100755 blob/);
  assert.is(out(session, `vault ls-tree --full ${id} | vault make-tree`), id);
});

test('no lines make the empty tree, which is one', () => {
  const session = start();
  const id = out(session, 'vault make-tree', '');
  session.expect(`
    $ vault cat-object -t ${id}
    tree
    $ vault ls-tree ${id}
  `);
  assert.is(out(session, 'vault make-tree -z', ''), id);
});

test('a bad line ends it, and nothing is stored', async () => {
  const session = start();
  const before = packs(session);
  const tree = out(session, 'vault rev-parse HEAD:sub');
  const good = `100644 blob ${HELLO}\ta.txt`;
  const store = path.join(session.folder, '.vault');
  const environment = hostEnvironment(path.join(session.folder, '../cache'));
  const vault = await openVault({ store, environment });
  const refused = async (lines: string[], code: string, message: string): Promise<void> => {
    const input = (async function* () {
      yield Buffer.from(`${lines.join('\n')}\n`);
    })();
    try {
      await makeTree(vault, await readTreeLines(input, false));
    } catch (error) {
      assert.is((error as VaultError).code, code);
      assert.match((error as VaultError).message, message);
      return;
    }
    assert.unreachable(message);
  };
  const bad: [lines: string[], message: string][] = [
    [[good, 'rubbish'], 'line 2, "rubbish": it is not <mode> SP <type> SP <id> TAB <name>'],
    [[good, ''], 'line 2, "": it is not'],
    [[`100644 blob ${HELLO.slice(1)}\tx`], 'line 1'],
    [[`100644 tree ${HELLO}\tx`], 'mode 100644 is not that of a tree'],
    [[`170000 blob ${HELLO}\tx`], '170000 is no st_mode'],
    [[`100644 blob ${HELLO} abc\tx`], 'the field of other values cannot be read'],
    [[good, `100644 blob ${HELLO}\ta/b`], 'line 2: the name "a/b" holds a slash or a zero byte'],
    [[good, `100644 blob ${HELLO}\t..`], 'line 2: the name ".." means another folder'],
    [[`100644 blob ${HELLO}\t"open`], 'line 1'],
    [[good, `100644 blob ${EMPTY}\tb`, good], 'line 1 and line 3 both have the name "a.txt"'],
  ];
  try {
    for (const [lines, message] of bad) await refused(lines, 'USAGE', message);
    const gone = `line 2: object ${NOBODY} of "b" is not in the vault`;
    await refused([good, `100644 blob ${NOBODY}\tb`], 'NOT_FOUND', gone);
    await refused([`040000 tree ${HELLO}\tb`], 'WRONG_TYPE', `line 1: object ${HELLO} is no tree`);
    await refused([`100644 blob ${tree}\tb`], 'WRONG_TYPE', `line 1: object ${tree} is no blob`);
  } finally {
    await vault.close();
  }
  session.expect(`
    $ printf 'rubbish\\n' | vault make-tree
    ! vault: line 1, "rubbish": it is not <mode> SP <type> SP <id> TAB <name>
    ! hint: lines are those of \`vault ls-tree\`; nothing was stored
    [2]
  `);
  assert.equal(packs(session), before);
  assert.is(
    globSync('.vault/txn/*/outcome', { cwd: session.folder }).filter((file) => {
      return readFileSync(path.join(session.folder, file), 'utf8').includes('"commit"');
    }).length,
    0,
  );
  const missing = out(session, 'vault make-tree --missing', `100644 blob ${NOBODY}\tb\n`);
  assert.match(out(session, `vault ls-tree ${missing}`), NOBODY);
});

test('write-tree: a folder from anywhere, as snapshot sees it', () => {
  const session = start();
  session.write('../elsewhere/x', 'hello\n');
  session.write('../elsewhere/y.o', 'object\n');
  session.expect(`
    $ vault ls-tree -r $(vault write-tree --exclude '*.o' ../elsewhere 2> /dev/null)
    100644 blob ${HELLO}	x
    $ vault write-tree absent
    ! vault: "absent" is no folder that can be read
    ! hint: nothing was stored
    [2]
    $ vault write-tree a.txt
    ! vault: "a.txt" is no folder that can be read
    ! hint: nothing was stored
    [2]
  `);
  // Not the ids of the trees: what was just written is marked as such in the first one.
  const id = out(session, 'vault -q write-tree .');
  assert.is(out(session, `vault ls-tree -r ${id}`), out(session, 'vault ls-tree -r HEAD'));
});

test('make-snapshot of the parts of one', () => {
  const session = start();
  session.run('echo more >> a.txt; vault snapshot -m second');
  const id = out(
    session,
    'vault make-snapshot HEAD: -p HEAD~1 -m again --author Ann --host far --time 2020-02-03T04:05:06Z',
  );
  const made = session.json(`vault cat-object --json ${id}`);
  const real = session.json('vault cat-object --json HEAD');
  for (const field of [
    'tree',
    'parents',
    'changes',
    'generation',
    'root',
    'files',
    'dirs',
    'others',
    'bytes',
  ]) {
    assert.equal(made[field], real[field], field);
  }
  assert.equal([made.message, made.author, made.host], ['again', 'Ann', 'far']);
  assert.is(made.time, '2020-02-03T04:05:06.000000000Z');
  const root = out(session, `vault cat-object -p ${id} | head -n 2 | cut -c -9`);
  assert.is(
    root,
    'tree '
      .concat(out(session, 'vault rev-parse HEAD:').slice(0, 4), '\nparent ')
      .concat(out(session, 'vault rev-parse HEAD~1').slice(0, 2)),
  );
  session.expect(`
    $ vault make-snapshot HEAD:a.txt
    ! vault: HEAD:a.txt is not a tree
    ! hint: name a snapshot, a tree, or REV:folder
    [2]
    $ vault make-snapshot ${NOBODY}
    ! vault: no object has the id ${NOBODY}
    ! hint: \`vault log\` lists the snapshots
    [1]
    $ vault make-snapshot HEAD -p HEAD:
    ! vault: HEAD: is not a snapshot
    ! hint: \`vault log\` lists the snapshots; REV:path names a file in one
    [2]
  `);
});

test('a snapshot built by plumbing alone restores like any other', () => {
  const session = startSession();
  session.run('vault init');
  const blob = out(session, 'vault hash-object -w --stdin', 'made by hand\n');
  const target = out(session, 'vault hash-object -w --stdin', 'dir/file');
  const dir = out(session, 'vault make-tree', `100755 blob ${blob}\tfile\n`);
  const tree = out(session, 'vault make-tree', `040750 tree ${dir}\tdir\n120777 blob ${target}\tlink\n`);
  const id = out(session, `vault make-snapshot ${tree} -m built`);
  out(session, `vault restore ${id} --to ../made`);
  session.expect(`
    $ cat ../made/link
    made by hand
    $ cd ../made && stat -c '%a %F %n' dir dir/file link
    750 directory dir
    755 regular file dir/file
    777 symbolic link link
  `);
});

test.run();
