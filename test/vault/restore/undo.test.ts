/** What is undone after the user has gone on working: in folders that were changed, moved or removed since. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { listRestores, type Repository, undoRestore } from '../../../src/index.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import { type OneSnapshot, oneSnapshot } from './one-snapshot.ts';
import { assertNoStage, facts, refuses, restorePath } from './restored.ts';

interface Shared extends OneSnapshot {
  about: { records: Buffer; environment: Repository['environment'] };
  /** a place of its own */
  to: string;
}

const OLD = 1_000_000_000;

const test = oneSnapshot<Shared>('undo', (kept) => {
  mkdirSync(kept.at('docs', 'deep'), { recursive: true });
  writeFileSync(kept.at('docs', 'deep', 'a'), 'first');
});

test.before.each((shared) => {
  const { kept } = shared;
  shared.to = join(kept.base, 'x', 'to');
  for (const name of ['x', 'state']) rmSync(join(kept.base, name), { recursive: true, force: true });
  shared.about = { records: Buffer.from(join(kept.base, 'state')), environment: kept.environment };
});

for (const noMetadata of [false, true]) {
  test(`an empty folder gets its own mode and time back${noMetadata ? ', without metadata as well' : ''}`, async (shared) => {
    const { vault, taken, about, to } = shared;
    mkdirSync(to, { recursive: true });
    chmodSync(to, 0o2700);
    utimesSync(to, OLD, OLD);
    const before = facts(to);
    await restorePath(vault, taken, 'docs', to, { records: about.records, noMetadata });
    assert.not.equal(facts(to), before);
    await undoRestore(about);
    assert.equal(facts(to), before);
  });
}

test('what would take a mount along is refused, and goes on where there is none', async (shared) => {
  const { vault, taken, about, to } = shared;
  const platform = getPlatform();
  mkdirSync(join(to, 'old'), { recursive: true });
  const { previous } = await restorePath(vault, taken, 'docs', to, { records: about.records, replace: true });
  const before = facts(to);
  for (const mount of [join(to, 'deep', 'disk'), join(to, 'deep'), join(String(previous), 'old', 'disk')]) {
    const mountPointsBelow = (folder: Buffer) => (mount.startsWith(`${folder}/`) ? [Buffer.from(mount)] : []);
    for (const dryRun of [true, false]) {
      const undone = undoRestore({ ...about, dryRun, platform: { ...platform, mountPointsBelow } });
      const { subject, hint } = await refuses(
        undone,
        'REFUSED',
        /is a mount point, and lies in what would move/,
      );
      assert.equal([subject, hint], [mount, 'unmount it, then undo again']);
      assert.equal(facts(to), before);
      assertNoStage(to);
    }
  }
  await undoRestore(about);
  assert.ok(existsSync(join(to, 'old')));
});

test('a mount in a part of a merge that does not move stays', async ({ vault, taken, about, to }) => {
  mkdirSync(join(to, 'docs', 'deeper'), { recursive: true });
  await restorePath(vault, taken, '', to, { records: about.records, conflict: 'overwrite' });
  const mount = Buffer.from(join(to, 'docs', 'deeper'));
  const mountPointsBelow = (folder: Buffer) => (folder.toString() === to ? [mount] : []);
  await undoRestore({ ...about, platform: { ...getPlatform(), mountPointsBelow } });
  assert.not.ok(existsSync(join(to, 'docs', 'deep')));
});

test('a folder that is gone with all that was in it', async ({ vault, taken, about, to, kept }) => {
  for (const isStageFolder of [false, true]) {
    if (isStageFolder) mkdirSync(join(kept.base, 'x'));
    const { run } = await restorePath(vault, taken, 'docs', to, { records: about.records });
    rmSync(join(kept.base, 'x'), { recursive: true });
    const undone = await undoRestore(about);
    assert.equal([undone.undone, undone.changes], [run, 0]);
    assert.not.ok(existsSync(join(kept.base, 'x')));
  }
  await refuses(undoRestore(about), 'NOT_FOUND', /no restore to undo/);
});

test('a folder is gone that something is to be put back into', async ({ vault, taken, about, to }) => {
  mkdirSync(join(to, 'docs', 'deep'), { recursive: true });
  writeFileSync(join(to, 'docs', 'deep', 'a'), 'mine');
  await restorePath(vault, taken, '', to, { records: about.records, conflict: 'overwrite' });
  renameSync(join(to, 'docs'), join(to, 'moved'));
  const before = facts(to);
  const error = await refuses(undoRestore(about), 'REFUSED', /docs\/deep is gone/);
  assert.match(error.hint ?? '', /make that folder/);
  assert.equal(facts(to), before);
  mkdirSync(join(to, 'docs', 'deep'), { recursive: true });
  await undoRestore(about);
  assert.is(readFileSync(join(to, 'docs', 'deep', 'a'), 'utf8'), 'mine');
});

test('a previous state that somebody has removed is not said to be kept', async ({
  vault,
  taken,
  about,
  to,
}) => {
  const options = { records: about.records, replace: true };
  const other = `${to}2`;
  const first = await restorePath(vault, taken, 'docs', other, options);
  await restorePath(vault, taken, 'docs', to, options);
  const { previous, run } = await restorePath(vault, taken, '', to, options);
  rmSync(previous!, { recursive: true });
  assert.is((await listRestores(about)).find((one) => one.run === run)!.previous, undefined);
  const error = await refuses(undoRestore(about), 'REFUSED', /has been removed/);
  assert.is(error.subject, run, 'and no earlier one is undone instead');
  assert.is((await undoRestore({ ...about, run: first.run })).undone, first.run);
});

test.run();
