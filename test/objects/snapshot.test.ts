import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decode, encode } from '../../src/objects/encoding.ts';
import { Kind, type Snapshot } from '../../src/objects/model.ts';
import { decodeSnapshot, encodeSnapshot, readSnapshot } from '../../src/objects/snapshot.ts';
import { type Id, ObjectType } from '../../src/store/id.ts';
import * as arbitrary from './arbitraries.ts';
import { directory, fails, idOf, MemoryStore } from './memory-store.ts';

const tree = idOf('tree');
const id = idOf('snapshot');
const first: Snapshot = {
  tree,
  root: { ...directory(tree), mode: 0o755, user: 'ada' },
  parents: [],
  generation: 0,
  timeS: 1_700_000_000,
  timeNs: 5,
  host: 'laptop',
  user: 'ada',
  rootPath: Buffer.from('/home/ada'),
  mounts: [Buffer.alloc(0), Buffer.from('mnt/usb')],
  message: 'first',
  labels: [['k', 'v']],
  problemCount: 1,
  problems: [{ path: Buffer.from('x'), code: 'EACCES', message: 'no' }],
  stats: { files: 1, dirs: 2, others: 3, bytes: 2 ** 40, newBytes: 5, storedBytes: 6, durationMs: 7 },
};
const second: Snapshot = {
  ...first,
  parents: [idOf('parent'), idOf('other')],
  generation: 3,
  changes: idOf('changes'),
  author: 'Ada L.',
  timeS: -1,
  ext: [[1, 'x']],
};

test('golden: a first snapshot, and one with parents', () => {
  const id = (seed: string) => `c420${idOf(seed).toString('hex')}`;
  const root = `dc0018c40002${id('tree')}cd01edc0c0a3616461${'c0'.repeat(16)}90`;
  const tail = [
    'c4092f686f6d652f616461', // root path
    '92c400c4076d6e742f757362', // mount points
    'a56669727374', // message
    '9192a16ba176', // labels
    '01', // problems counted
    '9193c40178a6454143434553a26e6f', // problems
    '970102 03d30000010000000000050607'.replace(' ', ''), // statistics
  ].join('');
  const host = 'a66c6170746f70a3616461';
  assert.is(
    encodeSnapshot(first).toString('hex'),
    `dc001301${id('tree')}${root}9000c0ce6553f10005${host}c0${tail}90`,
  );
  assert.is(
    encodeSnapshot(second).toString('hex'),
    `dc001301${id('tree')}${root}92${id('parent')}${id('other')}03${id('changes')}ff05${host}a6416461204c2e${tail}919201a178`,
  );
});

const snapshots = fc
  .record({
    entry: arbitrary.entry,
    tree: arbitrary.id,
    parents: fc.array(arbitrary.id, { maxLength: 3 }),
    generation: arbitrary.size,
    changes: arbitrary.id,
    timeS: arbitrary.seconds,
    timeNs: arbitrary.nanos,
    texts: fc.tuple(arbitrary.text, arbitrary.text, arbitrary.text, arbitrary.text),
    rootPath: arbitrary.bytes(0, 40),
    mounts: fc.array(arbitrary.name, { maxLength: 3 }),
    labels: fc.array(fc.tuple(arbitrary.text, arbitrary.text), { maxLength: 3 }),
    problems: fc.array(fc.tuple(arbitrary.bytes(0, 20), arbitrary.text, arbitrary.text), { maxLength: 3 }),
    stats: fc.tuple(...Array.from({ length: 7 }, () => arbitrary.size)),
    ext: fc.option(arbitrary.extensions),
  })
  .map((given): Snapshot => {
    const [files, dirs, others, bytes, newBytes, storedBytes, durationMs] = given.stats as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const [host, user, author, message] = given.texts;
    const isRoot = given.parents.length === 0;
    return {
      tree: given.tree,
      root: { ...given.entry, name: Buffer.alloc(0), kind: Kind.dir, id: given.tree },
      parents: given.parents,
      generation: isRoot ? 0 : given.generation,
      ...(!isRoot && { changes: given.changes }),
      timeS: given.timeS,
      timeNs: given.timeNs,
      host,
      user,
      author,
      rootPath: given.rootPath,
      mounts: [Buffer.alloc(0), ...given.mounts],
      message,
      labels: given.labels,
      problemCount: given.problems.length,
      problems: given.problems.map(([path, code, message]) => ({ path, code, message })),
      stats: { files, dirs, others, bytes, newBytes, storedBytes, durationMs },
      ...(given.ext && { ext: given.ext }),
    };
  });

test('property: decode gives what was encoded', () => {
  assert.equal(decodeSnapshot(encodeSnapshot(first), id), first);
  assert.equal(decodeSnapshot(encodeSnapshot(second), id), second);
  fc.assert(
    fc.property(snapshots, (given) => assert.equal(decodeSnapshot(encodeSnapshot(given), id), given)),
  );
});

const REFUSED: [string, Partial<Snapshot>][] = [
  ['a root that is not its tree', { root: directory(idOf('other')) }],
  ['a root with a name', { root: directory(tree, 'name') }],
  ['a root that is a file', { root: { ...directory(tree), kind: Kind.file } }],
  ['changes without parent', { changes: idOf('changes') }],
  ['a generation without parent', { generation: 1 }],
  ['half an id', { parents: [Buffer.alloc(16) as Id], generation: 1 }],
  ['too many nanoseconds', { timeNs: 1_000_000_000 }],
  ['more problems than counted', { problemCount: 0 }],
  ['101 problems', { problemCount: 101, problems: Array(101).fill(first.problems[0]) }],
  ['a negative count', { stats: { ...first.stats, files: -1 } }],
  ['a first mount point that is not the root', { mounts: [Buffer.from('mnt')] }],
  ['a mount point outside', { mounts: [Buffer.alloc(0), Buffer.from('../x')] }],
  ['the root mounted twice', { mounts: [Buffer.alloc(0), Buffer.alloc(0)] }],
];

for (const [what, change] of REFUSED) {
  test(`${what} is neither written nor read`, async () => {
    await fails(() => encodeSnapshot({ ...first, ...change }), 'USAGE');
    const fields = decode(encodeSnapshot(first)) as unknown[];
    for (const [name, value] of Object.entries(change)) fields[POSITIONS[name]!] = raw(name, value);
    await fails(() => decodeSnapshot(encode(fields as never), id), 'DAMAGED', new RegExp(id.toString('hex')));
  });
}

const POSITIONS: Record<string, number> = {
  root: 2,
  parents: 3,
  generation: 4,
  changes: 5,
  timeNs: 7,
  mounts: 12,
  problemCount: 15,
  problems: 16,
  stats: 17,
};

/** What an unchecked writer would have made of the field. */
function raw(name: string, value: unknown): unknown {
  if (name === 'root') {
    const root = value as Snapshot['root'];
    return [root.name, root.kind, root.id, ...Array(20).fill(null), []];
  }
  if (name === 'problems') return Array(101).fill([Buffer.from('x'), 'EIO', 'm']);
  return name === 'stats' ? [-1, 0, 0, 0, 0, 0, 0] : value;
}

test('a newer version is an unknown format, not damage', async () => {
  const fields = decode(encodeSnapshot(first)) as unknown[];
  fields[0] = 2;
  fields.push('whatever');
  await fails(() => decodeSnapshot(encode(fields as never), id), 'UNKNOWN_FORMAT', /version 2/);
  fields[0] = 'x';
  await fails(() => decodeSnapshot(encode(fields as never), id), 'DAMAGED');
});

test('damage names the snapshot', async () => {
  const store = new MemoryStore();
  const broken = store.keep(ObjectType.snapshot, encodeSnapshot(first).subarray(0, 100));
  await fails(() => readSnapshot(store, broken), 'DAMAGED', new RegExp(`snapshot ${broken.toString('hex')}`));
});

test.run();
