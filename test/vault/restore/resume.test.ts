/**
 * A merge that died between its renames, and a user who went on working there before the next command: that finishes what can
 * still be finished, and nothing of the user's is lost.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { listRestores, type Repository, recoverRestores } from '../../../src/index.ts';
import type { Platform, Stat } from '../../../src/platform/platform.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import { dyingAt } from './dying.ts';
import { type OneSnapshot, oneSnapshot } from './one-snapshot.ts';
import { assertNoStage, restorePath } from './restored.ts';

interface Shared extends OneSnapshot {
  about: { records: Buffer; environment: Repository['environment'] };
  to: string;
}

const NAMES = ['a', 'b/new', 'b/old', 'c/old', 'd'];

const test = oneSnapshot<Shared>('resume', (kept) => {
  for (const folder of ['b', 'c']) mkdirSync(kept.at(folder));
  for (const name of NAMES) writeFileSync(kept.at(name), 'recorded');
});

test.before.each((shared) => {
  const { kept } = shared;
  shared.to = join(kept.base, 'x', 'to');
  for (const name of ['x', 'state']) rmSync(join(kept.base, name), { recursive: true, force: true });
  for (const folder of ['b', 'c']) mkdirSync(join(shared.to, folder), { recursive: true });
  for (const name of NAMES) if (name !== 'b/new') writeFileSync(join(shared.to, name), 'mine');
  shared.about = { records: Buffer.from(join(kept.base, 'state')), environment: kept.environment };
});

/** A merge that dies when it is about to put the n-th name in place. */
async function dies({ kept, vault, taken, about, to }: Shared, nth: number): Promise<void> {
  const gone = { ...vault, environment: { ...kept.environment, startTime: '1' } };
  let moves = 0;
  let isPromoting = false;
  const { platform, died } = dyingAt((method) => {
    // The first exchange only tries whether there is such a call here.
    if (method !== 'exchange' && !(isPromoting && method === 'renameNoReplace')) return false;
    isPromoting = true;
    return ++moves > nth;
  });
  const options = { records: about.records, conflict: 'overwrite', platform } as const;
  await restorePath(gone, taken, '', to, options).catch(() => {});
  assert.ok(died());
}

const at = ({ to }: Shared, name: string) => join(to, name);
const read = (path: string) => readFileSync(path, 'utf8');

/** Of the run that is listed last. */
async function recovered({ about, to }: Shared): Promise<string | undefined> {
  await recoverRestores(about);
  assertNoStage(to);
  const [run] = await listRestores(about);
  assert.is(run!.outcome, 'restored');
  return run!.previous?.toString();
}

/** Moves: a probe, then an exchange and a move to the previous state for each name that is replaced. */
for (const [nth, when] of [
  [1, 'none is in place'],
  [2, 'the first is exchanged and not kept yet'],
  [3, 'the first is in place'],
] as const) {
  const begun = nth > 1;
  for (const [what, meddle] of [
    ['a folder is gone', (shared: Shared) => rmSync(at(shared, 'b'), { recursive: true })],
    [
      'a folder is a symlink',
      (shared: Shared) => {
        rmSync(at(shared, 'b'), { recursive: true });
        symlinkSync(shared.kept.root, at(shared, 'b'));
      },
    ],
    ['a file is gone', (shared: Shared) => rmSync(at(shared, 'c/old'))],
    ['a file appeared', (shared: Shared) => writeFileSync(at(shared, 'b/new'), 'mine, too')],
  ] as const) {
    test(`${when}, ${what}`, async (shared) => {
      await dies(shared, nth);
      meddle(shared);
      if (!begun) {
        await recoverRestores(shared.about);
        assert.is((await listRestores(shared.about))[0]!.outcome, 'failed');
        for (const name of ['a', 'd']) assert.is(read(at(shared, name)), 'mine');
        return;
      }
      const previous = await recovered(shared);
      for (const name of ['a', 'c/old', 'd']) assert.is(read(at(shared, name)), 'recorded', name);
      for (const name of ['a', 'd']) assert.is(read(join(previous!, name)), 'mine', name);
      if (what === 'a file appeared') assert.is(read(at(shared, 'b/new')), 'mine, too');
      if (what === 'a folder is gone') assert.not.ok(existsSync(at(shared, 'b')));
    });
  }
}

test('the folder in which a name was exchanged and not kept yet is gone: what it replaced is kept', async (shared) => {
  // a, b/new, b/old: a probe, two moves, one move, and the exchange.
  await dies(shared, 5);
  assert.is(read(at(shared, 'b/old')), 'recorded');
  rmSync(at(shared, 'b'), { recursive: true });
  const previous = await recovered(shared);
  assert.is(read(join(previous!, 'b/old')), 'mine');
});

test('the file system has another number since', async (shared) => {
  await dies(shared, 3);
  const real = getPlatform();
  const moved = (stat: Stat): Stat => ({ ...stat, dev: stat.dev + 1 });
  const platform: Platform = {
    ...real,
    lstat: (path) => moved(real.lstat(path)),
    fstat: (fd) => moved(real.fstat(fd)),
  };
  await recoverRestores({ ...shared.about, platform });
  for (const name of NAMES) assert.is(read(at(shared, name)), 'recorded', name);
});

test.run();
