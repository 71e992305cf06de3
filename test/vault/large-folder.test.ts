/** Folders of more rows than a tree keeps in memory: they are streamed, and read again from the parent's tree. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Repository } from '../../src/index.ts';
import { changesOf, fullTree, type Kept, pathsOf, type Taken, take, treeOf, withKept } from './kept.ts';

function nameOf(i: number): string {
  return `f${String(i).padStart(5, '0')}`;
}

function fill(kept: Kept, count: number): void {
  mkdirSync(kept.at('d'));
  for (let i = 0; i < count; i++) writeFileSync(kept.at('d', nameOf(i)), i % 7 === 0 ? '' : `${i % 50}`);
}

/** Takes a snapshot; its tree is that of a first snapshot, and its changes are `expected`. */
async function expectChanges(vault: Repository, expected: string[]): Promise<Taken> {
  const taken = await take(vault);
  assert.is(treeOf(taken), await fullTree(vault), `tree after ${expected.join(', ')}`);
  assert.equal(await changesOf(vault, taken), expected);
  return taken;
}

test('one name among 1,500 is removed, added and changed', () =>
  withKept(async (kept) => {
    fill(kept, 1500);
    const vault = await kept.init();
    await take(vault);
    const path = kept.at('d', nameOf(5));
    rmSync(path);
    await expectChanges(vault, ['D d/f00005']);
    writeFileSync(path, 'new');
    await expectChanges(vault, ['A d/f00005']);
    writeFileSync(path, 'newer');
    await expectChanges(vault, ['M d/f00005']);
  }));

test('many names go, come and move at once', () =>
  withKept(async (kept) => {
    fill(kept, 2500);
    const vault = await kept.init();
    const first = await take(vault);
    for (let i = 0; i < 2500; i += 3) rmSync(kept.at('d', nameOf(i)));
    await take(vault);
    for (let i = 1; i < 2500; i += 3) renameSync(kept.at('d', nameOf(i)), kept.at('d', `g${nameOf(i)}`));
    const taken = await take(vault);
    assert.is(treeOf(taken), await fullTree(vault));
    const left = Array.from({ length: 2500 }, (_, i) => i).filter((i) => i % 3 !== 0);
    const expected = left.map((i) => (i % 3 === 1 ? `d/g${nameOf(i)}` : `d/${nameOf(i)}`)).sort();
    assert.equal(await pathsOf(vault, taken), ['d', ...expected]);
    assert.is((await pathsOf(vault, first)).length, 2501);
  }));

test('rules that leave out names in the middle', () =>
  withKept(async (kept) => {
    fill(kept, 1500);
    const vault = await kept.init();
    await take(vault);
    const taken = await take(vault, { exclude: ['d/f0001?', 'f01400'] });
    const paths = await pathsOf(vault, taken);
    assert.is(paths.length, 1501 - 11);
    assert.not.ok(paths.some((path) => /f0001.$|f01400/.test(path)));
  }));

test('an unchanged large folder keeps its tree', () =>
  withKept(async (kept) => {
    fill(kept, 3000);
    const vault = await kept.init();
    const first = await take(vault);
    const second = await take(vault);
    assert.is(treeOf(second), treeOf(first));
    assert.is(second.snapshot.stats.newBytes, 0);
    assert.is(second.changed, 0);
  }));

test('a PATH in a large folder', () =>
  withKept(async (kept) => {
    fill(kept, 1500);
    const vault = await kept.init();
    await take(vault);
    rmSync(kept.at('d', nameOf(3)));
    writeFileSync(kept.at('d', nameOf(1300)), 'changed');
    rmSync(kept.at('d', nameOf(1400)));
    const paths = [3, 1300].map((i) => Buffer.from(`d/${nameOf(i)}`));
    const partial = await take(vault, { paths });
    assert.equal(await changesOf(vault, partial), ['D d/f00003', 'M d/f01300']);
    await expectChanges(vault, ['D d/f01400']);
  }));

test.run();
