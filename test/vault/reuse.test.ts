/** What is unchanged is not opened; what could have changed unseen is read again. */
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Kind, type Progress, type Repository, silentProgress } from '../../src/index.ts';
import { Flag } from '../../src/objects/model.ts';
import type { Stat } from '../../src/platform/platform.ts';
import { isRacy } from '../../src/vault/scan/stat-entry.ts';
import { withPlatform } from '../workers/patched-platform.ts';
import { changesOf, contentOf, entriesOf, fullTree, type Taken, take, treeOf, withKept } from './kept.ts';

interface Looked extends Taken {
  /** files that were read, and that were taken over */
  read: number;
  reused: number;
  /** threads that were started, and files that this thread opened */
  workers: number;
  opened: number;
}

async function look(vault: Repository): Promise<Looked> {
  const seen = { read: 0, reused: 0, workers: 0, opened: 0 };
  const progress: Progress = {
    ...silentProgress,
    file(_size, isUnchanged) {
      if (isUnchanged) seen.reused++;
      else seen.read++;
    },
  };
  const onWorker = (): void => {
    seen.workers++;
  };
  process.on('worker', onWorker);
  try {
    const taken = await withPlatform(
      (real) => ({
        openForRead(path) {
          seen.opened++;
          return real.openForRead(path);
        },
      }),
      () => take(vault, { progress }),
    );
    return { ...taken, ...seen };
  } finally {
    process.off('worker', onWorker);
  }
}

test('an unchanged folder: no file is opened, no thread started, the tree is the same', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('d/e'), { recursive: true });
    for (let i = 0; i < 40; i++) writeFileSync(kept.at(i % 2 ? 'd' : 'd/e', `f${i}`), `${i}`);
    symlinkSync('f1', kept.at('d/link'));
    const vault = await kept.init();
    const first = await look(vault);
    assert.equal([first.read, first.reused, first.opened], [40, 0, 40]);
    const second = await look(vault);
    assert.equal([second.read, second.workers, second.opened], [0, 0, 0]);
    assert.is(treeOf(second), treeOf(first));
    assert.is(second.snapshot.stats.files, 40);
    assert.is(second.snapshot.stats.bytes, first.snapshot.stats.bytes);
  }));

test('only what changed is read', () =>
  withKept(async (kept) => {
    for (let i = 0; i < 40; i++) writeFileSync(kept.at(`f${i}`), `${i}`);
    const vault = await kept.init();
    await take(vault);
    appendFileSync(kept.at('f7'), 'more');
    writeFileSync(kept.at('new'), 'new');
    rmSync(kept.at('f8'));
    const taken = await look(vault);
    assert.equal([taken.read, taken.reused, taken.opened], [2, 38, 2]);
    assert.equal(await changesOf(vault, taken), ['M f7', 'D f8', 'A new']);
    assert.is(treeOf(taken), await fullTree(vault));
  }));

test('an entry read within two seconds of its times is read again until it is not', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'one');
    kept.ahead = 0n;
    const vault = await kept.init();
    const first = await look(vault);
    const isRacyEntry = async (taken: Taken): Promise<boolean> =>
      (((await entriesOf(vault, taken)).get('a')!.flags ?? 0) & Flag.racy) !== 0;
    assert.ok(await isRacyEntry(first));
    assert.equal([(await look(vault)).read], [1]);
    kept.ahead = 3_600_000_000_000n;
    const calm = await kept.open();
    const third = await look(calm);
    assert.is(third.read, 1);
    assert.not.ok(await isRacyEntry(third));
    assert.equal(await changesOf(calm, third), []);
    const fourth = await look(calm);
    assert.equal([fourth.read, treeOf(fourth)], [0, treeOf(third)]);
  }));

test('a change that keeps size and mtime is seen by its ctime', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'before');
    const vault = await kept.init();
    await take(vault);
    const { atime, mtime } = statSync(kept.at('a'));
    writeFileSync(kept.at('a'), 'behind');
    utimesSync(kept.at('a'), atime, mtime);
    const taken = await look(vault);
    assert.is(taken.read, 1);
    assert.is((await contentOf(vault, (await entriesOf(vault, taken)).get('a')!)).toString(), 'behind');
  }));

test('another file of the same size and times in its place is seen by its inode', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'before');
    writeFileSync(kept.at('b'), 'behind');
    const when = new Date(1_000_000_000_000);
    for (const name of ['a', 'b']) utimesSync(kept.at(name), when, when);
    const vault = await kept.init();
    await take(vault);
    renameSync(kept.at('b'), kept.at('a'));
    const taken = await take(vault);
    assert.is((await contentOf(vault, (await entriesOf(vault, taken)).get('a')!)).toString(), 'behind');
  }));

test('metadata alone: mode, links, folders', () =>
  withKept(async (kept) => {
    mkdirSync(kept.at('d'));
    writeFileSync(kept.at('d/a'), 'same');
    const vault = await kept.init();
    await take(vault);
    chmodSync(kept.at('d/a'), 0o600);
    chmodSync(kept.at('d'), 0o700);
    const taken = await take(vault);
    assert.equal(await changesOf(vault, taken), ['Mm d', 'Mm d/a']);
    assert.is(taken.snapshot.stats.newBytes, 0);
    linkSync(kept.at('d/a'), kept.at('b'));
    const linked = await take(vault);
    assert.equal(await changesOf(vault, linked), ['A b']);
    assert.is((await entriesOf(vault, linked)).get('d/a')!.nlink, 2);
    assert.is(treeOf(linked), await fullTree(vault));
  }));

test('files turn into folders, links and back', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('x'), 'file');
    const vault = await kept.init();
    await take(vault);
    const kinds: [Kind, () => void][] = [
      [Kind.dir, () => mkdirSync(kept.at('x'))],
      [Kind.symlink, () => symlinkSync('file', kept.at('x'))],
      [Kind.file, () => writeFileSync(kept.at('x'), 'file')],
    ];
    for (const [kind, make] of kinds) {
      rmSync(kept.at('x'), { recursive: true });
      make();
      const taken = await take(vault);
      assert.equal(await changesOf(vault, taken), ['T x']);
      assert.is((await entriesOf(vault, taken)).get('x')?.kind, kind);
    }
  }));

test('times ahead of the clock', () => {
  const at = (mtimeS: number, ctimeS: number): Stat => ({ mtimeS, ctimeS }) as Stat;
  const now = 1000;
  for (const [mtime, ctime] of [
    [1000, 1000],
    [998, 10],
    [10, 998],
    [1001, 10],
    [1002, 10],
    [10, 1001],
    [10, 5000],
  ] as const)
    assert.ok(isRacy(at(mtime, ctime), now), `${mtime} ${ctime}`);
  for (const [mtime, ctime] of [
    [997, 997],
    [10, 10],
    [5000, 10],
    [1003, 997],
  ] as const)
    assert.not.ok(isRacy(at(mtime, ctime), now), `${mtime} ${ctime}`);
});

test('a file dated far ahead is not read every time', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'x');
    utimesSync(kept.at('a'), 4_000_000_000, 4_000_000_000);
    const vault = await kept.init();
    await take(vault);
    assert.is((await look(vault)).read, 0);
  }));

test('in an image nothing is taken over: another one in its place shows the same times and numbers', () =>
  withKept(async (kept) => {
    writeFileSync(kept.at('a'), 'one');
    mkdirSync(kept.at('folder'));
    symlinkSync('one', kept.at('folder', 'link'));
    const vault = await kept.init();
    await take(vault);
    const images = () => ({ keepsChangeTimes: () => false });
    await withPlatform(images, async () => {
      const { read, reused } = await look(vault);
      assert.equal([read, reused], [1, 0]);
    });
  }));

test.run();
