/** Trees from rows that become known in any order, beside the parent's rows. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Entry, Kind } from '../../src/objects/model.ts';
import { TreeBuilder } from '../../src/objects/tree.ts';
import type { Id } from '../../src/store/id.ts';
import { ParentRows } from '../../src/vault/scan/parent-rows.ts';
import { TreeNode } from '../../src/vault/scan/tree-assembly.ts';
import { idOf, MemoryStore } from '../objects/memory-store.ts';

/** What becomes of a name: `late` ones are known when all others are; `gone` was listed, but is not there any more. */
type Fate =
  | 'kept'
  | 'kept late'
  | 'changed'
  | 'changed late'
  | 'removed'
  | 'gone'
  | 'gone late'
  | 'added before';

interface Outcome {
  tree: Id;
  expected: Id;
  /** objects that the assembly stored */
  puts: number;
}

function row(i: number, content: string): Entry {
  return { name: Buffer.from(String(i).padStart(6, '0')), kind: Kind.file, id: idOf(content) };
}

async function stored(store: MemoryStore, rows: Entry[]): Promise<Id> {
  const builder = new TreeBuilder(store.put);
  for (const entry of rows) await builder.add(entry);
  return (await builder.finish()).id;
}

/** Walks over the names as the scan does. Names of the parent are even numbers. */
async function assemble(count: number, fates: Map<number, Fate>): Promise<Outcome> {
  const store = new MemoryStore();
  const before = Array.from({ length: count }, (_, i) => row(2 * i, `old ${i}`));
  const previous = await stored(store, before);
  const putsBefore = store.puts;
  const { promise, resolve, reject } = Promise.withResolvers<Id>();
  const node = new TreeNode({ reader: store, put: store.put, fail: reject }, previous, resolve);
  const rows = new ParentRows(store, previous);
  const after: Entry[] = [];
  const late: (() => void)[] = [];
  for (let i = 0; i < count; i++) {
    const fate = fates.get(i) ?? 'kept';
    if (fate === 'removed') continue;
    if (fate === 'added before') {
      const added = row(2 * i - 1, `added ${i}`);
      assert.is(await rows.find(added.name), undefined);
      after.push(added);
      node.add(added);
    }
    const old = (await rows.find(before[i]!.name))!.entry();
    assert.is(rows.rank, i + 1);
    const changed = row(2 * i, `new ${i}`);
    const isGone = fate === 'gone' || fate === 'gone late';
    const isChanged = fate === 'changed' || fate === 'changed late';
    if (!isGone) after.push(isChanged ? changed : old);
    if (fate.endsWith('late')) {
      const reserved = node.reserve(rows.rank);
      if (isGone) late.push(() => node.fill(reserved, null));
      else late.push(() => node.fill(reserved, isChanged ? changed : old, !isChanged));
    } else if (isChanged) node.add(changed);
    else if (!isGone) node.add(old, rows.rank);
    if (i % 64 === 0) await node.busy;
  }
  await rows.finish();
  assert.is(rows.count, count);
  node.end(rows.count);
  for (const fill of late.reverse()) fill();
  const tree = await promise;
  return { tree, puts: store.puts - putsBefore, expected: await stored(store, after) };
}

test('the tree is that of its rows, whatever became of them', async () => {
  const fate = fc.constantFrom<Fate>(
    'kept late',
    'changed',
    'changed late',
    'removed',
    'gone',
    'gone late',
    'added before',
  );
  const edges = fc.constantFrom(0, 1, 1023, 1024, 1025, 1026, 2048, 2049, 2050, 2051);
  const fates = fc.array(fc.tuple(fc.oneof(edges, fc.nat(3200)), fate), { maxLength: 6 });
  const count = fc.oneof(fc.constantFrom(0, 1, 1024, 1025, 1026, 2050), fc.nat(3200));
  await fc.assert(
    fc.asyncProperty(count, fates, async (n, list) => {
      const { tree, expected } = await assemble(n, new Map(list));
      assert.is(tree.toString('hex'), expected.toString('hex'));
    }),
    { numRuns: 60 },
  );
});

test('a folder whose rows are all its parent version’s keeps that tree, and nothing is stored', async () => {
  for (const count of [0, 10, 1500]) {
    assert.is((await assemble(count, new Map())).puts, 0);
    assert.is((await assemble(count, new Map([[3, 'kept late']]))).puts, 0);
  }
});

test('a folder that was emptied has the empty tree', async () => {
  const store = new MemoryStore();
  const previous = await stored(store, [row(1, 'a'), row(2, 'b')]);
  const { promise, resolve, reject } = Promise.withResolvers<Id>();
  const node = new TreeNode({ reader: store, put: store.put, fail: reject }, previous, resolve);
  node.end(2);
  assert.equal(await promise, await stored(store, []));
});

test('a failure to store fails the assembly', async () => {
  const store = new MemoryStore();
  const { promise, resolve, reject } = Promise.withResolvers<Id>();
  const put = async () => {
    throw new Error('disk full');
  };
  const node = new TreeNode({ reader: store, put, fail: reject }, undefined, resolve);
  node.add(row(1, 'a'));
  node.end(0);
  try {
    await promise;
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'disk full');
  }
});

test('parent rows: asked for in order, with gaps', async () => {
  const store = new MemoryStore();
  const entries = Array.from({ length: 5000 }, (_, i) => row(i, `${i}`));
  const rows = new ParentRows(store, await stored(store, entries));
  for (let i = 0; i < 5000; i += 37) {
    assert.equal((await rows.find(entries[i]!.name))?.id, entries[i]!.id);
    assert.is(rows.rank, i + 1);
    assert.is(await rows.find(Buffer.concat([entries[i]!.name, Buffer.from('x')])), undefined);
  }
  await rows.finish();
  assert.is(rows.count, 5000);
  const none = new ParentRows(store, undefined);
  assert.is(await none.find(Buffer.from('a')), undefined);
  await none.finish();
  assert.is(none.count, 0);
});

test.run();
