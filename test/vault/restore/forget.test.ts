/** What is kept of the records of earlier restores, and what goes. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import * as assert from 'uvu/assert';
import { keptStates, listRestores, type Repository, removeKept, undoRestore } from '../../../src/index.ts';
import { codeError } from '../../../src/platform/errno.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import { silentProgress } from '../../../src/vault/progress.ts';
import type { RestoreOptions } from '../../../src/vault/restore/plan/options.ts';
import { forgetOldRuns } from '../../../src/vault/restore/records/forget.ts';
import { dying } from './dying.ts';
import { type OneSnapshot, oneSnapshot } from './one-snapshot.ts';
import { refuses, restorePath } from './restored.ts';

const platform = getPlatform();
const JOURNAL = 'execution_journal.jsonl';
const HOUR_NS = 3600n * 1_000_000_000n;
/** As restore/records/forget.ts has it. */
const MOST_WHOLE = 20;

const test = oneSnapshot('forget', (kept) => {
  writeFileSync(kept.at('a'), 'first');
});

/** Records of its own, and what can be done with them. Each run is a second later than the one before. */
class Records {
  readonly path: string;
  readonly about: { records: Buffer; environment: Repository['environment'] };
  readonly #shared: OneSnapshot;

  constructor(shared: OneSnapshot) {
    this.#shared = shared;
    this.path = join(shared.kept.base, `records ${++shared.nth}`);
    mkdirSync(this.path);
    this.about = { records: Buffer.from(this.path), environment: shared.kept.environment };
  }

  /** @returns the run's name */
  async run(to: string, more: Partial<RestoreOptions> = {}): Promise<string> {
    const { kept, vault, taken } = this.#shared;
    kept.ahead += 1_000_000_000n;
    const options = { records: this.about.records, artifacts: 'record', ...more } as const;
    const before = this.names();
    await restorePath({ ...vault, environment: kept.environment }, taken, '', to, options).catch((error) => {
      if (!more.platform) throw error;
    });
    return this.names().find((name) => !before.includes(name))!;
  }

  /** A destination in use. */
  used(name: string): string {
    const to = join(this.path, '..', `${basename(this.path)} ${name}`);
    mkdirSync(to, { recursive: true });
    writeFileSync(join(to, 'mine'), name);
    return to;
  }

  /** Newer runs, so many that all others are old: copies of a dry one. */
  async fill(): Promise<void> {
    const dry = await this.run(join(this.path, '..', 'nowhere'), { dryRun: true });
    const text = readFileSync(join(this.path, dry, JOURNAL), 'utf8');
    const [first] = text.split('\n');
    for (let n = 0; n < MOST_WHOLE; n++) {
      const run = `20990101T0000${String(n).padStart(2, '0')}Z-00000000`;
      cpSync(join(this.path, dry), join(this.path, run), { recursive: true });
      const head = JSON.stringify({
        ...JSON.parse(first!),
        run,
        time: `2099-01-01T00:00:${n + 10}.000000000Z`,
      });
      writeFileSync(join(this.path, run, JOURNAL), text.replace(first!, head));
    }
    rmSync(join(this.path, dry), { recursive: true });
  }

  forget(by = platform): void {
    forgetOldRuns(by, this.about.records, this.about.environment, 'own');
  }

  names(): string[] {
    return readdirSync(this.path);
  }

  files(run: string): string[] {
    return existsSync(join(this.path, run)) ? readdirSync(join(this.path, run)) : [];
  }

  /** Changes how a record begins. */
  rewrite(run: string, more: object): void {
    const journal = join(this.path, run, JOURNAL);
    const [first, ...rest] = readFileSync(journal, 'utf8').split('\n');
    writeFileSync(journal, [JSON.stringify({ ...JSON.parse(first!), ...more }), ...rest].join('\n'));
  }

  /** Cuts off how it ended. */
  cut(run: string): void {
    const journal = join(this.path, run, JOURNAL);
    const lines = readFileSync(journal, 'utf8').split('\n');
    writeFileSync(journal, lines.filter((line) => !line.includes('"type":"end"')).join('\n'));
  }

  async prune(run: string): Promise<void> {
    const options = { ...this.about, run };
    await removeKept(options, await keptStates(options));
  }
}

test('what can be undone, or has kept something, keeps its journal; what has failed or planned goes', async (shared) => {
  const records = new Records(shared);
  const made = await records.run(join(records.path, '..', 'made'));
  const used = records.used('used');
  const replaced = await records.run(used, { replace: true });
  const planned = await records.run(records.used('planned'), { dryRun: true, replace: true });
  const same = await records.run(used, { conflict: 'skip' });
  const full = { ...platform, exchange: fail, renameNoReplace: fail };
  const failed = await records.run(join(records.path, '..', 'failed'), { platform: full });
  const pruned = await records.run(records.used('pruned'), { replace: true });
  await records.prune(pruned);
  for (const run of [made, replaced, planned, same, failed, pruned])
    assert.is(records.files(run).length, 7, run);
  await records.fill();
  const newest = records.names().slice(-MOST_WHOLE);

  const last = await records.run(join(records.path, '..', 'last'));
  assert.is(records.files(last).length, 7, 'its own, although others are newer by the clock');
  assert.equal(records.names().sort(), [made, replaced, last, ...newest].sort());
  for (const run of [made, replaced]) assert.equal(records.files(run), [JOURNAL], run);
  for (const run of newest) assert.is(records.files(run).length, 7, run);

  assert.equal(
    (await keptStates(records.about)).map(({ run }) => run),
    [replaced],
  );
  assert.is((await undoRestore({ ...records.about, run: replaced })).undone, replaced);
  assert.equal(readdirSync(used), ['mine']);
  assert.is((await undoRestore({ ...records.about, run: made })).undone, made);
  assert.not.ok(existsSync(join(records.path, '..', 'made')));
});

function fail(): never {
  throw codeError('EIO', 'rename');
}

test('an undo and what it has undone go together, once nothing is kept', async (shared) => {
  const records = new Records(shared);
  const to = records.used('to');
  const done = await records.run(to, { replace: true });
  const { run: undo } = await undoRestore({ ...records.about, run: done });
  await records.fill();
  const stay = (why: string) => {
    records.forget();
    for (const run of [done, undo]) assert.equal(records.files(run), [JOURNAL], why);
  };
  stay('the undo keeps what it took away');
  const [state] = await keptStates({ ...records.about, run: undo });
  renameSync(state!.previous, `${records.path} unmounted`);
  stay('on a disk that is not mounted now');
  renameSync(`${records.path} unmounted`, state!.previous);
  await records.prune(undo);
  const stage = `${to}.vault_stage`;
  mkdirSync(join(stage, done), { recursive: true });
  stay('one is not done with');
  rmSync(stage, { recursive: true });
  records.forget();
  assert.equal(
    records.names().filter((name) => [done, undo].includes(name)),
    [],
  );
});

test('what was undone stays while its undo is among the newest', async (shared) => {
  const records = new Records(shared);
  const done = await records.run(records.used('to'), { replace: true });
  await records.fill();
  const { run: undo } = await undoRestore({ ...records.about, run: done });
  records.rewrite(undo, { time: '2099-02-01T00:00:00.000000000Z' });
  await records.prune(undo);
  records.forget();
  assert.equal([records.files(done), records.files(undo)], [[JOURNAL], [JOURNAL]]);
});

test('a run whose previous state was pruned stays while it keeps an earlier one from being undone', async (shared) => {
  const records = new Records(shared);
  const to = records.used('to');
  const first = await records.run(to, { replace: true });
  const second = await records.run(to, { replace: true });
  await records.prune(second);
  await records.fill();
  records.forget();
  assert.equal(records.files(second), [JOURNAL]);
  await refuses(undoRestore({ ...records.about, run: first }), 'REFUSED', /came after it/);
  await records.prune(first);
  records.forget();
  assert.equal(
    records.names().filter((name) => [first, second].includes(name)),
    [],
  );
});

test('what runs, or ran elsewhere, is left alone, and so is what a failure has left or somebody has put there', async (shared) => {
  const records = new Records(shared);
  const { kept } = shared;
  const dry = () => records.run(join(records.path, '..', 'nowhere'), { dryRun: true });
  const running = await dry();
  records.cut(running);
  const elsewhere = await dry();
  records.rewrite(elsewhere, { host_id: 'another' });
  const away = await records.run(records.used('away'), { replace: true });
  const [state] = await keptStates({ ...records.about, run: away });
  renameSync(state!.previous, `${records.path} unmounted`);
  const noted = await dry();
  writeFileSync(join(records.path, noted, 'note'), 'mine');
  const stuck = await dry();
  const stage = join(kept.base, 'stuck', 'to.vault_stage');
  mkdirSync(join(stage, stuck), { recursive: true });
  records.rewrite(stuck, { stage_folder: join(kept.base, 'stuck'), stage_name: 'to.vault_stage' });
  await records.fill();
  records.forget();
  for (const run of [running, elsewhere]) assert.is(records.files(run).length, 7);
  assert.equal(records.files(away), [JOURNAL], 'on a disk that is not mounted now');
  assert.equal(records.files(noted).sort(), [JOURNAL, 'note']);
  assert.equal(records.files(stuck), [JOURNAL]);
  rmSync(stage, { recursive: true });
  records.forget();
  assert.equal(records.files(stuck), []);
});

test('dying at any call leaves records that are listed, or empty ones that the next command removes', async (shared) => {
  const records = new Records(shared);
  const { kept } = shared;
  const made = await records.run(join(records.path, '..', 'made too'));
  const gone = await records.run(join(records.path, '..', 'nowhere'), { dryRun: true });
  await records.fill();
  const whole = join(kept.base, 'whole');
  cpSync(records.path, whole, { recursive: true });
  const newest = records.names().slice(-MOST_WHOLE);
  for (let nth = 1; ; nth++) {
    rmSync(records.path, { recursive: true });
    cpSync(whole, records.path, { recursive: true });
    const { platform: mortal, died } = dying(nth);
    try {
      records.forget(mortal);
    } catch (error) {
      assert.match((error as Error).message, /^dead at/);
    }
    for (const run of [made, gone]) {
      const files = records.files(run);
      assert.ok(files.length === 0 || files.includes(JOURNAL), `${run} after ${nth} calls`);
    }
    const listed = (await listRestores(records.about)).map(({ run }) => run);
    const journals = records.names().filter((name) => records.files(name).includes(JOURNAL));
    assert.equal(listed.sort(), journals.sort());
    const later = kept.environment.now() + 2n * HOUR_NS;
    const environment = { ...records.about.environment, now: () => later };
    records.forget();
    await listRestores({ ...records.about, environment });
    assert.equal(records.names().sort(), [made, ...newest].sort(), `after ${nth} calls`);
    if (!died()) return assert.ok(nth > 12);
  }
});

test('records that cannot be removed: a warning, and what was restored is', async (shared) => {
  const records = new Records(shared);
  await records.run(join(records.path, '..', 'nowhere'), { dryRun: true });
  await records.fill();
  const warnings: string[] = [];
  const progress = { ...silentProgress, warn: (text: string) => void warnings.push(text) };
  const { kept, vault, taken } = shared;
  const unlink = (path: Buffer) =>
    path.toString().startsWith(records.path) ? fail() : platform.unlink(path);
  const result = await restorePath(vault, taken, '', join(kept.base, 'warned'), {
    records: records.about.records,
    platform: { ...platform, unlink },
    progress,
  });
  assert.is(result.outcome, 'restored');
  assert.match(warnings.join(), /^records of older restores could not be removed: EIO/);
});

test.run();
