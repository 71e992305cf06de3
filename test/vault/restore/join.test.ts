/** A merge keeps names together that were one file: those that it makes join those that are there. */
import {
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Repository, undoRestore } from '../../../src/index.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import type { RestoreOptions } from '../../../src/vault/restore/plan/options.ts';
import type { RestoreResult } from '../../../src/vault/restore/result.ts';
import { dying } from './dying.ts';
import { type OneSnapshot, oneSnapshot } from './one-snapshot.ts';
import { assertNoStage, facts, restorePath } from './restored.ts';

interface Shared extends OneSnapshot {
  /** a destination of its own, as it was taken */
  to: string;
}

const platform = getPlatform();
const HOUR_NS = 3600n * 1_000_000_000n;
const NAMES = ['docs/one', 'docs/two', 'three'];

const test = oneSnapshot<Shared>('join', (kept) => {
  mkdirSync(kept.at('docs'));
  writeFileSync(kept.at('docs', 'one'), 'one');
  for (const name of NAMES.slice(1)) linkSync(kept.at('docs', 'one'), kept.at(name));
  writeFileSync(kept.at('large'), Buffer.alloc(3 * 1024 * 1024, 'large'));
  linkSync(kept.at('large'), kept.at('docs', 'large'));
  symlinkSync('one', kept.at('docs', 'link'));
  linkSync(kept.at('docs', 'link'), kept.at('link'));
});

test.before.each(async (shared) => {
  shared.to = join(shared.kept.base, `to${++shared.nth}`, 'folder');
  await restorePath(shared.vault, shared.taken, '', shared.to);
});

const inodes = (to: string, names = NAMES) =>
  new Set(names.map((name) => lstatSync(join(to, name)).ino)).size;
const told = ({ unfaithful }: RestoreResult) =>
  unfaithful.map(({ what, code, count, example }) => [what, code, count, example.toString()]);

const split = (ns: bigint): [number, number] => [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];

function merge({ vault, taken, to }: Shared, options: Partial<RestoreOptions> = {}): Promise<RestoreResult> {
  return restorePath(vault, taken, '', to, { conflict: 'overwrite', ...options });
}

test('what is made joins what is there, whichever comes first, and leaves it again', async (shared) => {
  const { kept, to } = shared;
  const records = Buffer.from(join(kept.base, 'state'));
  const whole = facts(to);
  for (const gone of [['docs/one'], ['three'], ['docs/two', 'three'], ['docs/large'], ['large'], ['link']]) {
    for (const name of gone) rmSync(join(to, name));
    const before = facts(to);
    const result = await merge(shared, { records });
    assert.is(result.changes, gone.length);
    assert.equal(told(result), []);
    assert.is(inodes(to), 1);
    const now = facts(to);
    for (const name of NAMES.concat('large', 'docs/large', 'docs/link', 'link')) {
      assert.equal(now.get(name), whole.get(name), `${name} after ${gone}`);
    }
    const { previous } = await undoRestore({ records, environment: kept.environment });
    for (const name of gone) assert.not.ok(existsSync(join(to, name)));
    assert.equal([...facts(to).keys()].sort(), [...before.keys()].sort());
    rmSync(String(previous), { recursive: true });
    await merge(shared);
  }
});

test('what is replaced joins, too', async (shared) => {
  const { to } = shared;
  rmSync(join(to, 'three'));
  writeFileSync(join(to, 'three'), 'mine');
  const { previous } = await merge(shared);
  assert.is(inodes(to), 1);
  assert.is(readFileSync(join(String(previous), 'three'), 'utf8'), 'mine');
});

test('what differs and stays is not joined, and that is said', async (shared) => {
  const { to } = shared;
  for (const name of NAMES) rmSync(join(to, name));
  writeFileSync(join(to, 'docs', 'one'), 'mine');
  const result = await merge(shared, { conflict: 'skip' });
  assert.equal(told(result), [['hard links', 'EEXIST', 1, 'docs/two']]);
  assert.equal([inodes(to), inodes(to, ['docs/two', 'three'])], [2, 1]);
  assert.is(readFileSync(join(to, 'docs', 'one'), 'utf8'), 'mine');
  assert.is(readFileSync(join(to, 'three'), 'utf8'), 'one');
});

test('what is there as it was recorded, but in files of its own, stays so, and is counted', async (shared) => {
  const { to } = shared;
  for (const name of ['docs/two', 'docs/large']) {
    const path = join(to, name);
    const { atimeNs, mtimeNs } = lstatSync(path, { bigint: true });
    cpSync(path, `${path}.copy`);
    renameSync(`${path}.copy`, path);
    platform.setTimes(Buffer.from(path), ...split(mtimeNs), ...split(atimeNs));
  }
  for (const how of [{}, { dryRun: true }, { conflict: 'skip' }] as const) {
    const result = await merge(shared, how);
    assert.is(result.changes, 0);
    assert.equal(told(result), [['hard links', 'EEXIST', 2, 'docs/two']]);
  }
  assert.is(inodes(to), 2);
});

for (const [what, change] of [
  ['written to', (path: string) => writeFileSync(path, 'other')],
  [
    'exchanged for a symlink',
    (path: string) => {
      rmSync(path);
      symlinkSync('/etc/passwd', path);
    },
  ],
] as const) {
  test(`what is ${what} since it was compared is not joined`, async (shared) => {
    const { to } = shared;
    rmSync(join(to, 'three'));
    rmSync(join(to, 'docs', 'two'));
    let links = 0;
    const meddling = {
      ...platform,
      link(existing: Buffer, path: Buffer) {
        if (!path.toString().endsWith('/probe-link') && ++links === 1) change(join(to, 'docs', 'one'));
        platform.link(existing, path);
      },
    };
    const result = await merge(shared, { platform: meddling });
    assert.equal(told(result), [['hard links', 'ESTALE', 1, 'docs/two']]);
    for (const name of ['docs/two', 'three']) {
      assert.ok(lstatSync(join(to, name)).isFile());
      assert.is(readFileSync(join(to, name), 'utf8'), 'one');
    }
    assert.equal([inodes(to), inodes(to, ['docs/two', 'three'])], [2, 1]);
    assertNoStage(to);
  });
}

test('a folder that was exchanged for a symlink is not gone through', async (shared) => {
  const { kept, to } = shared;
  const outside = join(kept.base, 'outside');
  mkdirSync(outside, { recursive: true });
  linkSync(join(to, 'docs', 'one'), join(outside, 'one'));
  rmSync(join(to, 'three'));
  const there = lstatSync(join(to, 'docs', 'one')).nlink;
  let isMoved = false;
  const meddling = {
    ...platform,
    mkdir(path: Buffer, mode: number) {
      platform.mkdir(path, mode);
      if (isMoved || !path.toString().endsWith('/tree')) return;
      isMoved = true;
      rmSync(join(to, 'docs'), { recursive: true });
      symlinkSync(outside, join(to, 'docs'));
    },
  };
  const result = await merge(shared, { platform: meddling });
  assert.equal(told(result), [['hard links', 'REFUSED', 1, 'three']]);
  assert.is(lstatSync(join(outside, 'one')).nlink, there - 2);
});

test('a death at any call leaves what was there, or all that was to be', async (shared) => {
  const { to, vault, taken } = shared;
  const before = facts(to);
  // Without a journal, a run is given an hour.
  const now = () => vault.environment.now() + HOUR_NS;
  const later = { ...shared, vault: { ...vault, environment: { ...vault.environment, now } } as Repository };
  for (let nth = 1, done = false; !done; nth++) {
    rmSync(join(to, 'three'));
    const environment = { ...vault.environment, startTime: '1' };
    const { platform: mortal, died } = dying(nth);
    const options = { conflict: 'overwrite', platform: mortal } as const;
    await restorePath({ ...vault, environment } as Repository, taken, '', to, options).catch(() => {});
    done = !died();
    await merge(later);
    assertNoStage(to);
    const found = facts(to);
    for (const name of NAMES) assert.equal(found.get(name), before.get(name), `${name} after ${nth}`);
    assert.ok(nth < 200);
  }
});

test.run();
