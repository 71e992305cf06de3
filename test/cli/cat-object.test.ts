/** @time-limit 300 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { noise } from '../../bench/random.ts';
import { preparedSession, type Session, startSession } from './golden.ts';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const NOBODY = '0'.repeat(64);
const HELLO = sha256('hello\n');
const WORLD = sha256('world\n');

function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Two files, and an empty one in a folder. */
const greetings = preparedSession(
  (session) => {
    session.write('a.txt', 'hello\n');
    session.write('b.txt', 'world\n');
    session.write('sub/empty', '');
    session.runAll(['vault init', 'vault snapshot -m first']);
  },
  { keep: [HELLO, WORLD, EMPTY, NOBODY] },
);

test('one object: type, size, existence, bytes, structure', () => {
  const session = greetings();
  session.expect(`
    $ vault cat-object -t HEAD
    snapshot
    $ vault cat-object -t HEAD:
    tree
    $ vault cat-object -s HEAD:a.txt
    6
    $ vault cat-object blob HEAD:a.txt
    hello
    $ vault cat-object -p ${HELLO}
    hello
    $ vault cat-object -p HEAD:sub
    100644 blob ${EMPTY}	empty
    $ vault cat-object -e HEAD:b.txt
    $ vault cat-object -e HEAD:c.txt
    [1]
    $ vault cat-object tree HEAD:a.txt
    ! vault: HEAD:a.txt is a blob, not a tree
    [2]
    $ cd sub && vault cat-object blob HEAD:../a.txt
    hello
    $ vault cat-object -t
    ! vault: say one of -t -s -e -p or a type (blob, tree, snapshot, changes), then the object
    ! hint: see "vault help cat-object"
    [2]
    $ vault cat-object -t HEAD:a.txt/x
    ! vault: "a.txt" is not a directory
    ! hint: give the path of something in a directory, or of the file itself
    [2]
  `);
  const said = session.runAll([
    'vault cat-object --json HEAD:a.txt',
    'vault cat-object -e --json HEAD:a.txt',
    'vault cat-object -e --json HEAD:c.txt',
    'vault cat-object --json HEAD:',
    'vault cat-object --json HEAD',
  ]);
  assert.equal(
    said.map(({ code }) => code),
    [0, 0, 1, 0, 0],
  );
  const [blob, exists, no, tree, snapshot] = said.map(({ stdout }) => JSON.parse(stdout));
  assert.is(blob.schema, 'vault/cat-object/1');
  assert.equal([blob.type, blob.size, blob.sha256], ['blob', 6, HELLO]);
  const { schema, ...there } = exists;
  assert.is(schema, 'vault/cat-object-exists/1');
  assert.equal(there, { exists: true, id: HELLO, type: 'blob', size: 6, warnings: [] });
  assert.equal(no, { schema: 'vault/cat-object-exists/1', exists: false, warnings: [] });
  assert.equal(
    tree.entries.map((entry: { path: string }) => entry.path),
    ['a.txt', 'b.txt', 'sub'],
  );
  assert.equal([snapshot.type, snapshot.message, snapshot.parents], ['snapshot', 'first', []]);
});

test('--batch and --batch-check, with what is not there', () => {
  const session = greetings();
  session.write('ask', `${HELLO}\nHEAD:b.txt\n${EMPTY}\nHEAD:a.txt/x\nnope\n${NOBODY}\n\nHEAD~9\n`);
  session.expect(`
    $ vault cat-object --batch < ask
    ${HELLO} blob 6
    hello

    ${WORLD} blob 6
    world

    ${EMPTY} blob 0

    HEAD:a.txt/x missing
    nope missing
    ${NOBODY} missing
     missing
    HEAD~9 missing
    $ vault cat-object --batch-check < ask
    ${HELLO} blob 6
    ${WORLD} blob 6
    ${EMPTY} blob 0
    HEAD:a.txt/x missing
    nope missing
    ${NOBODY} missing
     missing
    HEAD~9 missing
    $ cd sub && echo HEAD:./empty | vault cat-object --batch-check
    ${EMPTY} blob 0
    $ vault cat-object --batch < /dev/null
    $ printf '%s' ${HELLO} | vault cat-object --batch-check
    ${HELLO} blob 6
  `);
});

test('formats', () => {
  const session = greetings();
  session.write('ask', `${HELLO}  a word  \nHEAD:b.txt\tx\n`);
  session.expect(`
    $ vault cat-object '--batch-check=%(objecttype) [%(rest)] %(sha256) 100%%%n%x41' < ask
    blob [a word  ] ${HELLO} 100%
    A
    blob [x] ${WORLD} 100%
    A
    $ vault cat-object '--batch=%(objectsize)|%(rest)' < ask
    6|a word${'  '}
    hello

    6|x
    world

    $ vault cat-object '--batch-check=%(objectname:short)' < ask
    ! vault: %(objectname:short) is unknown in a format
    ! hint: known are %(objectname) %(objecttype) %(objectsize) %(objectsize:disk) %(sha256) %(pack) %(offset) %(rest), %% %n, and bytes as %x00
    [2]
  `);
  const [pack, offset, disk] = session
    .run(`echo ${HELLO} | vault cat-object '--batch-check=%(pack) %(offset) %(objectsize:disk)'`)
    .stdout.trim()
    .split(' ');
  const file = `.vault/objects/${pack!.slice(0, 2)}/${pack!.slice(2, 4)}/${pack}`;
  assert.is(sha256(readFileSync(path.join(session.folder, file))), pack);
  assert.is(offset, '48');
  assert.ok(Number(disk) > 6 && Number(disk) < 100);
});

test('-z, -Z and --json-lines', () => {
  const session = greetings();
  session.write('odd\nname', 'odd\n');
  session.run('vault snapshot');
  const ask = 'HEAD:odd\nname\0HEAD:a.txt\0nope\nnever\0';
  const plain = session.run('vault cat-object -z --batch-check', { input: ask }).stdout;
  assert.is(plain, `${sha256('odd\n')} blob 4\n${HELLO} blob 6\nnope\nnever missing\n`);
  const nul = session.run('vault cat-object -Z --batch', { input: ask }).stdout;
  assert.is(nul, `${sha256('odd\n')} blob 4\0odd\n\0${HELLO} blob 6\0hello\n\0nope\nnever missing\0`);
  const rows = session.run('vault cat-object -z --batch-check --json-lines', { input: ask }).stdout;
  const [odd, , missing] = rows
    .trim()
    .split('\n')
    .map((row) => JSON.parse(row));
  assert.is(odd.asked, 'HEAD:odd\nname');
  assert.equal([odd.id, odd.type, odd.size], [sha256('odd\n'), 'blob', 4]);
  assert.equal(missing, { asked: 'nope\nnever', fault: 'missing' });
  const cutOff = session.run('vault cat-object -z --batch-check', { input: ask.slice(0, -1) });
  assert.is(cutOff.stdout, `${sha256('odd\n')} blob 4\n${HELLO} blob 6\n`);
  assert.match(cutOff.stderr, 'standard input ends within "nope');
  assert.match(cutOff.stderr, 'its last NUL is missing');
  assert.is(cutOff.code, 2);
  const both = ['--batch --json-lines', '--batch-check --json', '--batch-command --json'];
  const refused = session.runAll(both.map((flags) => `vault cat-object ${flags}`));
  assert.equal(
    refused.map(({ stdout }) => JSON.parse(stdout).error.code),
    ['USAGE', 'USAGE', 'USAGE'],
  );
  session.expect(`
    $ vault cat-object --batch --batch-check
    ! vault: --batch-check cannot be used with --batch; --batch cannot be used with --batch-check
    ! hint: see "vault help cat-object"
    [2]
    $ vault cat-object --buffer -t HEAD
    ! vault: --buffer needs a batch: --batch, --batch-check or --batch-command
    [2]
    $ vault cat-object -z blob HEAD:a.txt
    ! vault: -z needs a batch: --batch, --batch-check or --batch-command
    [2]
    $ vault cat-object -Z -p HEAD
    ! vault: -Z needs a batch: --batch, --batch-check or --batch-command
    [2]
    $ vault cat-object --batch-all-objects
    ! vault: --batch-all-objects needs a batch: --batch, --batch-check or --batch-command
    [2]
    $ vault cat-object --json-lines -p HEAD
    {"error":{"code":"USAGE","message":"--json-lines needs a batch: --batch, --batch-check or --batch-command","exit":2}}
    [2]
    $ vault cat-object --batch-check HEAD
    ! vault: a batch takes no operands
    ! hint: name the objects on standard input, a line each
    [2]
  `);
});

test('--batch-command, and lines that are none', () => {
  const session = greetings();
  session.expect(`
    $ printf 'info HEAD:a.txt\\ncontents HEAD:b.txt\\ninfo nope\\n' | vault cat-object --batch-command
    ${HELLO} blob 6
    ${WORLD} blob 6
    world

    nope missing
    $ printf 'info HEAD:a.txt\\nflush\\n' | vault cat-object --batch-command --buffer
    ${HELLO} blob 6
    $ printf 'info HEAD:a.txt\\nflush\\n' | vault cat-object --batch-command
    ${HELLO} blob 6
    ! vault: line 2 of standard input, "flush": flush makes sense with --buffer only
    ! hint: what was asked before it was answered
    [2]
    $ printf 'info HEAD:a.txt\\n\\ninfo HEAD\\n' | vault cat-object --batch-command
    ${HELLO} blob 6
    ! vault: line 2 of standard input, "": it is empty
    ! hint: what was asked before it was answered
    [2]
    $ printf 'fetch HEAD\\n' | vault cat-object --batch-command
    ! vault: line 1 of standard input, "fetch HEAD": the commands are contents, info and flush
    ! hint: what was asked before it was answered
    [2]
    $ printf 'contents\\n' | vault cat-object --batch-command
    ! vault: line 1 of standard input, "contents": contents takes an object
    ! hint: what was asked before it was answered
    [2]
    $ printf ' info HEAD\\n' | vault cat-object --batch-command
    ! vault: line 1 of standard input, " info HEAD": a blank stands before the command
    ! hint: what was asked before it was answered
    [2]
  `);
});

test('--batch-all-objects', () => {
  const session = greetings();
  session.run('echo more >> a.txt && vault snapshot');
  const [ordered, unordered, contents] = session.runAll([
    'vault cat-object --batch-all-objects --batch-check',
    'vault cat-object --batch-all-objects --batch-check --unordered',
    "vault cat-object --batch-all-objects '--batch=%(objectname)'",
  ]);
  const all = ordered!.stdout.trim().split('\n');
  assert.equal([...all].sort(), all);
  assert.equal(unordered!.stdout.trim().split('\n').sort(), all);
  // How many trees there are depends on the clock: a folder read within two seconds of its change is stored again.
  const types = all.map((line) => line.split(' ')[1]).filter((type) => type !== 'tree');
  assert.equal(types.sort(), ['blob', 'blob', 'blob', 'changes', 'snapshot', 'snapshot']);
  assert.match(contents!.stdout, `${WORLD}\nworld\n\n`);
});

test('an abbreviation of several, and a damaged pack: the batch goes on', () => {
  const session = greetings();
  const byPrefix = new Map<string, string>();
  let prefix = '';
  for (let i = 0; prefix === ''; i++) {
    const digits = sha256(`${i}\n`).slice(0, 4);
    if (byPrefix.has(digits)) {
      session.write('one', `${i}\n`);
      session.write('two', `${byPrefix.get(digits)}\n`);
      prefix = digits;
    }
    byPrefix.set(digits, String(i));
  }
  const before = new Set(packs(session));
  session.run('vault snapshot');
  assert.is(
    session.run('vault cat-object --batch-check', { input: `${prefix}\nHEAD:a.txt\n` }).stdout,
    `${prefix} ambiguous\n${HELLO} blob 6\n`,
  );
  for (const pack of packs(session)) if (!before.has(pack)) damageFirstBlock(pack);
  // The newest trees are gone, too, so what is asked for is asked by id.
  const one = sha256(readFileSync(path.join(session.folder, 'one')));
  const { stdout, code } = session.run('vault cat-object --batch', { input: `${one}\n${HELLO}\n` });
  assert.is(stdout, `${one} damaged\n${HELLO} blob 6\nhello\n\n`);
  assert.is(code, 4);
});

test('a content over 16 MiB: what is lost is told before its head, what is damaged ends the batch inside it', () => {
  const session = startSession();
  const large = noise(3, 17 * 1024 * 1024);
  session.write('large', large);
  session.write('small', 'hello\n');
  session.runAll(['vault init', 'vault snapshot']);
  session.write('.vault-ask', 'HEAD:small\nHEAD:large\nHEAD:small\n');
  const chunks = session.run('vault ls-chunks HEAD:large').stdout.trim().split('\n');
  const [offset, , id] = chunks.at(-2)!.split(' ') as [string, string, string];
  const where = session.run(`echo ${id} | vault cat-object '--batch-check=%(pack) %(offset)'`).stdout.trim();
  const [pack, at] = where.split(' ') as [string, string];
  const file = packs(session).find((path) => path.endsWith(pack))!;
  const bytes = readFileSync(file);
  bytes[Number(at) + 100]! ^= 1;
  chmodSync(file, 0o600);
  writeFileSync(file, bytes);
  const broken = session.run('vault cat-object --batch < .vault-ask > .vault-answer');
  assert.is(broken.code, 4);
  assert.match(
    broken.stderr,
    `vault: HEAD:large is damaged behind byte ${offset} of ${large.length}, where the batch ends: `,
  );
  const answer = readFileSync(path.join(session.folder, '.vault-answer'));
  const head = answer.indexOf(` blob ${large.length}\n`) + ` blob ${large.length}\n`.length;
  assert.ok(answer.subarray(head).equals(large.subarray(0, Number(offset))));
  rmSync(file);
  const lost = session.run('vault cat-object --batch < .vault-ask');
  assert.is(lost.code, 4);
  assert.match(lost.stdout, 'HEAD:large damaged\n');
  assert.is(lost.stdout.split('\n').length > 3, true, 'and it goes on');
});

function packs(session: Session): string[] {
  return globSync('.vault/objects/*/*/*', { cwd: session.folder }).map((file) =>
    path.join(session.folder, file),
  );
}

function damageFirstBlock(pack: string): void {
  const bytes = readFileSync(pack);
  bytes[48 + 16 + 1]! ^= 0xff;
  chmodSync(pack, 0o600);
  writeFileSync(pack, bytes);
}

test('many whole ids in the default format are answered as in any other', () => {
  const session = startSession();
  for (let i = 0; i < 300; i++) session.write(`d${i % 7}/f${i}`, `content ${i}\n`.repeat(i));
  session.write('large', Buffer.alloc(2_500_000, 'abcdefg'));
  session.runAll(['vault init', 'vault snapshot']);
  const stored = session.run('vault ls-tree -rt --object-only HEAD').stdout.trim().split('\n');
  const odd = [
    NOBODY,
    HELLO,
    stored[3]!.toUpperCase(),
    stored[4]!.slice(0, 12),
    'HEAD',
    'HEAD:large',
    'nope',
    '',
  ];
  const asked = Array.from({ length: 3000 }, (_, i) =>
    i % 40 === 0 ? odd[(i / 40) % odd.length] : stored[(i * 17) % stored.length],
  );
  session.write('ask', `${asked.join('\n')}\n`);
  const plain = session.run('vault cat-object --batch-check < ask');
  const slow = session.run(
    "vault cat-object --batch-check='%(objectname) %(objecttype)  %(objectsize)' < ask",
  );
  assert.is(plain.stdout, slow.stdout.replaceAll('  ', ' '));
  assert.is(plain.stdout.split('\n').length, asked.length + 1);
  assert.is(session.run('vault cat-object --buffer --batch-check < ask').stdout, plain.stdout);
  const nul = session.run("tr '\\n' '\\0' < ask | vault cat-object -Z --batch-check").stdout;
  assert.is(nul.replaceAll('\0', '\n'), plain.stdout);
});

test('large contents, in order and not, equal the files', () => {
  const session = startSession();
  const files = new Map<string, Buffer>();
  for (let i = 0; i < 300; i++) {
    const size = i % 50 === 0 ? 3_000_000 : (i * 7919) % 90_000;
    const bytes = Buffer.alloc(size);
    for (let at = 0; at < size; at++) bytes[at] = ((at * (i + 1)) >>> 7) ^ (at % 251);
    files.set(`f${i}`, bytes);
    session.write(`f${i}`, bytes);
  }
  session.runAll(['vault init', 'vault snapshot']);
  const names = [...files.keys()];
  for (const order of [names, names.toSorted((a, b) => (sha256(a) < sha256(b) ? -1 : 1))]) {
    const input = order.map((name) => `HEAD:${name}\n`).join('');
    session.write('.vault-ask', input);
    session.run('vault cat-object --batch < .vault-ask > .vault-answer');
    let rest = readFileSync(path.join(session.folder, '.vault-answer'));
    for (const name of order) {
      const end = rest.indexOf(0x0a);
      const size = Number(rest.toString('latin1', 0, end).split(' ')[2]);
      assert.ok(rest.subarray(end + 1, end + 1 + size).equals(files.get(name)!), name);
      assert.is(rest[end + 1 + size], 0x0a);
      rest = rest.subarray(end + 2 + size);
    }
    assert.is(rest.length, 0);
  }
  const list = session.json('vault cat-object --json HEAD:f50');
  assert.is(list.sha256, sha256(files.get('f50')!));
  const hashed = session.run("vault cat-object '--batch-check=%(sha256) %(objectsize)'", {
    input: `HEAD:f50\n${list.id}\n`,
  });
  assert.is(hashed.stdout, `${list.sha256} 3000000\n`.repeat(2), 'by path and by id');
});

test('a process that runs answers each line at once, also for what was stored since', async () => {
  const session = greetings();
  const child = spawn('vault', ['cat-object', '--batch-command'], { cwd: session.folder, env: session.env });
  let out = '';
  child.stdout.on('data', (bytes) => {
    out += bytes;
  });
  const ask = async (line: string, answer: string): Promise<void> => {
    out = '';
    child.stdin.write(line);
    while (out.length < answer.length) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.is(out, answer);
  };
  await ask('contents HEAD:a.txt\n', `${HELLO} blob 6\nhello\n\n`);
  const later = sha256('later\n');
  await ask(`info ${later}\n`, `${later} missing\n`);
  session.run('echo later | vault hash-object -w --stdin');
  await ask(`contents ${later}\n`, `${later} blob 6\nlater\n\n`);
  session.run('echo later > c.txt && vault snapshot');
  await ask('info HEAD:c.txt\n', `${later} blob 6\n`);
  child.stdin.end();
  assert.is(await new Promise((resolve) => child.on('exit', resolve)), 0);
});

test('in a pipeline both ends work at once; a reader that has enough ends it quietly', () => {
  const session = greetings();
  session.expect(`
    $ vault ls-tree -r HEAD | awk '{print $3}' | vault cat-object --batch-check
    ${HELLO} blob 6
    ${WORLD} blob 6
    ${EMPTY} blob 0
    $ vault ls-tree -r -z --name-only HEAD | xargs -0 -n1 -P8 sh -c 'vault cat-object -s HEAD:"$0"' | sort
    0
    6
    6
    $ (vault ls-tree -r --object-only HEAD; sleep 1) | vault cat-object --batch | head -c 3
    ${HELLO.slice(0, 3)}
    \\ no newline
  `);
  session.write('many', `${HELLO}\n`.repeat(100_000));
  const { stdout, stderr } = session.run('(vault cat-object --batch < many; echo $? >&2) | head -n 1');
  assert.is(stdout, `${HELLO} blob 6\n`);
  assert.is(stderr, '0\n');
  assert.ok(statSync(path.join(session.folder, 'many')).size > 0);
});

test.run();
