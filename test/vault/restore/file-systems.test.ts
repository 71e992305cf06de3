/** What is restored to file systems that hold less than ext4: it arrives, what they do not hold is said, and it can be undone. */
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Kind, recoverRestores, undoRestore } from '../../../src/index.ts';
import { codeError } from '../../../src/platform/errno.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import type { RestoreResult } from '../../../src/vault/restore/result.ts';
import { dyingAt } from './dying.ts';
import { restored, restoringElsewhere } from './elsewhere.ts';
import {
  foldingCase,
  followingSymlinks,
  hidingRemoved,
  makingFiles,
  refusingBytes,
  withNumbersOfNames,
  withoutModes,
} from './other-file-system.ts';
import { assertNoStage, refuses, restorePath } from './restored.ts';

const BYTES = Buffer.from([0x62, 0xff]);
const isRoot = process.geteuid?.() === 0;
const NOBODY = 65534;
/** 2038: the first second that does not fit 31 bits */
const LATE = 2 ** 31;

const test = restoringElsewhere('file systems', (kept) => {
  mkdirSync(kept.at('docs', 'sub'), { recursive: true });
  for (const name of ['a', 'b', 'sub/c']) writeFileSync(kept.at('docs', name), 'recorded');
  writeFileSync(kept.at('setid'), 'x');
  if (isRoot) chownSync(kept.at('setid'), NOBODY, NOBODY);
  chmodSync(kept.at('setid'), 0o4755);
  writeFileSync(kept.at('late'), 'late');
  utimesSync(kept.at('late'), LATE, LATE);
  symlinkSync('../outside', kept.at('symlink'));
  linkSync(kept.at('docs', 'a'), kept.at('linked'));
  writeFileSync(Buffer.concat([Buffer.from(`${kept.root}/`), BYTES]), 'bytes');
  getPlatform().mknod(Buffer.from(kept.at('fifo')), Kind.fifo, 0o600, 0, 0);
});

const told = ({ unfaithful }: RestoreResult) => unfaithful.map(({ what, code }) => `${what} ${code}`);

test('without modes: it arrives, and what was not kept is said', async (shared) => {
  const result = await restored(shared, 'docs', withoutModes());
  assert.is(result.outcome, 'restored');
  assert.equal(told(result).sort(), ['mode ENOTSUP', 'times ENOTSUP']);
  assertNoStage(shared.to);
});

test('without modes: who owns nothing there restores, too, and a failure leaves no stage', async (shared) => {
  const refused = (path: Buffer) => {
    throw codeError('EPERM', 'chmod', path);
  };
  const others = { ...withoutModes(), chmod: refused, removeXattr: refused };
  const full = {
    ...others,
    createFile(path: Buffer, mode: number) {
      if (path.includes('probe')) throw codeError('ENOSPC', 'open', path);
      return others.createFile(path, mode);
    },
  };
  await refuses(restored(shared, 'docs', full), 'NO_SPACE');
  assertNoStage(shared.to);
  assert.is((await restored(shared, 'docs', others)).outcome, 'restored');
  assertNoStage(shared.to);
});

test('without modes: a stage of others is still refused where modes are kept', async (shared) => {
  mkdirSync(`${shared.to}.vault_stage`);
  chmodSync(`${shared.to}.vault_stage`, 0o777);
  chmodSync(join(shared.kept.base, 'x'), 0o777);
  try {
    await restored(shared, 'docs', getPlatform());
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /can be written by others/);
  }
});

test('without modes: what a death leaves is cleared up by the records, and by nobody else', async (shared) => {
  const { kept, vault, taken, about, to } = shared;
  mkdirSync(to);
  writeFileSync(join(to, 'mine'), 'mine');
  const { platform } = dyingAt((method) => method === 'syncFileSystem' || method === 'exchange');
  const gone = { ...vault, environment: { ...kept.environment, startTime: '1' } };
  const options = { records: about.records, replace: true };
  const flat = withoutModes(platform);
  await restorePath(gone, taken, 'docs', to, { ...options, platform: flat }).catch(() => {});
  assert.ok(existsSync(`${to}.vault_stage`));
  await restorePath(vault, taken, 'docs', join(kept.base, 'x', 'other'), { platform: withoutModes() });
  assert.ok(existsSync(`${to}.vault_stage`));
  await recoverRestores({ ...about, platform: withoutModes() });
  assertNoStage(to);
  assert.equal(readdirSync(to), ['mine']);
});

test('a removed file that is open leaves nothing behind', async (shared) => {
  await restored(shared, 'docs', hidingRemoved());
  assertNoStage(shared.to);
  await undoRestore({ ...shared.about, platform: hidingRemoved() });
  assertNoStage(shared.to);
  assert.not.ok(existsSync(shared.to));
});

test('what a symlink leads to is not changed where setting follows it', async (shared) => {
  const { kept, to } = shared;
  const outside = join(kept.base, 'x', 'outside');
  writeFileSync(outside, 'theirs');
  utimesSync(outside, 5, 5);
  const result = await restored(shared, '', followingSymlinks());
  assert.is(statSync(outside).mtimeMs, 5000);
  assert.ok(lstatSync(join(to, 'symlink')).isSymbolicLink());
  assert.ok(told(result).includes('times ENOTSUP'));
});

test('names of one file that show other numbers are linked', async (shared) => {
  await restored(shared, '', withNumbersOfNames());
  assert.is(statSync(join(shared.to, 'linked')).ino, statSync(join(shared.to, 'docs', 'a')).ino);
});

test('a file that is made for a fifo goes, and is said', async (shared) => {
  const result = await restored(shared, '', makingFiles());
  assert.not.ok(existsSync(join(shared.to, 'fifo')));
  assert.ok(told(result).includes('fifo ENOTSUP'));
});

test('a merge goes on without a name that cannot be looked for', async (shared) => {
  mkdirSync(shared.to);
  writeFileSync(join(shared.to, 'mine'), 'mine');
  const options = { conflict: 'overwrite', partial: true };
  const { leftOut } = await restored(shared, '', refusingBytes(), options);
  assert.equal(
    leftOut.map(({ what, code, count }) => [what, code, count]),
    [['name', 'EILSEQ', 1]],
  );
  assert.is(readFileSync(join(shared.to, 'docs', 'a'), 'utf8'), 'recorded');
});

test('--delete leaves what is recorded in another case', async (shared) => {
  mkdirSync(shared.to);
  writeFileSync(join(shared.to, 'A'), 'recorded');
  writeFileSync(join(shared.to, 'other'), 'mine');
  await restored(shared, 'docs', foldingCase(), { conflict: 'skip', deletes: true });
  assert.ok(existsSync(join(shared.to, 'A')));
  assert.not.ok(existsSync(join(shared.to, 'other')));
});

if (isRoot) {
  test('set-id bits are left out where an owner is taken and not kept', async (shared) => {
    const platform = { ...getPlatform(), fchown() {} };
    const result = await restored(shared, '', platform);
    const { uid, mode } = lstatSync(join(shared.to, 'setid'));
    assert.equal([uid, mode & 0o7777], [0, 0o755]);
    assert.ok(told(result).includes('owner ENOTSUP'));
    assert.ok(told(result).includes('set-id bits EPERM'));
  });
}

test('a time that does not fit is said', async (shared) => {
  const platform = getPlatform();
  const clamping = {
    ...platform,
    setTimesFd: (fd: number, s: number, ns: number) => platform.setTimesFd(fd, Math.min(s, LATE - 1), ns),
  };
  const { unfaithful } = await restored(shared, '', clamping);
  assert.equal(
    unfaithful.map(({ what, count, example }) => [what, count, String(example)]),
    [['times', 1, 'late']],
  );
});

test.run();
