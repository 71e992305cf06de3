/** Forgetting, and what of forgotten snapshots shows afterwards. */
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isVaultError } from '../../../src/errors.ts';
import {
  applyForget,
  checkVault,
  collectGarbage,
  forgottenSnapshots,
  type LogOptions,
  logPath,
  logSnapshots,
  ObjectType,
  parseSpan,
  planForget,
  planForgetByName,
  type Repository,
  resolveSnapshot,
  setTag,
  undoForget,
} from '../../../src/index.ts';
import { changesOf } from '../../../src/vault/history/log.ts';
import { type Kept, type Taken, take, withKept } from '../kept.ts';

const DAY = 86_400_000_000_000n;

/** One snapshot a day, the newest today; before each `edit` runs with its number. */
async function days(kept: Kept, count: number, edit: (n: number) => void): Promise<[Repository, Taken[]]> {
  const taken: Taken[] = [];
  const calm = kept.ahead;
  let vault = await kept.init();
  for (let n = 0; n < count; n++) {
    edit(n);
    kept.ahead = calm - BigInt(count - 1 - n) * DAY;
    await kept.close();
    vault = await kept.open();
    taken.push(await take(vault, { message: `m${n}` }));
  }
  return [vault, taken];
}

async function logged(vault: Repository, options: LogOptions = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const { snapshot, forgotten } of await logSnapshots(vault, options)) {
    found.push(`${snapshot.message}${forgotten ? ' forgotten' : ''}`);
  }
  return found;
}

async function versions(vault: Repository, path: string, follow = false): Promise<string[]> {
  const found: string[] = [];
  for await (const { number, letter, snapshot, available, from } of await logPath(vault, Buffer.from(path), {
    follow,
  })) {
    found.push(
      `${number ?? '-'} ${letter} ${snapshot.message}${from ? ` from ${from}` : ''}${available ? '' : ' gone'}`,
    );
  }
  return found;
}

const idOf = (vault: Repository, revision: string) =>
  resolveSnapshot(vault, revision).then((id) => id.toString('hex'));

async function refused(promise: Promise<unknown>, code: string): Promise<void> {
  try {
    await promise;
  } catch (error) {
    return assert.ok(isVaultError(error) && error.code === code, String(error));
  }
  assert.unreachable(`not ${code}`);
}

test('a policy: the plan changes nothing; applied, it is hidden from log and revisions, not from its tag', () =>
  withKept(async (kept) => {
    const [vault, taken] = await days(kept, 6, (n) => writeFileSync(kept.at('f'), `content ${n}`));
    await setTag(vault, 'old', { id: taken[1]!.id, stored: ObjectType.snapshot });
    const plan = await planForget(vault, { policy: { last: 2 } });
    assert.equal(
      plan.decisions.map(({ snapshot, keep, reasons }) => `${snapshot.subject} ${keep} ${reasons}`),
      [
        'm5 true newest of main,last',
        'm4 true last',
        'm3 false ',
        'm2 false ',
        'm1 true tag old',
        'm0 false ',
      ],
    );
    assert.equal(await logged(vault), ['m5', 'm4', 'm3', 'm2', 'm1', 'm0']);
    await applyForget(vault, plan);
    assert.equal(await logged(vault), ['m5', 'm4', 'm1']);
    assert.equal((await logged(vault, { forgotten: true })).slice(1, 4), [
      'm4',
      'm3 forgotten',
      'm2 forgotten',
    ]);
    assert.equal(await logged(vault, { limit: 2, revision: Buffer.from('HEAD~1') }), ['m4', 'm1']);
    assert.is(await idOf(vault, 'HEAD~2'), taken[1]!.id.toString('hex'), 'X~n counts kept ones');
    await refused(idOf(vault, 'HEAD~3'), 'NOT_FOUND');
    assert.is(await idOf(vault, 'main@{2}'), taken[3]!.id.toString('hex'), 'a selector still names it');
    const letters: string[] = [];
    for await (const { path, letter } of changesOf(vault, taken[4]!)) letters.push(`${letter} ${path}`);
    assert.equal(letters, ['M f'], 'compared with the nearest kept one');
    await refused(applyForget(vault, plan), 'LOST_RACE');
    const again = await planForget(vault, { policy: { last: 2 } });
    assert.equal(again.dropped, []);
    await applyForget(vault, again);
    assert.is((await forgottenSnapshots(vault)).newest, 0, 'nothing to forget makes no record');
  }));

test('the newest of a line and tagged ones cannot be named; others can', () =>
  withKept(async (kept) => {
    const [vault, taken] = await days(kept, 3, (n) => writeFileSync(kept.at('f'), `content ${n}`));
    const [first, second, third] = taken.map(({ id }) => id);
    await setTag(vault, 'v1', { id: first!, stored: ObjectType.snapshot });
    await refused(planForgetByName(vault, [second!, third!]), 'REFUSED');
    await refused(planForgetByName(vault, [first!]), 'REFUSED');
    const plan = await planForgetByName(vault, [second!, second!]);
    await applyForget(vault, plan);
    assert.equal(await logged(vault), ['m2', 'm0']);
    await refused(planForgetByName(vault, [second!]), 'NOT_FOUND');
    const { decisions } = await planForget(vault, { policy: { maximumAge: parseSpan('1h') } });
    assert.equal(
      decisions.map(({ keep }) => keep),
      [true, true],
      'protected whatever the age',
    );
    await refused(planForget(vault, { policy: { last: 1 }, lines: 'nosuch' }), 'NOT_FOUND');
  }));

test("a file's history: what forgotten snapshots changed shows at the next kept one, once", () =>
  withKept(async (kept) => {
    const steps: (() => void)[] = [
      () => writeFileSync(kept.at('stays'), 'x'), // m0 forgotten
      () => writeFileSync(kept.at('f'), 'one'), // m1 forgotten
      () => writeFileSync(kept.at('f'), 'two'), // m2: shows A
      () => rmSync(kept.at('f')), // m3 forgotten
      () => writeFileSync(kept.at('f'), 'three'), // m4: shows M
      () => writeFileSync(kept.at('brief'), 'gone again'), // m5 forgotten
      () => rmSync(kept.at('brief')), // m6: nothing
      () => writeFileSync(kept.at('f'), 'four'), // m7 forgotten
      () => rmSync(kept.at('f')), // m8 forgotten
      () => writeFileSync(kept.at('g'), 'three'), // m9: D of f, A of g
      () => writeFileSync(kept.at('g'), 'five'), // m10: M of g
    ];
    const [vault, taken] = await days(kept, steps.length, (n) => steps[n]!());
    assert.equal(await versions(vault, 'brief'), ['- D m6 gone', '1 A m5']);
    const drop = [0, 1, 3, 5, 7, 8].map((n) => taken[n]!.id);
    await applyForget(vault, await planForgetByName(vault, drop));
    assert.equal(await versions(vault, 'f'), ['- D m9 gone', '1 M m4', '2 A m2']);
    assert.equal(await versions(vault, 'g'), ['1 M m10', '2 A m9']);
    assert.equal(await versions(vault, 'g', true), ['1 M m10', '2 R m9 from f', '3 M m4', '4 A m2']);
    assert.equal(await versions(vault, 'stays'), ['1 A m2']);
    await refused(versions(vault, 'brief'), 'NOT_FOUND');
    await refused(versions(vault, 'never'), 'NOT_FOUND');
  }));

test('the last run is taken back, also after gc while the trash has it', () =>
  withKept(async (kept) => {
    const [vault, taken] = await days(kept, 4, (n) => writeFileSync(kept.at('f'), `content ${n}`));
    await refused(undoForget(vault), 'NOT_FOUND');
    await applyForget(vault, await planForgetByName(vault, [taken[0]!.id]));
    await applyForget(vault, await planForget(vault, { policy: { last: 1 } }));
    assert.equal(await logged(vault), ['m3']);
    await collectGarbage(vault, { force: true });
    const { kept: again } = await undoForget(vault);
    assert.equal(
      again.map(({ id }) => id).sort(Buffer.compare),
      [taken[1]!.id, taken[2]!.id].sort(Buffer.compare),
    );
    assert.equal(await logged(vault), ['m3', 'm2', 'm1']);
    assert.equal(await versions(vault, 'f'), ['1 M m3', '2 M m2', '3 A m1']);
    assert.equal(
      (await checkVault(vault, { readData: 100 })).findings.filter(({ damage }) => damage),
      [],
    );
    await undoForget(vault);
    assert.equal(await logged(vault), ['m3', 'm2', 'm1', 'm0']);
    await refused(undoForget(vault), 'NOT_FOUND');
  }));

test('an undo keeps again what is whole, and says what gc has removed for good', () =>
  withKept(async (kept) => {
    const [vault, taken] = await days(kept, 3, (n) => writeFileSync(kept.at('f'), `content ${n}`));
    const [first, second] = taken.map(({ id }) => id);
    await applyForget(vault, await planForget(vault, { policy: { last: 1 } }));
    await setTag(vault, 'held', { id: second!, stored: ObjectType.snapshot });
    await collectGarbage(vault, { force: true });
    rmSync(kept.at('.vault', 'trash'), { recursive: true });
    const { kept: again, gone } = await undoForget(vault);
    assert.equal(
      again.map(({ id }) => id),
      [second],
    );
    assert.equal(
      gone.map(({ id }) => id),
      [first],
    );
    assert.match(gone[0]!.error.message, 'was forgotten on ');
    assert.equal(await logged(vault), ['m2', 'm1']);
    await refused(undoForget(vault), 'NOT_FOUND');
  }));

test('more ids than one record holds go into several', () =>
  withKept(async (kept) => {
    const vault = await kept.init();
    const dropped = Array.from({ length: 10_001 }, (_, i) => i.toString(16).padStart(64, '0'));
    await applyForget(vault, { decisions: [], dropped, message: 'many', newest: undefined });
    const forgotten = await forgottenSnapshots(vault);
    assert.is(forgotten.newest, 1);
    assert.is([...forgotten.ids()].length, dropped.length);
  }));

test.run();
