/** A view of a row and the row decoded whole say the same, and take the same bytes for damaged. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VaultError } from '../../src/errors.ts';
import { readEntry, writeEntry } from '../../src/objects/entry-row.ts';
import { readView, viewOf } from '../../src/objects/entry-view.ts';
import { Malformed } from '../../src/objects/malformed.ts';
import type { Entry } from '../../src/objects/model.ts';
import { RowReader } from '../../src/objects/row-reader.ts';
import { RowWriter } from '../../src/objects/row-writer.ts';
import { walkRuns, walkViews } from '../../src/objects/walk.ts';
import { EMPTY_CONTENT } from '../../src/store/id.ts';
import * as arbitrary from './arbitraries.ts';
import { collect, directory, MemoryStore, storeTree } from './memory-store.ts';

function write(...entries: Entry[]): Buffer {
  const out = new RowWriter(1);
  for (const entry of entries) writeEntry(entry, out);
  return Buffer.from(out.written);
}

function whole(bytes: Buffer): Entry {
  const row = new RowReader(bytes);
  const entry = readEntry(row);
  row.end();
  return entry;
}

function viewed(bytes: Buffer): Entry {
  const row = new RowReader(bytes, EMPTY_CONTENT);
  const view = readView(row);
  row.end();
  const entry = view.entry();
  const { name, kind, id, mode } = view;
  assert.equal([name, kind, id, mode], [entry.name, entry.kind, entry.id, entry.mode]);
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
      const row = new RowReader(write(...entries), EMPTY_CONTENT);
      const views = entries.map(() => readView(row));
      row.end();
      assert.equal(
        views.map((view) => view.entry()),
        entries,
      );
      assert.equal(viewed(write(entries[0]!)), entries[0]);
    }),
  );
});

test('property: damaged bytes are damaged for both, or another entry for both', () => {
  const damage = fc.tuple(arbitrary.entry, fc.nat(), fc.nat(255), fc.nat());
  fc.assert(
    fc.property(damage, ([entry, at, value, length]) => {
      const bytes = write(entry);
      bytes[at % bytes.length] = value;
      for (const broken of [bytes, bytes.subarray(0, length % bytes.length)]) {
        assert.equal(
          orDamage(() => viewed(broken)),
          orDamage(() => whole(broken)),
        );
      }
    }),
    { numRuns: 1000 },
  );
});

test('what is wrong with a field that was passed over shows when the entry is asked for, with the tree’s id', () => {
  const bytes = write({ name: Buffer.from('a'), kind: 1, id: EMPTY_CONTENT });
  bytes[bytes.length - 2] = 0x01; // attributes that are a number
  const view = readView(new RowReader(bytes, EMPTY_CONTENT));
  assert.is(view.name.toString(), 'a');
  assert.throws(() => view.entry(), new RegExp(`^tree ${EMPTY_CONTENT.toString('hex')} cannot be read`));
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
});

test('an entry that was decoded is viewed as it is', () => {
  const entry: Entry = { name: Buffer.from('a'), kind: 1, id: EMPTY_CONTENT, size: 3 };
  assert.is(viewOf(entry).entry(), entry);
  assert.is(viewOf(entry).mode, undefined);
});

test.run();
