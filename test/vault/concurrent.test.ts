/** Two snapshots of one line at once: both stay, whoever is first. */
import { writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ancestors, checkQuick, type Repository, type SnapshotOptions } from '../../src/index.ts';
import { changesOf, entriesOf, fullTree, type Kept, type Taken, take, treeOf, withKept } from './kept.ts';
import { beforeCreate, openWrapped } from './wrapped-vault.ts';

/** Takes a snapshot; when it creates a key that matches, `meanwhile` happens first, once. */
async function takeWhile(
  kept: Kept,
  key: RegExp,
  meanwhile: () => Promise<void>,
  options: Partial<SnapshotOptions> = {},
): Promise<Taken> {
  let left = 1;
  const vault = await openWrapped(kept, (backend) =>
    beforeCreate(backend, async (name) => {
      if (key.test(name) && left-- > 0) await meanwhile();
    }),
  );
  try {
    const taken = await take(vault, { message: 'slow', ...options });
    assert.ok(left <= 0, 'it came to that key');
    return taken;
  } finally {
    await vault.close();
  }
}

async function lineOf(vault: Repository): Promise<string[]> {
  const targets: string[] = [];
  for await (const { target } of vault.refs.history('heads', 'main')) targets.push(target!);
  return targets;
}

async function ancestorsOf(vault: Repository, { id }: Taken): Promise<string[]> {
  const found: string[] = [];
  for await (const visited of ancestors(vault.store, [id])) found.push(visited.id.toString('hex'));
  return found.sort();
}

function hexes(...taken: Taken[]): string[] {
  return taken.map(({ id }) => id.toString('hex'));
}

test('one that finds its line moved is made anew upon the new newest', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'one');
    const vault = await kept.init();
    const first = await take(vault);
    let fast: Taken | undefined;
    writeFileSync(kept.at('a'), 'two');
    writeFileSync(kept.at('b'), 'b');
    const slow = await takeWhile(kept, /^objects\//, async () => {
      writeFileSync(kept.at('c'), 'c');
      fast = await take(vault, { message: 'fast' });
    });
    assert.equal(slow.snapshot.parents, [fast!.id]);
    assert.is(slow.snapshot.generation, 2);
    // It was scanned before `c` came.
    assert.equal(await changesOf(vault, slow), ['D c']);
    assert.equal(await lineOf(vault), hexes(slow, fast!, first));
    assert.is(treeOf(await take(vault)), await fullTree(vault));
  }));

test('one of some paths only, made anew, carries over what the other has stored', () =>
  withKept(async (kept) => {
    for (const name of ['a', 'b', 'c']) writeFileSync(kept.at(name), 'one');
    const vault = await kept.init();
    await take(vault);
    for (const name of ['a', 'b', 'c']) writeFileSync(kept.at(name), 'second');
    const slow = await takeWhile(
      kept,
      /^objects\//,
      async () => void (await take(vault, { paths: [Buffer.from('b')] })),
      { paths: [Buffer.from('a')] },
    );
    assert.equal(await changesOf(vault, slow), ['M a']);
    const entries = await entriesOf(vault, slow);
    const sizes = ['a', 'b', 'c'].map((name) => entries.get(name)!.size);
    assert.equal(sizes, [6, 6, 3]);
  }));

test('one that loses the race for the number stays, and the next descends from both', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'one');
    const vault = await kept.init();
    const first = await take(vault);
    let fast: Taken | undefined;
    const slow = await takeWhile(kept, /^txn\/.*\/outcome$/, async () => {
      fast = await take(vault, { message: 'fast' });
    });
    assert.equal(slow.snapshot.parents, [first.id]);
    assert.equal(fast!.snapshot.parents, [first.id]);
    assert.equal(await lineOf(vault), hexes(slow, fast!, first));
    const next = await take(vault);
    assert.equal(next.snapshot.parents, [slow.id, fast!.id]);
    assert.equal(await ancestorsOf(vault, next), hexes(first, slow, fast!, next).sort());
    assert.equal((await take(vault)).snapshot.parents, [next.id]);
    assert.equal((await checkQuick(vault)).findings, []);
  }));

test('the same with two first snapshots', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'one');
    const vault = await kept.init();
    let fast: Taken | undefined;
    const slow = await takeWhile(kept, /^txn\/.*\/outcome$/, async () => {
      fast = await take(vault, { message: 'fast' });
    });
    assert.equal([slow.snapshot.parents, fast!.snapshot.parents], [[], []]);
    const next = await take(vault);
    assert.equal(next.snapshot.parents, [slow.id, fast!.id]);
    assert.is(next.changed, 0);
    assert.equal(await ancestorsOf(vault, next), hexes(slow, fast!, next).sort());
  }));

test('one that commits between the other’s commit and its record', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'one');
    const vault = await kept.init();
    const first = await take(vault);
    let fast: Taken | undefined;
    const slow = await takeWhile(kept, /^refs\/heads\/main\//, async () => {
      fast = await take(vault, { message: 'fast' });
    });
    // It wrote the record of the first, and so came after it.
    assert.equal(await lineOf(vault), hexes(fast!, slow, first));
    assert.equal(fast!.snapshot.parents, [slow.id]);
    const next = await take(vault);
    assert.equal(next.snapshot.parents, [fast!.id]);
  }));

test('in one process: eight at once, each with its own handle', () =>
  withKept(async (kept) => {
    for (let i = 0; i < 20; i++) writeFileSync(kept.at(`f${i}`), `${i}`);
    const vault = await kept.init();
    const handles = await Promise.all(Array.from({ length: 8 }, () => kept.open()));
    const all = await Promise.all(handles.map((handle, i) => take(handle, { message: `${i}` })));
    assert.equal((await lineOf(vault)).sort(), hexes(...all).sort());
    const next = await take(vault);
    assert.equal(await ancestorsOf(vault, next), hexes(...all, next).sort());
    for (const one of all) assert.is(treeOf(one), treeOf(next));
    assert.equal((await checkQuick(vault)).findings, []);
  }));

test.run();
