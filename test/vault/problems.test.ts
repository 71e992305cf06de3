/** What cannot be read is listed and keeps its last version; the rest goes on. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { initVault } from '../../src/index.ts';
import { type Fault, faulty } from '../../src/platform/fault.ts';
import { fails } from '../objects/memory-store.ts';
import { withPlatform } from '../workers/patched-platform.ts';
import {
  changesOf,
  contentOf,
  entriesOf,
  fullTree,
  type Kept,
  pathsOf,
  snapshotOf,
  type Taken,
  take,
  treeOf,
  withKept,
} from './kept.ts';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

function problemsOf({ problems }: Taken): string[] {
  return problems.map(({ path, code }) => `${code} ${path.toString('latin1')}`);
}

/** Runs `body` while calls on the scanning thread fail. */
function withFaults<T>(plan: Fault[], body: () => Promise<T>): Promise<T> {
  return withPlatform((real) => faulty(real, plan), body);
}

function fault(kept: Kept, method: Fault['method'], path: string, code = 'EACCES'): Fault {
  return { ...(method && { method }), path: Buffer.from(kept.at(path)), code };
}

function fill(kept: Kept): void {
  mkdirSync(kept.at('d/e'), { recursive: true });
  for (const path of ['a', 'd/b', 'd/e/c', 'z']) writeFileSync(kept.at(path), `first ${path}`);
}

const WAYS: [title: string, method: Fault['method'], path: string, code: string][] = [
  ['a name that cannot be looked at', 'Directory.stat', 'd/b', 'EIO'],
  ['a folder that cannot be looked at', 'Directory.stat', 'd', 'EIO'],
  ['a folder that cannot be opened', 'Directory.openDirectory', 'd', 'EACCES'],
  ['a folder whose attributes cannot be read', 'listXattrs', 'd', 'EIO'],
];

for (const [title, method, path, code] of WAYS) {
  test(`${title} keeps its last version`, () =>
    withKept(async (kept) => {
      fill(kept);
      const vault = await kept.init();
      const first = await take(vault);
      writeFileSync(kept.at('z'), 'second z');
      // So that its attributes are looked at.
      if (method === 'listXattrs') chmodSync(kept.at(path), 0o751);
      const second = await withFaults([fault(kept, method, path, code)], () => take(vault));
      assert.equal(problemsOf(second), [`${code} ${path}`]);
      assert.is(second.problemCount, 1);
      assert.equal(second.snapshot.problems, second.problems);
      assert.equal(await changesOf(vault, second), ['M z']);
      assert.equal(await pathsOf(vault, second), await pathsOf(vault, first));
      const { files, dirs, bytes } = second.snapshot.stats;
      assert.equal([files, dirs], [first.snapshot.stats.files, first.snapshot.stats.dirs]);
      assert.is(bytes, first.snapshot.stats.bytes + 1);
      const third = await take(vault);
      assert.is(third.problemCount, 0);
      assert.is(treeOf(third), await fullTree(vault));
    }));

  test(`${title} is left out where there is no last version`, () =>
    withKept(async (kept) => {
      fill(kept);
      const vault = await kept.init();
      const taken = await withFaults([fault(kept, method, path, code)], () => take(vault));
      assert.equal(problemsOf(taken), [`${code} ${path}`]);
      const expected = ['a', 'd', 'd/b', 'd/e', 'd/e/c', 'z'].filter(
        (name) => name !== path && !name.startsWith(`${path}/`),
      );
      assert.equal(await pathsOf(vault, taken), expected);
      assert.is(treeOf(await take(vault)), await fullTree(vault));
    }));
}

test('what vanishes while the folder is scanned is simply not there', () =>
  withKept(async (kept) => {
    fill(kept);
    const vault = await kept.init();
    await take(vault);
    for (const [path, method] of [
      ['a', 'Directory.stat'],
      ['d', 'Directory.openDirectory'],
    ] as const) {
      const plan = ['ENOENT', 'ENOTDIR'].map((code, i) => ({
        ...fault(kept, method, path, code),
        nth: i + 1,
      }));
      for (const one of plan) {
        const taken = await withFaults([{ ...one, nth: 1 }], () => take(vault));
        assert.is(taken.problemCount, 0);
        assert.not.ok((await pathsOf(vault, taken)).includes(path));
        assert.is(treeOf(await take(vault)), await fullTree(vault));
      }
    }
  }));

test('files that go, come back and change under the scan', () =>
  withKept(async (kept) => {
    for (let i = 0; i < 300; i++) writeFileSync(kept.at(`f${i}`), `${i}`);
    const vault = await kept.init();
    let listed = 0;
    const taken = await withPlatform(
      (real) => ({
        openDirectory(path) {
          const directory = real.openDirectory(path);
          if (listed++ === 0) {
            for (let i = 0; i < 300; i += 3) rmSync(kept.at(`f${i}`));
            for (let i = 1; i < 300; i += 3) writeFileSync(kept.at(`f${i}`), `other ${i}`);
          }
          return directory;
        },
      }),
      () => take(vault),
    );
    assert.is(taken.problemCount, 0);
    assert.is(treeOf(taken), await fullTree(vault));
    assert.is((await pathsOf(vault, taken)).length, 200);
  }));

test('the folder itself is gone or cannot be read', () =>
  withKept(async (kept) => {
    fill(kept);
    const store = join(kept.base, 'store');
    await initVault({ store, environment: kept.environment });
    const vault = await kept.open({ store, line: 'main' });
    const first = await take(vault);
    await withFaults([fault(kept, 'openDirectory', '')], () => fails(() => take(vault), 'PERMISSION'));
    renameSync(kept.root, `${kept.root}.away`);
    await fails(() => take(vault), 'BAD_PATH');
    renameSync(`${kept.root}.away`, kept.root);
    const next = await take(vault);
    assert.equal(next.parent, first.id);
  }));

function asNobody(kept: Kept, verb: string, store: string): ReturnType<typeof JSON.parse> {
  const script = join(import.meta.dirname, 'as-nobody.ts');
  const cache = join(kept.base, 'nobody');
  mkdirSync(cache, { recursive: true });
  chownSync(cache, NOBODY, NOBODY);
  return JSON.parse(execFileSync(process.execPath, [script, verb, kept.root, store, cache]).toString());
}

const rootTest = isRoot ? test : (title: string) => test.skip(`${title} (needs root)`);

rootTest('files and folders of others, to a user who may not read them', () =>
  withKept(async (kept) => {
    fill(kept);
    mkdirSync(kept.at('open'));
    writeFileSync(kept.at('open/own'), 'own');
    const store = join(kept.base, 'store');
    await initVault({ store, environment: kept.environment });
    const vault = await kept.open({ store, line: 'main' });
    await take(vault);
    for (const path of ['a', 'd/e', 'open/own']) chmodSync(kept.at(path), 0);
    chownSync(kept.at('open/own'), NOBODY, NOBODY);
    chmodSync(kept.base, 0o755);
    writeFileSync(kept.at('z'), 'second z');
    await kept.close();
    execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, store]);
    const { problems, problemCount, stats } = asNobody(kept, 'snapshot', store);
    assert.equal(problems.sort(), ['EACCES a', 'EACCES d/e', 'EACCES open/own']);
    assert.is(problemCount, 3);
    assert.equal([stats.files, stats.dirs], [5, 4]);
    const again = await kept.open({ store, line: 'main' });
    const record = await again.refs.current('heads', 'main');
    const second = await snapshotOf(again, Buffer.from(record!.target!, 'hex'));
    assert.equal(await changesOf(again, second), ['M z']);
    const entries = await entriesOf(again, second);
    assert.is((await contentOf(again, entries.get('a')!)).toString(), 'first a');
    assert.is((await contentOf(again, entries.get('d/e/c')!)).toString(), 'first d/e/c');
  }),
);

rootTest('a vault that may be read but not written: listed and read with an index of one’s own', () =>
  withKept(async (kept) => {
    fill(kept);
    const store = join(kept.base, 'store');
    await initVault({ store, environment: kept.environment });
    const vault = await kept.open({ store, line: 'main' });
    await take(vault);
    await kept.close();
    chmodSync(kept.base, 0o755);
    execFileSync('chmod', ['-R', 'go+rX,go-w', store]);
    const { found, index, writable } = asNobody(kept, 'read', store);
    assert.equal(found, {
      a: 'first a',
      d: '',
      'd/b': 'first d/b',
      'd/e': '',
      'd/e/c': 'first d/e/c',
      z: 'first z',
    });
    assert.ok(index.startsWith(join(kept.base, 'nobody')), index);
    assert.is(writable, false);
    const { error, hint } = asNobody(kept, 'snapshot', store);
    assert.ok(error === 'PERMISSION' || error === 'READ_ONLY', error);
    assert.ok(hint);
    execFileSync('chmod', ['-R', 'go-rwx', store]);
    assert.is(asNobody(kept, 'read', store).error, 'PERMISSION');
  }),
);

test.run();
