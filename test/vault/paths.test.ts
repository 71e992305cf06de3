/** Snapshots of some PATHs: the rest is taken over from the parent. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Repository } from '../../src/index.ts';
import { listTransactions } from '../../src/store/transaction/transaction.ts';
import { selectionOf } from '../../src/vault/selection.ts';
import { fails } from '../objects/memory-store.ts';
import {
  changesOf,
  contentOf,
  entriesOf,
  fullTree,
  type Kept,
  pathsOf,
  type Taken,
  take,
  treeOf,
  withKept,
} from './kept.ts';

function takeOnly(vault: Repository, ...paths: string[]): Promise<Taken> {
  return take(vault, { paths: paths.map((path) => Buffer.from(path, 'latin1')) });
}

function write(kept: Kept, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(kept.at(path), '..'), { recursive: true });
    writeFileSync(kept.at(path), content);
  }
}

function fill(kept: Kept): void {
  write(kept, { 'a/b/c': '1', 'a/b/d': '2', 'a/e': '3', 'a/b.x': '4', f: '5', 'g/h': '6' });
}

test('only what is named is looked at', () =>
  withKept(async (kept) => {
    fill(kept);
    const vault = await kept.init();
    const first = await take(vault);
    write(kept, { 'a/b/c': 'new 1', 'a/e': 'new 3', f: 'new 5', 'g/new': 'new' });
    const partial = await takeOnly(vault, 'a/b', 'f');
    assert.equal(await changesOf(vault, partial), ['M a/b/c', 'M f']);
    assert.equal(await pathsOf(vault, partial), await pathsOf(vault, first));
    const { files, dirs, bytes } = partial.snapshot.stats;
    assert.equal([files, dirs, bytes], [6, 4, 6 + 4 + 4]);
    const rest = await take(vault);
    assert.equal(await changesOf(vault, rest), ['M a/e', 'A g/new']);
    assert.is(treeOf(rest), await fullTree(vault));
  }));

test('what is gone from disk is recorded as deleted, file and folder', () =>
  withKept(async (kept) => {
    fill(kept);
    const vault = await kept.init();
    await take(vault);
    for (const path of ['a/b', 'f', 'g/h']) rmSync(kept.at(path), { recursive: true });
    assert.equal(await changesOf(vault, await takeOnly(vault, 'f')), ['D f']);
    assert.equal(await changesOf(vault, await takeOnly(vault, 'a/b/c', 'a/b')), [
      'D a/b',
      'D a/b/c',
      'D a/b/d',
    ]);
    const last = await takeOnly(vault, 'g');
    assert.equal(await changesOf(vault, last), ['D g/h']);
    assert.is(treeOf(await take(vault)), await fullTree(vault));
  }));

test('a PATH whose folder is gone takes the folder along', () =>
  withKept(async (kept) => {
    fill(kept);
    const vault = await kept.init();
    await take(vault);
    rmSync(kept.at('a'), { recursive: true });
    const taken = await takeOnly(vault, 'a/b/c');
    assert.equal(await pathsOf(vault, taken), ['f', 'g', 'g/h']);
  }));

test('what is new: a file, a folder, deep in folders that are new', () =>
  withKept(async (kept) => {
    fill(kept);
    const vault = await kept.init();
    await take(vault);
    write(kept, { 'new/deep/er/file': 'n', 'new/other': 'o', 'a/b/new': 'n', 'new/deep/also': 'a' });
    const taken = await takeOnly(vault, 'new/deep/er', 'a/b/new');
    assert.equal(await changesOf(vault, taken), [
      'A a/b/new',
      'A new',
      'A new/deep',
      'A new/deep/er',
      'A new/deep/er/file',
    ]);
    assert.is(treeOf(await take(vault)), await fullTree(vault));
  }));

test('a first snapshot of some PATHs holds nothing else', () =>
  withKept(async (kept) => {
    fill(kept);
    const vault = await kept.init();
    const taken = await takeOnly(vault, 'a/b', 'g/h');
    assert.equal(await pathsOf(vault, taken), ['a', 'a/b', 'a/b/c', 'a/b/d', 'g', 'g/h']);
    assert.is(taken.snapshot.stats.files, 3);
  }));

test('PATHs within each other, twice, and the root', () =>
  withKept(async (kept) => {
    fill(kept);
    const vault = await kept.init();
    await take(vault);
    write(kept, { 'a/b/c': 'x', 'a/e': 'y' });
    assert.equal(await changesOf(vault, await takeOnly(vault, 'a/b', 'a', 'a/b/c', 'a')), [
      'M a/b/c',
      'M a/e',
    ]);
    write(kept, { f: 'z' });
    assert.equal(await changesOf(vault, await takeOnly(vault, 'g', '')), ['M f']);
  }));

test('a folder that has become a file, a link, and the reverse', () =>
  withKept(async (kept) => {
    fill(kept);
    const vault = await kept.init();
    await take(vault);
    rmSync(kept.at('a'), { recursive: true });
    writeFileSync(kept.at('a'), 'now a file');
    const asFile = await takeOnly(vault, 'a/b/c');
    assert.equal(await pathsOf(vault, asFile), ['a', 'f', 'g', 'g/h']);
    await fails(() => takeOnly(vault, 'a/b/c'), 'USAGE');
    rmSync(kept.at('a'));
    write(kept, { 'a/b/c': 'again' });
    const asFolder = await takeOnly(vault, 'a/b/c');
    assert.equal(await pathsOf(vault, asFolder), ['a', 'a/b', 'a/b/c', 'f', 'g', 'g/h']);
    rmSync(kept.at('a/b'), { recursive: true });
    mkdirSync(kept.at('elsewhere'));
    writeFileSync(kept.at('elsewhere/c'), 'c');
    symlinkSync('../elsewhere', kept.at('a/b'));
    const asLink = await takeOnly(vault, 'a/b/c');
    assert.equal(await changesOf(vault, asLink), ['T a/b', 'D a/b/c']);
    await fails(() => takeOnly(vault, 'a/b/c'), 'USAGE', /neither on disk/);
  }));

test('what is in neither, and what is no path', () =>
  withKept(async (kept) => {
    fill(kept);
    const vault = await kept.init();
    await take(vault);
    for (const path of ['nothing', 'a/nothing', 'f/below', 'a//b', '/a', 'a/', '..', 'a/../f', '.', 'a\0b']) {
      await fails(() => takeOnly(vault, 'a', path), 'USAGE');
    }
    const record = await vault.refs.current('heads', 'main');
    assert.is(record?.seq, 0, 'nothing was recorded');
    for await (const { id } of listTransactions(vault.backend))
      assert.unreachable(`transaction ${id} is left`);
  }));

test('rules hold for PATHs as well', () =>
  withKept(async (kept) => {
    fill(kept);
    writeFileSync(kept.at('.vaultignore'), 'e\n');
    writeFileSync(kept.at('a/.vaultignore'), '/b/d\n');
    const vault = await kept.init();
    const taken = await takeOnly(vault, 'a/b', 'a/e', 'f');
    assert.equal(await pathsOf(vault, taken), ['a', 'a/b', 'a/b/c', 'f']);
    assert.equal(
      taken.excluded.map(({ path }) => path.toString()),
      ['a/b/d', 'a/e'],
    );
  }));

test('names of any bytes', () =>
  withKept(async (kept) => {
    fill(kept);
    const name = Buffer.concat([Buffer.from(kept.at('g/')), Buffer.from('n\xff', 'latin1')]);
    writeFileSync(name, 'odd');
    const vault = await kept.init();
    await take(vault);
    writeFileSync(name, 'odder');
    const taken = await takeOnly(vault, 'g/n\xff');
    assert.equal(await changesOf(vault, taken), ['M g/n\xff']);
    assert.is((await contentOf(vault, (await entriesOf(vault, taken)).get('g/n\xff')!)).toString(), 'odder');
  }));

test('selections', () => {
  const show = (...paths: string[]) => selectionOf(paths.map((path) => Buffer.from(path)));
  assert.is(show('a', ''), true);
  assert.equal(show('a/b', 'a'), new Map([['a', true]]));
  assert.equal(show('a', 'a/b'), new Map([['a', true]]));
  assert.equal(
    show('a/b', 'a/c'),
    new Map([
      [
        'a',
        new Map([
          ['b', true],
          ['c', true],
        ]),
      ],
    ]),
  );
});

test.run();
