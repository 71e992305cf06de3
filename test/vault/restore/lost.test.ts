/** Folders of which not all names can be read: what there is of them comes back, and what is not there is told. */
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Id, type Repository, VaultError } from '../../../src/index.ts';
import { entriesOf, type Taken } from '../kept.ts';
import { type OneSnapshot, oneSnapshot } from './one-snapshot.ts';
import { assertNoStage, assertSame, facts, refuses, restorePath } from './restored.ts';

interface Shared extends OneSnapshot {
  to: string;
}

const OLD = 1_000_000_000;
/** Enough for several pages. */
const MANY = 1300;

const test = oneSnapshot<Shared>('lost', (kept) => {
  for (const name of ['docs/deep', 'many', 'whole']) mkdirSync(kept.at(name), { recursive: true });
  for (const name of ['docs/deep/a', 'docs/b', 'whole/c', 'z']) writeFileSync(kept.at(name), name);
  for (let i = 0; i < MANY; i++) writeFileSync(kept.at('many', String(i).padStart(5, '0')), '');
  for (const name of ['docs/deep', 'docs', 'many', 'whole', '']) utimesSync(kept.at(name), OLD, OLD);
});

test.before.each((shared) => {
  shared.to = join(shared.kept.base, `to${++shared.nth}`);
});

/** The vault without one of its objects, from the `nth` time on that it is read. */
function without(vault: Repository, id: Id, { nth = 1, until = Number.POSITIVE_INFINITY } = {}): Repository {
  let reads = 0;
  const store = new Proxy(vault.store, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== 'function') return value;
      if (key !== 'readMeta') return value.bind(target);
      return (wanted: Id, ...rest: unknown[]) => {
        if (wanted.equals(id) && ++reads >= nth && reads < until)
          throw new VaultError('MISSING_OBJECT', 'it is in no pack');
        return value.call(target, wanted, ...rest);
      };
    },
  });
  return { ...vault, store } as Repository;
}

async function idOf(vault: Repository, taken: Taken, path: string): Promise<Id> {
  return (await entriesOf(vault, taken)).get(path)!.id;
}

test('a folder comes back without the names that cannot be read, and with its own metadata', async (shared) => {
  const { kept, vault, taken, to } = shared;
  const other = without(vault, await idOf(vault, taken, 'docs/deep'));
  for (const dryRun of [true, false]) {
    const { failures, leftOut } = await restorePath(other, taken, '', to, { dryRun });
    assert.equal(
      failures.map(({ path, code }) => [path.toString(), code]),
      [['docs/deep', 'MISSING_OBJECT']],
    );
    assert.match(failures[0]!.message, /^not all of its names can be read: it is in no pack$/);
    assert.equal(
      leftOut.map(({ what, count }) => [what, count]),
      [['names of a folder', 1]],
    );
    assert.is(existsSync(to), !dryRun);
  }
  const expected = facts(kept.root);
  expected.delete('docs/deep/a');
  assertSame(facts(to), expected);
});

test('of a long folder the pages before are there', async ({ kept, vault, taken, to }) => {
  let pages = 0;
  const last = await idOf(vault, taken, 'many');
  let lost: Id | undefined;
  const counting = new Proxy(vault.store, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== 'function') return value;
      if (key !== 'readMeta') return value.bind(target);
      return (wanted: Id, ...rest: unknown[]) => {
        if (++pages === 4) lost = wanted;
        return value.call(target, wanted, ...rest);
      };
    },
  });
  await restorePath({ ...vault, store: counting } as Repository, taken, 'many', to, { dryRun: true });
  assert.ok(lost && !lost.equals(last), `${pages} objects`);
  const result = await restorePath(without(vault, lost), taken, '', to);
  assert.is(result.failureCount, 1);
  const found = readdirSync(join(to, 'many'));
  assert.ok(found.length > 0 && found.length < MANY, `${found.length}`);
  assert.equal(
    readdirSync(to),
    readdirSync(kept.root).filter((name) => name !== '.vault'),
  );
});

test('nothing is touched where all or nothing is asked for, or nothing would be left', async (shared) => {
  const { vault, taken, to } = shared;
  const other = without(vault, await idOf(vault, taken, 'docs/deep'));
  await refuses(restorePath(other, taken, '', to, { partial: false }), 'MISSING_OBJECT');
  await refuses(restorePath(other, taken, 'docs/deep', to), 'MISSING_OBJECT');
  const selection = { paths: [Buffer.from('docs/deep/a')] };
  await refuses(restorePath(other, taken, '', to, { selection }), 'MISSING_OBJECT');
  assert.not.ok(existsSync(to));
  mkdirSync(to);
  writeFileSync(join(to, 'mine'), 'mine');
  await refuses(restorePath(other, taken, '', to, { replace: true }), 'MISSING_OBJECT');
  // A list that is not whole says nothing about what is to go.
  const merged = { conflict: 'overwrite', deletes: true, partial: true } as const;
  await refuses(restorePath(other, taken, '', to, merged), 'MISSING_OBJECT');
  assert.equal(readdirSync(to), ['mine']);
  assertNoStage(to);
  const { failureCount } = await restorePath(other, taken, '', to, { replace: true, partial: true });
  assert.is(failureCount, 1);
});

test('a part that was chosen, beside what cannot be read', async ({ vault, taken, to }) => {
  const other = without(vault, await idOf(vault, taken, 'docs/deep'));
  const { failureCount } = await restorePath(other, taken, '', to, {
    selection: { paths: [Buffer.from('docs')] },
  });
  assert.is(failureCount, 1);
  assert.equal([readdirSync(to), readdirSync(join(to, 'docs')).sort()], [['docs'], ['b', 'deep']]);
});

test('what goes, or comes back, while the restore works', async ({ vault, taken, to }) => {
  const deep = await idOf(vault, taken, 'docs/deep');
  await refuses(restorePath(without(vault, deep, { nth: 2 }), taken, '', to), 'MISSING_OBJECT');
  assert.not.ok(existsSync(to));
  const { failureCount } = await restorePath(without(vault, deep, { until: 2 }), taken, '', to);
  assert.is(failureCount, 1);
  assert.equal(readdirSync(join(to, 'docs', 'deep')), []);
  rmSync(to, { recursive: true });
});

test.run();
