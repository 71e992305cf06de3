/** Bytes that nobody's writer made: each is refused as damage with the object's name, quickly and in little memory. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isVaultError } from '../../src/errors.ts';
import { readChanges } from '../../src/objects/changes.ts';
import { encode } from '../../src/objects/encoding.ts';
import { entryFields } from '../../src/objects/entry.ts';
import { contentChunks } from '../../src/objects/list.ts';
import { type Entry, Kind } from '../../src/objects/model.ts';
import { encodeSnapshot, readSnapshot } from '../../src/objects/snapshot.ts';
import { lookupEntry, readTree } from '../../src/objects/tree.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../src/store/id.ts';
import { collect, directory, fails, idOf, MemoryStore, storeTree } from './memory-store.ts';

const row = (name: string): unknown[] =>
  entryFields({ name: Buffer.from(name), kind: Kind.file, id: EMPTY_CONTENT });
const page = (level: number, rows: unknown): Buffer => encode([1, level, rows as never, []]);
const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

const READERS: [string, ObjectType, (store: MemoryStore, id: Id) => Promise<unknown>][] = [
  ['tree', ObjectType.tree, (store, id) => collect(readTree(store, id))],
  ['list', ObjectType.list, (store, id) => collect(contentChunks(store, id, true))],
  ['changes', ObjectType.changes, (store, id) => collect(readChanges(store, id))],
  ['snapshot', ObjectType.snapshot, (store, id) => readSnapshot(store, id)],
];

/** Inputs that no object may be. */
const GARBAGE: [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['a nil', hex('c0')],
  ['a number', hex('01')],
  ['text', encode('tree')],
  ['a map', hex('81 01 02')],
  ['an empty array', hex('90')],
  ['too few fields', hex('93 01 00 90')],
  ['too many fields', hex('95 01 00 90 90 90')],
  ['a version that is text', hex('94 a131 00 90 90')],
  ['a version that is negative', hex('94 ff c0 90 90')],
  ['rows that are nil', hex('94 01 00 c0 90')],
  ['extensions that are nil', hex('94 01 00 90 c0')],
  ['a negative level', hex('94 01 ff 90 90')],
  ['a level too high', hex('94 01 08 90 90')],
  ['an upper page without rows', hex('94 01 01 90 90')],
  ['bytes behind the end', hex('94 01 00 90 90 00')],
  ['4 G rows', hex('94 01 00 dd ffffffff 90')],
  ['64 K rows', hex('94 01 00 dc ffff 90')],
  ['1,025 rows', page(0, Array(1025).fill(null))],
  ['a row that is nil', page(0, [null])],
  ['a row that is empty', page(0, [[]])],
  ['a row that is an array of arrays', page(0, [[[[[[[]]]]]]])],
  ['a long byte string that is not there', hex('94 01 00 91 dc0018 c6 ffffffff 00')],
  ['64 K of arrays in arrays', Buffer.concat([hex('94 01 00'), Buffer.alloc(65_536, 0x91)])],
  [
    '72 K of arrays that promise everything',
    Buffer.concat([hex('94 01 00'), hex('dd00011170'.repeat(14_400))]),
  ],
];

for (const [name, type, read] of READERS) {
  for (const [what, bytes] of GARBAGE) {
    test(`${name}: ${what}`, async () => {
      const store = new MemoryStore();
      const id = store.keep(type, bytes);
      const heap = process.memoryUsage().heapUsed;
      const cpu = process.threadCpuUsage();
      await fails(
        () => read(store, id),
        'DAMAGED',
        new RegExp(`^${name} ${id.toString('hex')} cannot be read: `),
      );
      // Little work; the time that passes depends on what else the machine does.
      assert.ok(process.threadCpuUsage(cpu).user < 500_000);
      assert.ok(process.memoryUsage().heapUsed - heap < 16e6);
    });
  }

  test(`${name}: a newer version is an unknown format`, async () => {
    const store = new MemoryStore();
    const id = store.keep(type, encode([2, 'anything', null]));
    await fails(() => read(store, id), 'UNKNOWN_FORMAT', /has version 2/);
  });
}

const TREES: [string, unknown[]][] = [
  ['names out of order', [row('b'), row('a')]],
  ['a name twice', [row('a'), row('a')]],
  ['a name with a slash', [row('a/b')]],
  ['an empty name', [row('')]],
  ['a parent', [row('..')]],
  ['itself', [row('.')]],
];
for (const [what, rows] of TREES) {
  test(`tree: ${what}`, async () => {
    const store = new MemoryStore();
    const id = store.keep(ObjectType.tree, page(0, rows));
    await fails(() => collect(readTree(store, id)), 'DAMAGED');
    await fails(() => lookupEntry(store, id, Buffer.from('a')), 'DAMAGED');
  });
}

/** Two leaves below a root, with `wrong` changes to what the root says of them. */
async function readTwoLeaves(wrong: { rows?: unknown[][]; leaves?: [unknown[], unknown[]]; level?: number }) {
  const store = new MemoryStore();
  const [first, second] = (wrong.leaves ?? [[row('a'), row('b')], [row('c')]]).map((rows) =>
    store.keep(ObjectType.tree, page(wrong.level ?? 0, rows)),
  ) as [Id, Id];
  const rows = wrong.rows?.map((each) =>
    each.map((value) => (value === 1n ? first : value === 2n ? second : value)),
  );
  const root = store.keep(
    ObjectType.tree,
    page(
      1,
      rows ?? [
        [Buffer.from('a'), 2, first],
        [Buffer.from('c'), 1, second],
      ],
    ),
  );
  return (await collect(readTree(store, root))).flat().map(({ name }) => name.toString());
}

test('tree: pages that are not what the page above says', async () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => Buffer.from(name));
  assert.equal(await readTwoLeaves({}), ['a', 'b', 'c']);
  for (const [wrong, message] of [
    [
      {
        rows: [
          [a, 3, 1n],
          [c, 1, 2n],
        ],
      },
      /other totals/,
    ],
    [
      {
        rows: [
          [a, 2, 1n],
          [b, 1, 2n],
        ],
      },
      /overlap|another row/,
    ],
    [
      {
        rows: [
          [a, 2, 1n],
          [a, 2, 1n],
        ],
      },
      /out of order/,
    ],
    [
      {
        rows: [
          [c, 1, 2n],
          [a, 2, 1n],
        ],
      },
      /out of order/,
    ],
    [
      {
        rows: [
          [a, 2, 1n],
          [c, 1, Buffer.alloc(31)],
        ],
      },
      /too long or too short/,
    ],
    [
      {
        rows: [
          [a, 2, 1n],
          [c, 1, 5, 2n],
        ],
      },
      /has not 3 fields/,
    ],
    [
      {
        rows: [
          [a, 2, 1n],
          [c, -1, 2n],
        ],
      },
      /out of range/,
    ],
    [{ rows: [[a, 0, 1n]], leaves: [[], []] }, /another row/],
    [{ leaves: [[row('a'), row('d')], [row('c')]] }, /overlap/],
    [{ leaves: [[row('a'), row('c')], [row('c')]] }, /overlap/],
    [{ level: 1, leaves: [[[a, 1, idOf(1)]], [[c, 1, idOf(1)]]] }, /level is 1, not 0/],
  ] as [Parameters<typeof readTwoLeaves>[0], RegExp][]) {
    await fails(() => readTwoLeaves(wrong), 'DAMAGED', message);
  }
});

test('list: totals that do not add up, chunks that are empty', async () => {
  const store = new MemoryStore();
  const leaf = store.keep(ObjectType.list, page(0, [[idOf('a'), 10]]));
  for (const bytes of [
    page(1, [[idOf('a'), 1, 11, leaf]]),
    page(1, [[idOf('a'), 2, 10, leaf]]),
    page(1, [[idOf('b'), 1, 10, leaf]]),
    page(0, [[idOf('a'), 0]]),
    page(0, [[idOf('a'), 2 ** 31 * -1]]),
    page(0, [[Buffer.alloc(20), 5]]),
    hex('94 01 00 91 92 c4 00 cb 4024000000000000 90'),
  ]) {
    const id = store.keep(ObjectType.list, bytes);
    await fails(() => collect(contentChunks(store, id, true)), 'DAMAGED');
  }
});

test('every truncation is damage', async () => {
  const store = new MemoryStore();
  const tree = await store.readMeta(await storeTree(store, { a: 'x', b: { c: 'y' } }), ObjectType.tree);
  const snapshot = encodeSnapshot({
    tree: idOf(1),
    root: directory(idOf(1)),
    parents: [],
    generation: 0,
    timeS: 0,
    timeNs: 0,
    host: 'h',
    user: 'u',
    rootPath: Buffer.from('/'),
    mounts: [Buffer.alloc(0)],
    message: 'm',
    labels: [],
    problemCount: 0,
    problems: [],
    stats: { files: 0, dirs: 0, others: 0, bytes: 0, newBytes: 0, storedBytes: 0, durationMs: 0 },
  });
  for (const [type, bytes, read] of [
    [ObjectType.tree, tree, READERS[0]![2]],
    [ObjectType.snapshot, snapshot, READERS[3]![2]],
  ] as const) {
    for (let length = 0; length < bytes.length; length++) {
      const id = store.keep(type, bytes.subarray(0, length));
      await fails(() => read(store, id), 'DAMAGED');
    }
  }
});

test('property: no mutation of a page does anything but fail properly or read', async () => {
  const sketchRows: Entry[] = Array.from({ length: 12 }, (_, i) => ({
    name: Buffer.from(`name${String.fromCharCode(97 + i)}`),
    kind: Kind.file,
    id: idOf(i),
    size: 2 ** 33 + i,
    user: 'ada',
    xattrs: [{ name: Buffer.from('user.x'), value: Buffer.from('y') }],
  }));
  const bytes = page(0, sketchRows.map(entryFields));
  const edit = fc.tuple(
    fc.nat(bytes.length - 1),
    fc.oneof(fc.nat(255), fc.constantFrom(0xdc, 0xdd, 0xc6, 0xdb, 0x9f, 0xc0)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      const broken = Buffer.from(bytes);
      for (const [at, value] of edits) broken[at] = value;
      for (const [, type, read] of READERS) {
        const store = new MemoryStore();
        try {
          await read(store, store.keep(type, broken));
        } catch (error) {
          if (!isVaultError(error, 'DAMAGED', 'UNKNOWN_FORMAT', 'MISSING_OBJECT')) throw error;
        }
      }
    }),
    { numRuns: 500 },
  );
});

test.run();
