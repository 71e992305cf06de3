/** What the next command makes of records that a process has left half written, and of a previous state that is half removed. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { mock } from 'node:test';
import * as assert from 'uvu/assert';
import {
  keptStates,
  listRestores,
  type Repository,
  recoverRestores,
  removeKept,
  silentProgress,
  undoRestore,
} from '../../../src/index.ts';
import { codeError } from '../../../src/platform/errno.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import { dyingAt } from './dying.ts';
import { type OneSnapshot, oneSnapshot } from './one-snapshot.ts';
import { refuses, restorePath } from './restored.ts';

interface Shared extends OneSnapshot {
  /** where restores are recorded, anew for each test */
  records: string;
  about: { records: Buffer; environment: Repository['environment'] };
}

const HOUR_NS = 3600n * 1_000_000_000n;
const JOURNAL = 'execution_journal.jsonl';

const test = oneSnapshot<Shared>('recover', (kept) => {
  writeFileSync(kept.at('a'), 'first');
  mkdirSync(kept.at('docs'));
  writeFileSync(kept.at('docs', 'b'), 'first');
});

test.before.each((shared) => {
  shared.records = join(shared.kept.base, 'state');
  rmSync(shared.records, { recursive: true, force: true });
  shared.about = { records: Buffer.from(shared.records), environment: shared.kept.environment };
});

test('what a single file replaced is pruned, and so is a folder', async ({ kept, vault, taken, about }) => {
  const options = { records: about.records, replace: true };
  await restorePath(vault, taken, 'a', kept.at('a'), options);
  await restorePath(vault, taken, 'docs', kept.at('docs'), options);
  const states = await keptStates(about);
  assert.is(states.length, 2);
  await removeKept(about, states);
  for (const { previous } of states) assert.not.ok(existsSync(previous), previous.toString());
  assert.equal(await keptStates(about), []);
});

test('what is mounted in a previous state is not pruned', async ({ kept, vault, taken, about }) => {
  const to = join(kept.base, 'mounted');
  mkdirSync(join(to, 'deep', 'disk'), { recursive: true });
  writeFileSync(join(to, 'deep', 'disk', 'precious'), 'mine');
  await restorePath(vault, taken, 'docs', to, { records: about.records, replace: true });
  const states = await keptStates(about);
  const real = getPlatform();
  const isMountPoint = (path: Buffer) => path.toString().endsWith('/disk') || real.isMountPoint(path);
  const platform = { ...real, isMountPoint };
  await refuses(removeKept({ ...about, platform }, states), 'REFUSED', /deep\/disk is a mount point/);
  const previous = states[0]!.previous.toString();
  assert.is(readFileSync(join(previous, 'deep', 'disk', 'precious'), 'utf8'), 'mine');
  assert.not.ok((await listRestores(about))[0]!.previous === undefined, 'it is still to be removed');
  await removeKept(about, await keptStates(about));
  assert.not.ok(existsSync(previous));
});

test('a previous state that a dead process has begun to remove goes, and is not put back', async (shared) => {
  const { kept, vault, taken, about } = shared;
  await restorePath(vault, taken, 'docs', kept.at('docs'), { records: about.records, replace: true });
  const [{ previous, record }] = (await keptStates(about)) as [Awaited<ReturnType<typeof keptStates>>[0]];
  const journal = join(record.folder.toString(), JOURNAL);
  const { host, hostId, bootId, pid, startTime } = kept.environment;
  const alive = { type: 'prune', host, host_id: hostId, boot_id: bootId, pid, start_time: startTime };
  rmSync(join(previous.toString(), 'b'));
  appendFileSync(journal, `${JSON.stringify(alive)}\n`);
  await refuses(undoRestore(about), 'REFUSED', /has been removed/);
  assert.ok(existsSync(previous), 'whoever removes it is alive');
  appendFileSync(journal, `${JSON.stringify({ ...alive, start_time: '1' })}\n`);
  await recoverRestores(about);
  assert.not.ok(existsSync(previous));
  assert.match((await refuses(undoRestore({ ...about, run: record.run }), 'REFUSED')).message, /removed/);
});

test('a record whose last line is torn is ended in a line of its own', async ({
  kept,
  vault,
  taken,
  about,
}) => {
  const gone = { ...vault, environment: { ...kept.environment, startTime: '1' } };
  const to = join(kept.base, 'to');
  await restorePath(gone, taken, 'docs', to, { records: about.records });
  const [run] = await listRestores(about);
  const journal = join(run!.folder.toString(), JOURNAL);
  writeFileSync(journal, `${JSON.stringify(headOf(run!, gone.environment))}\n{"type":"pha`);
  for (let n = 0; n < 2; n++) assert.equal((await listRestores(about))[0]!.outcome, 'failed');
});

function headOf(
  { owner, time }: Awaited<ReturnType<typeof listRestores>>[0],
  { host, hostId, bootId, pid }: Repository['environment'],
): object {
  return {
    ...{ type: 'run', time, schema: 'vault/restore-journal/1', run: owner.run, snapshot: owner.snapshot },
    ...{ path: '', destination: '/nowhere/to', stage_folder: '/nowhere', stage_name: 'to.vault_stage' },
    ...{ host, host_id: hostId, boot_id: bootId, pid, start_time: '1' },
  };
}

test('a later change that alone outlived a power loss: the others are made', async ({
  kept,
  vault,
  taken,
  about,
}) => {
  const to = join(kept.base, 'half');
  for (const folder of ['', 'docs']) mkdirSync(join(to, folder), { recursive: true });
  for (const name of ['a', 'docs/b']) writeFileSync(join(to, name), 'mine');
  const gone = { ...vault, environment: { ...kept.environment, startTime: '1' } };
  let exchanges = 0;
  // The first one only tries whether there is such a call here.
  const { platform } = dyingAt((method) => method === 'exchange' && ++exchanges === 2);
  const options = { records: about.records, conflict: 'overwrite', platform } as const;
  await restorePath(gone, taken, '', to, options).catch(() => {});
  const [run] = readdirSync(`${to}.vault_stage`);
  const staged = join(`${to}.vault_stage`, run!, 'tree', 'docs', 'b');
  getPlatform().exchange(Buffer.from(staged), Buffer.from(join(to, 'docs', 'b')));
  await recoverRestores(about);
  for (const name of ['a', 'docs/b']) assert.is(readFileSync(join(to, name), 'utf8'), 'first', name);
  assert.is((await listRestores(about))[0]!.outcome, 'restored');
});

for (const [where, elsewhere] of [
  ['another container', { pidNamespace: 'pid:[1]' }],
  ['a host of another name', { host: 'elsewhere', bootId: 'another' }],
] as const) {
  test(`a run of ${where} with our machine id is at work until it was silent for an hour`, async (shared) => {
    const { kept, vault, taken, about } = shared;
    const to = join(kept.base, `half ${where}`);
    for (const name of ['', 'docs']) mkdirSync(join(to, name), { recursive: true });
    for (const name of ['a', 'docs/b']) writeFileSync(join(to, name), 'mine');
    // Of no process that would be found here.
    const environment = { ...kept.environment, startTime: '1', ...elsewhere };
    let exchanges = 0;
    const { platform } = dyingAt((method) => method === 'exchange' && ++exchanges === 3);
    const options = { records: about.records, conflict: 'overwrite', platform } as const;
    await restorePath({ ...vault, environment }, taken, '', to, options).catch(() => {});
    const before = ['a', 'docs/b'].map((name) => readFileSync(join(to, name), 'utf8'));
    assert.equal(before.sort(), ['first', 'mine']);

    const now = () => kept.environment.now() - HOUR_NS;
    const soon = { ...vault, environment: { ...kept.environment, now } };
    const said: string[] = [];
    const progress = { ...silentProgress, warn: (line: string) => void said.push(line) };
    await restorePath(soon, taken, 'docs', to, { conflict: 'skip', progress });
    assert.match(
      said.join('\n'),
      /^restore \S+ to this place, process \d+ on \S+ .* may be at work; .* an hour after/,
    );
    await recoverRestores({ ...about, environment: soon.environment });
    const [run] = await listRestores({ ...about, environment: soon.environment });
    assert.is(run!.outcome, 'running');
    assert.equal(['a', 'docs/b'].map((name) => readFileSync(join(to, name), 'utf8')).sort(), before);

    kept.ahead += HOUR_NS;
    await recoverRestores({ ...about, environment: kept.environment });
    for (const name of ['a', 'docs/b']) assert.is(readFileSync(join(to, name), 'utf8'), 'first', name);
    kept.ahead -= HOUR_NS;
  });
}

test('a run that is at work says so, and leaves its own pid namespace', async ({
  kept,
  vault,
  taken,
  about,
}) => {
  const to = join(kept.base, 'beats');
  const timers = mock.timers;
  timers.enable({ apis: ['setInterval'] });
  const journal = () => {
    const [run] = readdirSync(`${to}.vault_stage`);
    return join(`${to}.vault_stage`, run!, JOURNAL);
  };
  const real = getPlatform();
  let before = 0;
  let after = 0;
  let head = '';
  const platform: typeof real = {
    ...real,
    createFile(path, mode) {
      if (path.toString().endsWith('/b')) {
        utimesSync(journal(), 1_000_000_000, 1_000_000_000);
        before = statSync(journal()).mtimeMs;
        timers.tick(5 * 60 * 1000);
        after = statSync(journal()).mtimeMs;
        head = readFileSync(journal(), 'utf8').split('\n')[0]!;
      }
      return real.createFile(path, mode);
    },
  };
  try {
    await restorePath(vault, taken, 'docs', to, { records: about.records, platform });
  } finally {
    timers.reset();
  }
  assert.equal([before, after > before], [1_000_000_000_000, true]);
  assert.is(JSON.parse(head).pid_namespace, kept.environment.pidNamespace);
});

test('records that may not be looked at: what is restored cannot be listed, and is restored', async (shared) => {
  const { kept, vault, taken, about, records } = shared;
  const real = getPlatform();
  const platform: typeof real = {
    ...real,
    lstat(path) {
      if (path.toString().startsWith(records)) throw codeError('EACCES', 'lstat', path);
      return real.lstat(path);
    },
  };
  const to = join(kept.base, 'not listed');
  await restorePath(vault, taken, 'docs', to, { records: about.records, platform });
  assert.is(readFileSync(join(to, 'b'), 'utf8'), 'first');
  const listed = listRestores({ ...about, platform }).catch((error) => error.code);
  assert.is(await listed, 'EACCES', 'rather than an empty list');
});

test('a record that was never begun goes after an hour; what somebody else has put there stays', async (shared) => {
  const { kept, records, about } = shared;
  for (const name of ['empty', 'torn', 'other', 'newer']) mkdirSync(join(records, name), { recursive: true });
  writeFileSync(join(records, 'torn', JOURNAL), '{"type":"ru');
  writeFileSync(join(records, 'other', 'note'), 'mine');
  writeFileSync(join(records, 'newer', JOURNAL), '{"type":"run","schema":"vault/restore-journal/9"}\n');
  const now = () => kept.environment.now() - HOUR_NS;
  await recoverRestores({ ...about, environment: { ...kept.environment, now } });
  assert.is(readdirSync(records).length, 4, 'they may just be begun');
  kept.ahead += HOUR_NS;
  await recoverRestores({ ...about, environment: kept.environment });
  assert.equal(readdirSync(records).sort(), ['newer', 'other']);
});

test.run();
