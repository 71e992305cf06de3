/** The plumbing of packs: ls-chunks, list-objects, list-packs, show-pack, verify-pack, rebuild-index, count-objects. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { noise } from '../../bench/random.ts';
import { preparedSession, type Session } from './golden.ts';

const SMALL = sha256('hello\n');
const LARGE = noise(7, 1_500_000);

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A file of one chunk, and one of several; what is in them does not compress. */
const twoFiles = preparedSession(
  (session) => {
    session.write('a.txt', 'hello\n');
    session.write('large', LARGE);
    session.runAll(['vault init', 'vault snapshot']);
  },
  { keep: [SMALL] },
);

const lines = (session: Session, command: string): string[] =>
  session.run(command).stdout.trimEnd().split('\n');

function packFile(session: Session, pack: string): string {
  return path.join(session.folder, `.vault/objects/${pack.slice(0, 2)}/${pack.slice(2, 4)}/${pack}`);
}

test('ls-chunks: the pieces of a content, as hash-object --chunks says', () => {
  const session = twoFiles();
  const chunks = lines(session, 'vault ls-chunks HEAD:large').map((line) => line.split(' '));
  assert.ok(chunks.length > 1);
  let end = 0;
  for (const [offset, length, id] of chunks) {
    assert.is(Number(offset), end);
    end += Number(length);
    assert.is(sha256(LARGE.subarray(Number(offset), end)), id);
  }
  assert.is(end, LARGE.length);
  assert.equal(
    lines(session, 'vault hash-object --chunks large'),
    chunks.map((chunk) => chunk.join(' ')),
  );
  const rows = lines(session, 'vault ls-chunks --json-lines HEAD:large').map((line) => JSON.parse(line));
  assert.equal(
    rows.map(({ offset, length, id }) => `${offset} ${length} ${id}`),
    chunks.map((chunk) => chunk.join(' ')),
  );
  assert.is(session.run(`vault ls-chunks -z ${SMALL}`).stdout, `0 6 ${SMALL}\0`);
  session.expect(`
    $ vault ls-chunks HEAD:
    ! vault: HEAD: is a tree, not a file's content
    ! hint: \`vault ls\` and \`vault show\` list what is in it
    [2]
    $ vault ls-chunks HEAD:none
    ! vault: "none" is not in "HEAD"
    ! hint: \`vault ls REV:\` lists what is, \`vault log FILE\` the versions of a file
    [1]
  `);
});

test('list-objects, list-packs, show-pack and count-objects say the same', () => {
  const session = twoFiles();
  const [objects, all, chunksAndTrees] = session
    .runAll(['vault list-objects', 'vault list-objects --all', 'vault list-objects --type chunk --type tree'])
    .map(({ stdout }) => stdout.trimEnd().split('\n')) as [string[], string[], string[]];
  assert.equal([...objects].sort(), objects);
  const types = objects.map((line) => line.split(' ')[1]!).sort();
  assert.equal([...new Set(types)], ['chunk', 'list', 'snapshot', 'tree']);
  assert.equal(all.sort(), objects);
  assert.equal(
    chunksAndTrees,
    objects.filter((line) => /chunk|tree/.test(line)),
  );
  const packs = lines(session, 'vault list-packs');
  assert.equal(
    lines(session, 'vault list-packs -l').map((line) => line.replace(/ \d+/g, ' N')),
    packs.map((pack) => `${pack} N ${isMeta(pack) ? 'meta' : 'data'} N N N`),
  );
  function isMeta(pack: string): boolean {
    return readFileSync(packFile(session, pack))[9] === 2;
  }
  const shown = session
    .runAll(packs.map((pack) => `vault show-pack ${pack.slice(0, 10)}`))
    .flatMap(({ stdout }) => stdout.trimEnd().split('\n'));
  const inPacks = shown.filter((line) => line.startsWith('object ')).map((line) => line.split(' '));
  assert.equal(inPacks.map(([, id, type, length]) => `${id} ${type} ${length}`).sort(), objects);
  assert.ok(packs.every((pack) => shown.includes(`pack ${pack}`)));
  const [format] = lines(
    session,
    `vault list-objects --type chunk --format='%(objectname) %(sha256) %(pack) %(offset)[%(rest)]'`,
  );
  const [name, digest, pack, offset] = format!.replace('[]', '').split(' ');
  assert.is(name, digest);
  assert.ok(shown.some((line) => line.startsWith(`object ${name} chunk`) && line.includes(` ${offset} `)));
  assert.ok(packs.includes(pack!));
  const counts = session.json('vault count-objects --json') as {
    objects: number;
    types: Record<string, number>;
  };
  assert.is(counts.objects, objects.length);
  assert.is(counts.types.chunk, types.filter((type) => type === 'chunk').length);
  assert.match(
    session.run('vault count-objects').stdout,
    new RegExp(`^${objects.length} objects, \\d+ kilobytes\n$`),
  );
  assert.match(session.run('vault count-objects -vH').stdout, /\npacks: 2\n.*\nsize-pack: 1\.5 MB\n/s);
  const [head, ...blocks] = lines(session, `vault show-pack --json-lines ${pack}`).map((line) =>
    JSON.parse(line),
  );
  assert.equal([head.pack, head.kind, head.blocks], [pack, 'data', blocks.length]);
});

test('verify-pack: sound packs, a byte changed, a table changed, bad names', () => {
  const session = twoFiles();
  const packs = lines(session, 'vault list-packs');
  assert.equal(session.run(`vault verify-pack ${packs.join(' ')}`), { stdout: '', stderr: '', code: 0 });
  const verbose = lines(session, `vault verify-pack -v ${packs[0]}`);
  assert.is(verbose.at(-1), `${packs[0]}: ok`);
  const [row] = lines(
    session,
    `vault list-objects --format='%(pack) %(offset) %(objectname)' | grep ${SMALL}`,
  );
  const [hit, offset] = row!.split(' ') as [string, string];
  const file = packFile(session, hit);
  const bytes = readFileSync(file);
  chmodSync(file, 0o600);
  bytes[Number(offset) + 16]! ^= 1;
  writeFileSync(file, bytes);
  const said = session.run(`vault verify-pack -v ${packs.join(' ')}`);
  assert.is(said.code, 4);
  const isObject = (line: string): boolean => / (chunk|list|tree|snapshot) \d+ \d+ \d+$/.test(line);
  assert.equal(
    said.stdout.split('\n').filter((line) => !isObject(line)),
    [...packs.flatMap((pack) => (pack === hit ? bad(pack, offset) : `${pack}: ok`)), ''],
  );
  session.expect(`
    $ vault verify-pack 12345
    ! vault: there is no pack 12345
    ! hint: \`vault list-packs\` lists those there are
    [1]
    $ vault verify-pack nothex
    ! vault: nothex is not the name of a pack
    ! hint: give the 64 hex digits that \`vault list-packs\` prints, or the first of them, from 4 on
    [2]
  `);
  const report = session.run(`vault verify-pack --json ${hit}`);
  assert.is(report.code, 4);
  const { sound, packs: reports } = JSON.parse(report.stdout);
  assert.is(sound, false);
  const kinds = reports[0].faults.map(({ kind }: { kind: string }) => kind);
  assert.equal(kinds, ['name', 'object']);
  bytes.fill(0, bytes.length - 30);
  writeFileSync(file, bytes);
  assert.match(session.run(`vault verify-pack ${hit}`).stdout, / footer - - /);
  const listed = session.run('vault list-packs -l');
  assert.is(listed.code, 4);
  assert.match(listed.stdout, new RegExp(`^${hit} ${bytes.length} damaged - - -$`, 'm'));
  assert.match(session.run('vault count-objects -v').stdout, /\ndamaged: 1\n/);
  const rebuilt = session.run('vault rebuild-index');
  assert.is(rebuilt.code, 4);
  assert.match(rebuilt.stderr, new RegExp(`warning: pack ${hit} is damaged`));
});

function bad(pack: string, offset: string): string[] {
  return [
    `${pack} name - - pack ${pack} does not have the bytes that its name says`,
    `${pack} object ${offset} ${SMALL} chunk ${SMALL} in pack ${pack} at ${offset} does not have the bytes that its id says`,
    `${pack}: damaged`,
  ];
}

test('rebuild-index makes it anew, beside readers and others that do the same', () => {
  const session = twoFiles();
  session.expect(`
    $ vault rebuild-index
    ! the index is made of 2 packs
    $ vault cat-object blob HEAD:a.txt
    hello
    $ vault rebuild-index -q & vault rebuild-index -q & vault ls-tree -r --object-only HEAD | vault cat-object --batch-check | cut -d' ' -f2-; wait
    blob 6
    blob 1500000
  `);
  assert.ok(existsSync(path.join(session.folder, '.vault/index')));
  const { packs, damaged } = session.json('vault rebuild-index --json');
  assert.equal([packs, damaged], [2, []]);
});

test.run();
