/** What rows say of a pair without being decoded is what their entries say. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { changeOf, sameEntry } from '../../src/objects/entry-diff.ts';
import { type EntryView, readView, viewOf } from '../../src/objects/entry-view.ts';
import { type Entry, Kind } from '../../src/objects/model.ts';
import { RowPair, sameView } from '../../src/objects/row-pair.ts';
import { RowReader } from '../../src/objects/row-reader.ts';
import { EMPTY_CONTENT } from '../../src/store/id.ts';
import * as arbitrary from './arbitraries.ts';
import { idOf } from './memory-store.ts';
import { inLongForms, readRow, writeRows } from './row-bytes.ts';

const FOLDER = Buffer.from('a/folder');

const viewIn = (bytes: Buffer): EntryView => readView(new RowReader(bytes, EMPTY_CONTENT));

/** The ways in which an entry may be at hand. */
const ways: ((entry: Entry) => EntryView)[] = [
  (entry) => viewIn(writeRows(entry)),
  (entry) => viewIn(inLongForms(entry)),
  viewOf,
];

function pairOf(old: EntryView | undefined, next: EntryView | undefined): RowPair {
  return new RowPair(FOLDER, old, next, !old || !next || !sameView(old, next));
}

const FIELDS = [
  ...['kind', 'id', 'mode', 'uid', 'gid', 'user', 'group', 'size', 'mtimeS', 'mtimeNs', 'ctimeS', 'ino'],
  ...['sha256', 'target', 'rdevMajor', 'flags', 'xattrs', 'ext'],
] as (keyof Entry)[];

/** An entry, and it with some fields of another. */
const likeOnes = fc
  .tuple(arbitrary.entry, arbitrary.entry, fc.subarray(FIELDS))
  .map(([a, other, fields]): [Entry, Entry] => {
    const b = { ...a } as Record<string, unknown>;
    for (const field of fields) {
      if (other[field] === undefined) delete b[field];
      else b[field] = other[field];
    }
    return [a, readRow(writeRows(b as unknown as Entry))]; // which completes a device's numbers
  });

test('property: a pair of rows is the change that its entries are', () => {
  fc.assert(
    fc.property(likeOnes, fc.constantFrom(...ways), fc.constantFrom(...ways), ([a, b], wayA, wayB) => {
      const [old, next] = [wayA(a), wayB(b)];
      const pair = pairOf(old, next);
      const path = Buffer.concat([FOLDER, Buffer.from('/'), a.name]);
      const change = changeOf({ path, old: a, new: b });
      assert.is(pair.letter, change?.letter);
      assert.is(pair.metadataOnly, change?.metadataOnly ?? false);
      assert.equal([pair.path, pair.old, pair.new], [path, a, b]);
      assert.is(sameView(old, next), sameEntry(a, b));
      assert.not(old.isLike(next) && old.isApart(next));
    }),
    { numRuns: 500 },
  );
});

test('what is on one side came or went', () => {
  const view = viewOf({ name: Buffer.from('f'), kind: Kind.file, id: EMPTY_CONTENT });
  assert.is(pairOf(undefined, view).letter, 'A');
  assert.is(pairOf(view, undefined).letter, 'D');
  assert.is(pairOf(view, undefined).path.toString(), 'a/folder/f');
  assert.is(pairOf(view, undefined).new, undefined);
});

test('another time, mode or kind is seen without decoding the rest', () => {
  const base: Entry = { name: Buffer.from('f'), kind: Kind.file, id: idOf(1), mode: 0o644, mtimeS: 1e9 };
  const broken = (entry: Entry) => {
    const bytes = writeRows(entry);
    bytes[bytes.length - 2] = 0x01; // attributes that are a number
    return viewIn(bytes);
  };
  const apart = (change: Partial<Entry>) => broken(base).isApart(broken({ ...base, ...change }));
  for (const change of [{ mtimeS: 1e9 + 1 }, { mode: 0o600 }, { kind: Kind.symlink }]) {
    assert.ok(apart(change));
    assert.not(sameView(broken(base), broken({ ...base, ...change })));
  }
  assert.not(apart({}));
  assert.not(apart({ uid: 7 }));
  // What only a decoded entry can tell shows the damage.
  assert.throws(() => sameView(broken(base), broken({ ...base, uid: 7 })), /cannot be read/);
  const folder = { ...base, kind: Kind.dir };
  assert.not(
    broken(folder).isApart(broken({ ...folder, mtimeS: 5e8 })),
    'the time of a folder is no difference',
  );
});

test.run();
