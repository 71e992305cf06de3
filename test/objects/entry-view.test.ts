/** A view of a row and the row decoded whole say the same, and take the same bytes for damaged. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VaultError } from '../../src/errors.ts';
import { sameContent, sameEntry } from '../../src/objects/entry-diff.ts';
import { isUnchanged } from '../../src/objects/entry-stamp.ts';
import { type EntryView, readView, viewOf } from '../../src/objects/entry-view.ts';
import { Malformed } from '../../src/objects/malformed.ts';
import { type Entry, Flag, Kind } from '../../src/objects/model.ts';
import { compareNames, nameFault } from '../../src/objects/names.ts';
import { RowReader } from '../../src/objects/row-reader.ts';
import { walkRuns, walkViews } from '../../src/objects/walk.ts';
import { EMPTY_CONTENT } from '../../src/store/id.ts';
import * as arbitrary from './arbitraries.ts';
import { collect, directory, idOf, MemoryStore, storeTree } from './memory-store.ts';
import { inLongForms, readRow, writeRows } from './row-bytes.ts';

/** Every field is given, and another one for each number. */
function fullEntry(n: number, kind: Kind, mode: number, flags: number, letters: string): Entry {
  const [name, user, group, target] = letters;
  return {
    ...{
      name: Buffer.from(name!),
      kind,
      id: idOf(n),
      mode,
      uid: n,
      gid: n,
      user: user!,
      group: group!,
      size: n,
    },
    ...{ mtimeS: n, mtimeNs: n, ctimeS: n, ctimeNs: n, btimeS: n, btimeNs: n, ino: n, nlink: n, fs: n },
    ...{ sha256: idOf(n), target: Buffer.from(target!), rdevMajor: n, rdevMinor: n, flags },
    xattrs: [{ name: Buffer.from('x'), value: Buffer.from(`${n}`) }],
  };
}

const EVERYTHING = fullEntry(1, Kind.file, 0o644, 1, 'augt');
const OTHER = fullEntry(2, Kind.fifo, 0o600, 4, 'bvhs');

function viewed(bytes: Buffer): Entry {
  const row = new RowReader(bytes, EMPTY_CONTENT);
  const view = readView(row);
  row.end();
  const entry = view.entry();
  const { name, kind, id, mode } = view;
  assert.equal([name, kind, id, mode], [entry.name, entry.kind, entry.id, entry.mode]);
  assert.is(view.latin1Name, name.toString('latin1'));
  return entry;
}

function orDamage<T>(run: () => T): T | 'damaged' {
  try {
    return run();
  } catch (error) {
    if (error instanceof Malformed || (error instanceof VaultError && error.code === 'DAMAGED'))
      return 'damaged';
    throw error;
  }
}

test('property: a view is the entry, also behind others', () => {
  fc.assert(
    fc.property(fc.array(arbitrary.entry, { minLength: 1, maxLength: 5 }), (entries) => {
      const row = new RowReader(writeRows(...entries), EMPTY_CONTENT);
      const views = entries.map(() => readView(row));
      row.end();
      assert.equal(
        views.map((view) => view.entry()),
        entries,
      );
      assert.equal(viewed(writeRows(entries[0]!)), entries[0]);
    }),
  );
});

test('property: damaged bytes are damaged for both, or another entry for both', () => {
  const damage = fc.tuple(arbitrary.entry, fc.nat(), fc.nat(255), fc.nat());
  fc.assert(
    fc.property(damage, ([entry, at, value, length]) => {
      const bytes = writeRows(entry);
      bytes[at % bytes.length] = value;
      for (const broken of [bytes, bytes.subarray(0, length % bytes.length)]) {
        assert.equal(
          orDamage(() => viewed(broken)),
          orDamage(() => readRow(broken)),
        );
      }
    }),
    { numRuns: 1000 },
  );
});

const FIELDS = [
  ...['name', 'kind', 'id', 'mode', 'uid', 'gid', 'user', 'group', 'size', 'mtimeS', 'mtimeNs'],
  ...['ctimeS', 'ctimeNs', 'btimeS', 'btimeNs', 'ino', 'nlink', 'fs'],
  ...['sha256', 'target', 'rdevMajor', 'flags', 'xattrs', 'ext'],
] as (keyof Entry)[];
/** Of no matter to `sameEntry`, and not looked at. */
const PASSED = new Set(['name', 'ctimeS', 'ctimeNs', 'btimeS', 'btimeNs', 'ino', 'nlink', 'fs']);

test('property: what is alike as it is encoded is the same entry, whatever was passed over', () => {
  let alike = 0;
  fc.assert(
    fc.property(arbitrary.entry, arbitrary.entry, fc.subarray(FIELDS), (a, other, fields) => {
      const b = { ...a } as Record<string, unknown>;
      for (const field of fields) {
        if (other[field] === undefined) delete b[field];
        else b[field] = other[field];
      }
      const [one, two] = [a, b as unknown as Entry].map((entry) => {
        return readView(new RowReader(writeRows(entry), EMPTY_CONTENT));
      }) as [EntryView, EntryView];
      if (one.hasContentOf(two)) assert.ok(sameContent(one.entry(), two.entry()));
      if (one.isLike(two)) {
        alike++;
        assert.ok(one.hasContentOf(two));
        assert.ok(sameEntry(one.entry(), two.entry()));
      } else assert.ok(fields.some((field) => !PASSED.has(field)));
    }),
    { numRuns: 500, examples: FIELDS.map((field) => [EVERYTHING, OTHER, [field]]) },
  );
  assert.ok(alike > 0);
});

const STAMP = ['size', 'mtimeS', 'mtimeNs', 'ctimeS', 'ctimeNs', 'ino'] as const;

test('property: a view is unchanged where the entry is, for every field of what is seen', () => {
  let unchanged = 0;
  const fs = fc.constantFrom(0, 1);
  const stamp = { kind: Kind.file, size: 2, mtimeS: 2, mtimeNs: 2, ctimeS: 2, ctimeNs: 2, ino: 2 };
  const seen = fc.record({ entry: arbitrary.entry, other: fc.option(fc.constantFrom(...STAMP)), fs });
  fc.assert(
    fc.property(seen, ({ entry, other, fs }) => {
      const now = { ...stamp, ...entry, ...(other && { [other]: stamp[other] }) };
      const view = readView(new RowReader(writeRows(entry), EMPTY_CONTENT));
      const expected = isUnchanged(entry, now, fs);
      if (expected) unchanged++;
      assert.is(view.isUnchanged(now, fs), expected);
      assert.is(viewOf(entry).isUnchanged(now, fs), expected);
    }),
    {
      numRuns: 500,
      examples: [
        EVERYTHING,
        { ...EVERYTHING, flags: 0 },
        { ...EVERYTHING, flags: Flag.racy },
        { ...EVERYTHING, mtimeS: -(2 ** 63), ino: 2n ** 53n },
      ].flatMap((entry) => [null, ...STAMP].map((other) => [{ entry, other, fs: 1 }] as [never])),
    },
  );
  assert.ok(unchanged > 0);
});

test('what is wrong with a field that was passed over shows when the entry is asked for, with the tree’s id', () => {
  const bytes = writeRows({ name: Buffer.from('a'), kind: 1, id: EMPTY_CONTENT });
  bytes[bytes.length - 2] = 0x01; // attributes that are a number
  const view = readView(new RowReader(bytes, EMPTY_CONTENT));
  assert.is(view.name.toString(), 'a');
  assert.throws(() => view.entry(), new RegExp(`^tree ${EMPTY_CONTENT.toString('hex')} cannot be read`));
});

test('property: views are ordered as their names, from whatever page', () => {
  const viewIn = (...entries: Entry[]) => {
    const row = new RowReader(writeRows(...entries), EMPTY_CONTENT);
    return entries.map(() => readView(row)).at(-1)!;
  };
  const ending = fc.constantFrom(...['', 'a', 'b', '\0'].map((text) => Buffer.from(text)));
  fc.assert(
    fc.property(arbitrary.entry, arbitrary.entry, ending, (first, entry, end) => {
      const other = { ...entry, name: Buffer.concat([entry.name, end]) };
      if (nameFault(other.name) !== undefined) return;
      const [a, b] = [viewIn(entry), viewIn(first, other)];
      const order = compareNames(entry.name, other.name);
      assert.is(Math.sign(a.compareName(b)), Math.sign(order));
      assert.is(Math.sign(viewOf(entry).compareName(b)), Math.sign(order));
      assert.is(Math.sign(a.compareNameTo(other.name)), Math.sign(order));
      assert.is(Math.sign(viewOf(entry).compareNameTo(other.name)), Math.sign(order));
      assert.is(Math.sign(b.compareName(viewOf(entry))), -Math.sign(order) + 0);
    }),
  );
});

test('property: encodings that no writer of ours makes, and a reader may take, are viewed alike', () => {
  fc.assert(
    fc.property(arbitrary.entry, (entry) => {
      const bytes = inLongForms(entry);
      assert.equal(readRow(bytes), entry);
      assert.equal(viewed(bytes), entry);
    }),
  );
});

test('a walk over views meets what a walk over entries meets', async () => {
  const store = new MemoryStore();
  const sketch = {
    a: { b: { c: 'x' }, z: 'y' },
    'a.txt': { mode: 0o640, uid: 7 },
    l: { kind: 3, target: Buffer.from('a') },
  };
  const root = directory(await storeTree(store, sketch as never));
  const runs = await collect(walkViews(store, root));
  assert.equal(
    runs.map(({ folder, entries }) => ({ folder, entries: entries.map((view) => view.entry()) })),
    await collect(walkRuns(store, root)),
  );
  const wanted = (view: EntryView) => view.kind === Kind.file;
  assert.equal(
    (await collect(walkViews(store, root, { wanted }))).map(({ folder, entries }) => [
      `${folder}`,
      ...entries.map(({ name }) => `${name}`),
    ]),
    [
      ['a/b', 'c'],
      ['a', 'z'],
      ['', 'a.txt'],
    ],
  );
});

test('an entry that was decoded is viewed as it is', () => {
  const entry: Entry = { name: Buffer.from('a'), kind: 1, id: EMPTY_CONTENT, size: 3 };
  assert.is(viewOf(entry).entry(), entry);
  assert.is(viewOf(entry).mode, undefined);
});

test.run();
