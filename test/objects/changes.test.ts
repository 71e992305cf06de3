import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ChangesBuilder, changesFormat, readChanges } from '../../src/objects/changes.ts';
import { encode } from '../../src/objects/encoding.ts';
import { type Change, Kind } from '../../src/objects/model.ts';
import { comparePaths } from '../../src/objects/names.ts';
import { lookupRow } from '../../src/objects/paged-cursor.ts';
import { type Id, ObjectType } from '../../src/store/id.ts';
import * as arbitrary from './arbitraries.ts';
import { collect, fails, idOf, MemoryStore } from './memory-store.ts';

async function build(store: MemoryStore, changes: Change[]): Promise<Id> {
  const builder = new ChangesBuilder(store.put);
  for (const change of changes) await builder.add(change);
  return (await builder.finish()).id;
}

const change = (path: string, letter: Change['letter'] = 'A', metadataOnly = false): Change => ({
  path: Buffer.from(path),
  letter,
  kind: Kind.file,
  id: idOf(path),
  metadataOnly,
});

test('golden: the bytes of changes', async () => {
  const store = new MemoryStore();
  const id = await build(store, [change('a/b', 'M', true), change('a.txt', 'D')]);
  const bytes = await store.readMeta(id, ObjectType.changes);
  assert.is(
    bytes.toString('hex'),
    `94010092 95c403612f62a14d01c420${idOf('a/b').toString('hex')}01 95c405612e747874a14401c420${idOf('a.txt').toString('hex')}00 90`.replaceAll(
      ' ',
      '',
    ),
  );
});

const path = fc.array(arbitrary.name, { minLength: 0, maxLength: 4 }).map((names) => joined(names));

function joined(names: Buffer[]): Buffer {
  return Buffer.concat(names.flatMap((name, i) => (i === 0 ? [name] : [Buffer.from('/'), name])));
}

test('property: decode gives what was encoded, in walk order', async () => {
  const row = fc.tuple(
    path,
    fc.constantFrom('A', 'M', 'D', 'T' as const),
    arbitrary.kind,
    arbitrary.id,
    fc.boolean(),
  );
  const rows = fc.uniqueArray(row, { maxLength: 40, selector: ([path]) => path.toString('hex') });
  await fc.assert(
    fc.asyncProperty(rows, async (given) => {
      const changes = given
        .map(
          ([path, letter, kind, id, only]) =>
            ({ path, letter, kind, id, metadataOnly: letter === 'M' && only }) as Change,
        )
        .sort((a, b) => comparePaths(a.path, b.path));
      const store = new MemoryStore();
      const id = await build(store, changes);
      assert.equal((await collect(readChanges(store, id))).flat(), changes);
      for (const each of changes) assert.equal(await lookupRow(changesFormat, store, id, each.path), each);
    }),
  );
});

test('many changes are paged; a folder’s are one range', async () => {
  const store = new MemoryStore();
  const changes: Change[] = [];
  for (let folder = 0; folder < 50; folder++) {
    for (let file = 0; file < 100; file++) changes.push(change(`d${folder}/f${file}`));
    changes.push(change(`d${folder}.txt`));
  }
  changes.sort((a, b) => comparePaths(a.path, b.path));
  const id = await build(store, changes);
  assert.is((await collect(readChanges(store, id))).flat().length, 5050);
  store.reads = 0;
  assert.equal(await lookupRow(changesFormat, store, id, Buffer.from('d7/f99')), change('d7/f99'));
  assert.is(store.reads, 2);
  assert.is(await lookupRow(changesFormat, store, id, Buffer.from('d7')), undefined);
  const from = (await collect(readChanges(store, id, Buffer.from('d7')))).flat();
  assert.equal(new Set(from.slice(0, 100).map(({ path }) => path.toString().split('/')[0])), new Set(['d7']));
  assert.is(from[100]!.path.toString(), 'd7.txt');
});

const REFUSED: [string, Partial<Change>][] = [
  ['an unknown letter', { letter: 'X' as 'A' }],
  ['metadata only of an A', { metadataOnly: true }],
  ['an unknown kind', { kind: 9 as Kind }],
  ['half an id', { id: Buffer.alloc(16) }],
  ['an absolute path', { path: Buffer.from('/a') }],
  ['a path that leaves the root', { path: Buffer.from('a/../b') }],
  ['a path that ends with a slash', { path: Buffer.from('a/') }],
];

for (const [what, part] of REFUSED) {
  test(`${what} is neither written nor read`, async () => {
    const store = new MemoryStore();
    const wrong = { ...change('a'), ...part };
    await fails(() => new ChangesBuilder(store.put).add(wrong), 'USAGE');
    const { path, letter, kind, id, metadataOnly } = wrong;
    const page = encode([1, 0, [[path, letter, kind, id, metadataOnly ? 1 : 0]], []]);
    const damaged = store.keep(ObjectType.changes, page);
    await fails(() => collect(readChanges(store, damaged)), 'DAMAGED', new RegExp(damaged.toString('hex')));
  });
}

test('changes out of walk order are refused', async () => {
  const builder = new ChangesBuilder(new MemoryStore().put);
  builder.add(change('a.txt'));
  await fails(() => builder.add(change('a/b')), 'USAGE', /out of order/);
});

test.run();
