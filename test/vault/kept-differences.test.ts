/** What is kept between two looks at the differences is given once, in order, and never more than allowed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type EntryView, viewOf } from '../../src/objects/entry-view.ts';
import { type Entry, Kind } from '../../src/objects/model.ts';
import { RowPair } from '../../src/objects/row-pair.ts';
import { EMPTY_CONTENT } from '../../src/store/id.ts';
import type { Difference, Side } from '../../src/vault/diff/diff.ts';
import { KeptDifferences } from '../../src/vault/diff/kept-differences.ts';
import { withRenames } from '../../src/vault/diff/renames.ts';

function entryOf(name: string): Entry {
  return { name: Buffer.from(name), kind: Kind.file, id: EMPTY_CONTENT };
}

/** Of a block of so many bytes. */
function differenceIn(block: ArrayBuffer, name: string): Difference {
  const view: EntryView = { ...viewOf(entryOf(name)), memory: block };
  return new RowPair(Buffer.alloc(0), view, view, true) as RowPair & Difference;
}

function groupsOf(block: ArrayBuffer, ...names: string[]): Difference[][] {
  return names.map((group) => [...group].map((name) => differenceIn(block, name)));
}

function keptOf(
  groups: Difference[][],
  limits: { count: number; bytes: number },
): Difference[][] | undefined {
  const kept = new KeptDifferences(limits);
  for (const group of groups) kept.add(group);
  const given = kept.take();
  assert.is(kept.take(), undefined, 'once');
  return given && [...given];
}

test('all groups are given in order, and once', () => {
  const groups = groupsOf(new ArrayBuffer(10), 'ab', 'c', 'def');
  assert.equal(keptOf(groups, { count: 6, bytes: 10 }), groups);
  assert.equal(keptOf([], { count: 0, bytes: 0 }), []);
});

test('none are given when they are too many, or hold too much', () => {
  const block = new ArrayBuffer(10);
  const groups = groupsOf(block, 'ab', 'c', 'def');
  assert.is(keptOf(groups, { count: 5, bytes: 10 }), undefined);
  assert.is(keptOf(groups, { count: 6, bytes: 9 }), undefined);
  const other = groupsOf(new ArrayBuffer(1), 'g');
  assert.is(keptOf([...groups, ...other], { count: 7, bytes: 10 }), undefined);
  assert.is(keptOf([...groups, ...other], { count: 7, bytes: 11 })?.length, 4);
});

test('differences without renames are walked over once for two looks, and again for each further one', async () => {
  let walks = 0;
  const groups = groupsOf(new ArrayBuffer(10), 'ab', 'c');
  async function* differences() {
    walks++;
    yield* groups;
  }
  const side: Side = { root: entryOf('root'), reader: undefined as never };
  const found = await withRenames(side, side, differences, {});
  for (let looks = 1; looks <= 3; looks++) {
    const all: Difference[][] = [];
    for await (const group of found.differences()) all.push(group);
    assert.equal(all, groups);
    assert.is(walks, looks);
  }
});

test('a search for renames decodes no entry of what is only modified', async () => {
  const undecoded = {
    path: Buffer.from('a'),
    letter: 'M',
    metadataOnly: true,
    get old(): Entry {
      return assert.unreachable('the old entry') as never;
    },
    get new(): Entry {
      return assert.unreachable('the new entry') as never;
    },
  } as const;
  const side = {} as Side;
  const found = await withRenames(
    side,
    side,
    async function* () {
      yield [undecoded];
    },
    {},
  );
  for await (const group of found.differences()) assert.is(group[0], undecoded);
});

test.run();
