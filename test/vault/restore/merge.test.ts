/** Merging into a folder in use, selections, artifacts, and undoing what was restored. One vault serves all tests. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import * as assert from 'uvu/assert';
import { keptStates, listRestores, removeKept, undoRestore } from '../../../src/index.ts';
import { codeError } from '../../../src/platform/errno.ts';
import { faulty } from '../../../src/platform/fault.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import type { RestoreOptions } from '../../../src/vault/restore/plan/options.ts';
import type { RestoreResult } from '../../../src/vault/restore/result.ts';
import { pathsOf } from '../kept.ts';
import { type OneSnapshot, oneSnapshot } from './one-snapshot.ts';
import { assertNoStage, assertSame, facts, refuses, restorePath } from './restored.ts';

const platform = getPlatform();
const OLD = 1_000_000_000;

const test = oneSnapshot('merge', (kept) => {
  mkdirSync(kept.at('docs', 'deep'), { recursive: true });
  writeFileSync(kept.at('a.txt'), 'first');
  writeFileSync(kept.at('same.txt'), 'same');
  writeFileSync(kept.at('large'), Buffer.alloc(3 * 1024 * 1024, 'large'));
  writeFileSync(kept.at('docs', 'b.txt'), 'b');
  writeFileSync(kept.at('docs', 'deep', 'c.md'), 'c');
  symlinkSync('a.txt', kept.at('link'));
  for (const name of ['a.txt', 'same.txt', 'docs/b.txt']) utimesSync(kept.at(name), OLD, OLD);
});

/** A destination of its own, as it was taken and then changed: one name of each fate. */
async function changed(shared: OneSnapshot): Promise<string> {
  const { kept, vault, taken } = shared;
  const to = join(kept.base, `to${++shared.nth}`, 'folder');
  await restorePath(vault, taken, '', to);
  writeFileSync(join(to, 'a.txt'), 'edited');
  rmSync(join(to, 'docs', 'b.txt'));
  writeFileSync(join(to, 'docs', 'extra'), 'mine');
  mkdirSync(join(to, 'more', 'below'), { recursive: true });
  return to;
}

function merge(
  { vault, taken }: OneSnapshot,
  to: string,
  options: Partial<RestoreOptions>,
): Promise<RestoreResult> {
  return restorePath(vault, taken, '', to, options);
}

const read = (...names: string[]) => readFileSync(join(...names), 'utf8');
const records = ({ kept }: OneSnapshot) => Buffer.from(join(kept.base, 'state'));
/** Contents and kinds: times of folders in which names came and went are another matter. */
function contents(folder: string): Map<string, object> {
  const found = facts(folder);
  for (const [path, value] of found) if ('size' in value === false) found.set(path, { kind: 'other' });
  return found;
}

test('a conflict is refused, and what would be done instead is said', async (shared) => {
  const to = await changed(shared);
  const before = facts(to);
  const error = await refuses(merge(shared, to, { conflict: 'fail' }), 'REFUSED', /a\.txt/);
  assert.match(error.hint ?? '', /skip, overwrite, newer or keep-both/);
  assert.equal(error.details, ['a.txt']);
  assertSame(facts(to), before);
  assertNoStage(to);
  const inUse = await refuses(merge(shared, to, {}), 'REFUSED', /in use/);
  assert.match(inUse.hint ?? '', /--replace.*--conflict/);
});

for (const [conflict, a, beside] of [
  ['skip', 'edited', false],
  ['overwrite', 'first', false],
  ['newer', 'edited', false],
  ['keep-both', 'edited', true],
] as const) {
  test(`--conflict=${conflict}: only what differs is written`, async (shared) => {
    const to = await changed(shared);
    const inode = (name: string) => statSync(join(to, name)).ino;
    const untouched = [inode('same.txt'), inode('large'), inode('docs')];
    const result = await merge(shared, to, { conflict });
    assert.is(read(to, 'a.txt'), a);
    assert.is(existsSync(join(to, 'a.txt.a7937b64')), beside);
    assert.is(read(to, 'docs', 'b.txt'), 'b');
    assert.is(statSync(join(to, 'docs', 'b.txt')).mtimeMs, OLD * 1000);
    assert.is(read(to, 'docs', 'extra'), 'mine');
    assert.equal([inode('same.txt'), inode('large'), inode('docs')], untouched);
    const { create, replace, keep, beside: both, same } = result.plan.actions;
    assert.equal(
      [create, replace, keep, both, same].join(),
      {
        skip: '1,0,1,0,4',
        overwrite: '1,1,0,0,4',
        newer: '1,0,1,0,4',
        'keep-both': '1,0,0,1,4',
      }[conflict],
    );
    assert.is(result.previous !== undefined, conflict === 'overwrite');
    if (result.previous) assert.is(read(result.previous.toString(), 'a.txt'), 'edited');
    assertNoStage(to);
    const again = await merge(shared, to, { conflict });
    assert.is(again.changes, 0);
  });
}

test('newer: what is older here is replaced, a difference in metadata alone as well', async (shared) => {
  const to = await changed(shared);
  utimesSync(join(to, 'a.txt'), OLD - 5, OLD - 5);
  utimesSync(join(to, 'same.txt'), OLD - 5, OLD - 5);
  const { plan } = await merge(shared, to, { conflict: 'newer' });
  assert.is(plan.actions.replace, 2);
  assert.is(read(to, 'a.txt'), 'first');
  assert.is(statSync(join(to, 'same.txt')).mtimeMs, OLD * 1000);
});

test('a file system that keeps coarser times: no more is written than differs', async (shared) => {
  const to = await changed(shared);
  const name = Buffer.from(join(to, 'large'));
  const { mtimeS, mtimeNs } = platform.lstat(name);
  for (const unit of [1_000_000_000, 1_000_000, 100]) {
    platform.setTimes(name, mtimeS, mtimeNs - (mtimeNs % unit));
    assert.is((await merge(shared, to, { conflict: 'newer', dryRun: true })).plan.actions.replace, 0);
  }
  platform.setTimes(name, mtimeS - 1, mtimeNs);
  assert.is((await merge(shared, to, { conflict: 'newer', dryRun: true })).plan.actions.replace, 1);
});

test('another kind is in the way', async (shared) => {
  const to = await changed(shared);
  rmSync(join(to, 'a.txt'));
  mkdirSync(join(to, 'a.txt', 'x'), { recursive: true });
  renameSync(join(to, 'docs'), join(to, 'was docs'));
  writeFileSync(join(to, 'docs'), 'a file');
  const kept = await merge(shared, to, { conflict: 'skip' });
  assert.is(kept.changes, 0);
  assert.is(kept.plan.actions.keep, 2);
  const { previous } = await merge(shared, to, { conflict: 'overwrite' });
  assert.is(read(to, 'a.txt'), 'first');
  assert.is(read(to, 'docs', 'deep', 'c.md'), 'c');
  assert.equal(readdirSync(previous!.toString()).sort(), ['a.txt', 'docs']);
});

test('a name that cannot be put in its place is named', async (shared) => {
  const to = await changed(shared);
  const before = contents(to);
  const locked: typeof platform = {
    ...platform,
    renameNoReplace(from, into) {
      if (into.toString().endsWith('/b.txt')) throw codeError('EACCES', 'rename', from, into);
      platform.renameNoReplace(from, into);
    },
  };
  const run = merge(shared, to, { conflict: 'overwrite', platform: locked });
  await refuses(run, 'PERMISSION', /cannot change .*\/docs\/b\.txt: .*nothing was changed/);
  assertSame(contents(to), before);
  assertNoStage(to);
});

test('--delete takes extras away, and undo brings all of it back', async (shared) => {
  const to = await changed(shared);
  const before = contents(to);
  const options = { conflict: 'overwrite', deletes: true, records: records(shared) } as const;
  const { plan, run, previous } = await merge(shared, to, options);
  assert.is(plan.actions.delete, 2);
  assertSame(contents(to), contents(shared.kept.root));
  assert.equal(readdirSync(previous!.toString()).sort(), ['a.txt', 'docs', 'more']);
  const about = { records: records(shared), environment: shared.kept.environment };
  writeFileSync(join(to, 'docs', 'b.txt'), 'edited since');
  const undone = await undoRestore(about);
  assert.is(undone.undone, run);
  assertSame(contents(to), before);
  assert.is(read(undone.previous!.toString(), 'docs', 'b.txt'), 'edited since', 'nothing is lost');
  assert.not.ok(existsSync(previous!));
  assertNoStage(to);
  await refuses(undoRestore({ ...about, run }), 'REFUSED', /has done so/);
});

test('undo of each way', async (shared) => {
  const { kept, vault, taken } = shared;
  const about = { records: records(shared), environment: kept.environment };
  const undo = (result: RestoreResult) => undoRestore({ ...about, run: result.run });
  const options = { records: records(shared) };
  // Nothing was there.
  const fresh = join(kept.base, 'fresh', 'below');
  await undo(await restorePath(vault, taken, '', fresh, options));
  assert.not.ok(existsSync(fresh));
  // An empty folder.
  mkdirSync(fresh);
  await undo(await restorePath(vault, taken, '', fresh, options));
  assert.equal(readdirSync(fresh), []);
  // A folder in use, exchanged; the later one first.
  writeFileSync(join(fresh, 'mine'), 'x');
  const before = facts(fresh);
  const first = await restorePath(vault, taken, 'docs', fresh, { ...options, replace: true });
  const second = await restorePath(vault, taken, '', fresh, { ...options, replace: true });
  const error = await refuses(undo(first), 'REFUSED', /came after/);
  assert.match(error.hint ?? '', new RegExp(second.run));
  await undo(second);
  await undo(first);
  assertSame(facts(fresh), before);
  // A single file, and the folder that holds the vault, with its own metadata.
  writeFileSync(kept.at('a.txt'), 'second');
  await undo(await restorePath(vault, taken, 'a.txt', kept.at('a.txt'), { ...options, inPlace: true }));
  assert.is(read(kept.at('a.txt')), 'second');
  chmodSync(kept.root, 0o750);
  utimesSync(kept.root, OLD, OLD);
  const whole = facts(kept.root);
  const result = await restorePath(vault, taken, '', kept.root, { ...options, replace: true });
  assert.is(read(kept.at('a.txt')), 'first');
  const undone = await undo(result);
  const left = ['.vault', basename(undone.previous!.toString())];
  assertSame(facts(kept.root, left), whole);
  rmSync(undone.previous!, { recursive: true });
  await refuses(undoRestore({ ...about, run: 'nosuch' }), 'NOT_FOUND');
});

test('runs are listed, and what they kept is pruned', async (shared) => {
  const to = await changed(shared);
  const about = { records: Buffer.from(join(to, '..', 'state')), environment: shared.kept.environment };
  const { run, previous } = await merge(shared, to, { conflict: 'overwrite', records: about.records });
  await refuses(
    merge(shared, to, { conflict: 'fail', selection: { paths: [Buffer.from('x')] }, records: about.records }),
    'NOT_FOUND',
  );
  assert.equal(
    (await listRestores(about)).map(({ outcome }) => outcome),
    ['restored'],
    'without artifacts nothing is kept of a run that changed nothing',
  );
  const [last] = (await listRestores(about)).filter((one) => one.run === run);
  assert.is(last!.outcome, 'restored');
  assert.equal(last!.previous, previous);
  const states = await keptStates({ ...about, run });
  assert.equal(
    states.map((state) => state.previous),
    [previous],
  );
  await removeKept(about, states);
  assert.not.ok(existsSync(previous!));
  await refuses(undoRestore({ ...about, run }), 'REFUSED', /has been removed/);
  assert.equal(await keptStates({ ...about, run }), []);
});

test('what came before a run whose previous state was pruned is not undone either', async (shared) => {
  const { kept, vault, taken } = shared;
  const to = join(kept.base, `buried${++shared.nth}`);
  const about = { records: Buffer.from(`${to}.state`), environment: kept.environment };
  const first = await restorePath(vault, taken, '', to, { records: about.records });
  const second = await restorePath(vault, taken, 'docs', to, { records: about.records, replace: true });
  await removeKept(about, await keptStates({ ...about, run: second.run }));
  const before = facts(to);
  await refuses(undoRestore(about), 'REFUSED', /has been removed/);
  await refuses(undoRestore({ ...about, run: first.run }), 'REFUSED', /came after it/);
  assert.equal(facts(to), before);
});

test('a selection, and only that', async (shared) => {
  const { kept, vault, taken } = shared;
  const names = async (selection: RestoreOptions['selection']) => {
    const to = join(kept.base, `selected${++shared.nth}`);
    await restorePath(vault, taken, '', to, { ...(selection && { selection }) });
    const found = [...facts(to).keys()].filter((name) => name !== '');
    rmSync(to, { recursive: true });
    return found.join(' ');
  };
  const paths = (...list: string[]) => list.map((path) => Buffer.from(path));
  assert.is(await names({ paths: paths('docs/deep', 'a.txt') }), 'a.txt docs docs/deep docs/deep/c.md');
  assert.is(await names({ include: ['*.txt'] }), 'a.txt docs docs/b.txt same.txt');
  assert.is(
    await names({ include: ['*.txt', 'deep/'], exclude: ['a.*'] }),
    'docs docs/b.txt docs/deep docs/deep/c.md same.txt',
  );
  assert.is(await names({ exclude: ['docs', 'large', '/link'] }), 'a.txt same.txt');
  await refuses(names({ include: ['nosuch'] }), 'NOT_FOUND', /matches what is to be included/);
  await refuses(names({ paths: paths('a.txt', 'docs/nosuch') }), 'NOT_FOUND', /docs\/nosuch/);
  const to = await changed(shared);
  await refuses(
    merge(shared, to, { replace: true, selection: { include: ['*.txt'] } }),
    'REFUSED',
    /selection/,
  );
  await merge(shared, to, {
    conflict: 'overwrite',
    deletes: true,
    selection: { exclude: ['extra', 'a.txt'] },
  });
  assert.is(read(to, 'a.txt'), 'edited');
  assert.is(read(to, 'docs', 'extra'), 'mine');
  assert.not.ok(existsSync(join(to, 'more')));
});

const ARTIFACTS = [
  'execution_journal.jsonl',
  'restore_candidates.jsonl',
  'restore_plan.json',
  'stage_results.jsonl',
  'stage_summary.json',
  'verify_results.jsonl',
  'verify_summary.json',
];
const lines = (...path: string[]) =>
  read(...path)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('the same input gives the same plan', async (shared) => {
  const to = await changed(shared);
  const { kept, vault, taken } = shared;
  const environment = { ...kept.environment, now: () => 1_700_000_000n * 1_000_000_000n };
  const plan = async (name: string) => {
    const folder = join(to, '..', name);
    const options = { conflict: 'overwrite', run: 'a-run', dryRun: true } as const;
    const artifacts = { folder: Buffer.from(folder) };
    await restorePath({ ...vault, environment }, taken, '', to, { ...options, artifacts });
    assert.equal(readdirSync(folder).sort(), ARTIFACTS);
    return ARTIFACTS.map((file) => read(folder, file));
  };
  const before = facts(to);
  const first = await plan('one');
  assert.equal(await plan('two'), first);
  assertSame(facts(to), before);
  const { schema, run, time, actions } = JSON.parse(first[2]!);
  assert.equal([schema, run, time], ['vault/restore-plan/1', 'a-run', '2023-11-14T22:13:20.000000000Z']);
  assert.equal(actions, { create: 1, replace: 1, keep: 0, same: 4, beside: 0, delete: 0 });
  assert.equal(
    lines(to, '..', 'one', 'stage_results.jsonl').map(({ path, outcome }) => `${path} ${outcome}`),
    ['a.txt skipped_dry_run', 'docs/b.txt skipped_dry_run'],
  );
  const artifacts = { folder: Buffer.from(join(to, '..', 'one')) };
  await refuses(merge(shared, to, { conflict: 'skip', artifacts }), 'REFUSED', /there already/);
});

test('artifacts say what was done, where they were asked for', async (shared) => {
  const { kept, vault, taken } = shared;
  const to = join(kept.base, 'told', 'folder');
  const dry = await restorePath(vault, taken, '', to, { dryRun: true, artifacts: 'destination' });
  assert.equal(readdirSync(dry.artifacts!.toString()).sort(), ARTIFACTS);
  // Which alone is no use of the destination.
  const result = await restorePath(vault, taken, '', to, {
    artifacts: 'destination',
    records: records(shared),
  });
  const folder = result.artifacts!.toString();
  assert.equal(folder, join(to, '.vault_restore', result.run));
  assert.equal(readdirSync(folder).sort(), ARTIFACTS);
  assert.is(Math.floor(statSync(to).mtimeMs / 1000), taken.snapshot.root.mtimeS);
  const names = ['', ...(await pathsOf(vault, taken))].sort();
  for (const file of ['restore_candidates.jsonl', 'stage_results.jsonl']) {
    assert.equal(
      lines(folder, file)
        .map(({ path }) => path)
        .sort(),
      names,
      file,
    );
  }
  const verified = lines(folder, 'verify_results.jsonl').map(({ path, outcome, method }) =>
    [path, outcome, method].join(' '),
  );
  assert.ok(
    verified.includes('a.txt verified chunk') && verified.includes('large verified content'),
    verified.join(),
  );
  const phases = lines(folder, 'execution_journal.jsonl').flatMap(({ type, phase }) => phase ?? type);
  assert.equal([...new Set(phases)], ['run', 'plan', 'stage', 'verify', 'promote', 'change', 'ready', 'end']);
  assert.equal(readdirSync(join(kept.base, 'state', result.run)), ['execution_journal.jsonl']);
});

test('artifacts do not go into what is restored, but by their own name', async (shared) => {
  const to = await changed(shared);
  const before = facts(to);
  for (const name of ['', '/artifacts', '/docs/new']) {
    const options = { replace: true, artifacts: { folder: Buffer.from(`${to}${name}`) } };
    const error = await refuses(merge(shared, to, options), 'USAGE', /lies in what is restored/);
    assert.match(error.hint ?? '', /--artifacts=dest/);
    assertSame(facts(to), before);
  }
  await merge(shared, to, { replace: true, artifacts: { folder: Buffer.from(`${to}-artifacts`) } });
});

test('a disk that is full of artifacts leaves the destination alone', async (shared) => {
  const to = await changed(shared);
  const before = facts(to);
  const state = Buffer.from(join(to, '..', 'state'));
  const count = faulty(platform, []);
  const options = { conflict: 'overwrite', records: state, artifacts: 'record' } as const;
  await merge(shared, to, { ...options, platform: count, dryRun: true });
  const writes = count.calls.get('write')!;
  for (let nth = 1; nth <= writes - 1; nth++) {
    const broken = faulty(platform, [{ method: 'write', nth, code: 'ENOSPC' }]);
    const error = await refuses(merge(shared, to, { ...options, platform: broken }), 'NO_SPACE', /untouched/);
    if (nth === 1) assert.match(error.message, /cannot write .*\/state\/.*\/execution_journal\.jsonl/);
    assertSame(facts(to), before, `write ${nth}`);
    assertNoStage(to);
  }
});

test.run();
