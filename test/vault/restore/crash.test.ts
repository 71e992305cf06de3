/**
 * A process that dies at any call that changes something: the destination is the old one or the new one, whole, once the next
 * command has run, and nothing is left beside it. Deaths are played in one process; real ones are in `test/crash/restore-kill.test.ts`.
 * @time-limit 120
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listRestores, type Repository, undoRestore } from '../../../src/index.ts';
import { faulty } from '../../../src/platform/fault.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import type { RestoreOptions } from '../../../src/vault/restore/plan/options.ts';
import { CHANGING } from '../../crash/mutations.ts';
import { FAST_FOLDER } from '../../support/fast-folder.ts';
import { entriesOf, Kept, type Taken, take } from '../kept.ts';
import { dying } from './dying.ts';
import { assertNoStage, assertSame, facts, refuses, restorePath } from './restored.ts';

interface Shared {
  kept: Kept;
  vault: Repository;
  taken: Taken;
}

const test = suite<Shared>('crash');
const platform = getPlatform();
const OLD = 1_000_000_000;

test.before(async (shared) => {
  const kept = new Kept(FAST_FOLDER);
  shared.kept = kept;
  mkdirSync(kept.at('docs'));
  writeFileSync(kept.at('a'), 'first');
  writeFileSync(kept.at('docs', 'b'), 'first');
  writeFileSync(kept.at('same'), 'same');
  chmodSync(kept.at('docs'), 0o750);
  chmodSync(kept.root, 0o711);
  utimesSync(kept.root, OLD, OLD);
  shared.vault = await kept.init();
  utimesSync(kept.root, OLD, OLD);
  shared.taken = await take(shared.vault);
});

test.after(({ kept }) => kept.dispose());

/** A folder in use, always the same. */
function makeOld(folder: string): void {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (name !== '.vault') rmSync(join(folder, name), { recursive: true });
  }
  mkdirSync(join(folder, 'docs'), { recursive: true });
  writeFileSync(join(folder, 'a'), 'mine');
  writeFileSync(join(folder, 'same'), 'same');
  writeFileSync(join(folder, 'docs', 'extra'), 'mine');
  for (const name of ['a', 'same', 'docs/extra', 'docs', ''])
    utimesSync(join(folder, name), OLD + 5, OLD + 5);
}

/** Names and contents; of folders that names come and go in only what cannot follow from that. */
function state(folder: string): Map<string, object> {
  const found = new Map<string, object>();
  for (const [path, value] of facts(folder, ['.vault'])) {
    if (path.startsWith('.vault_restore')) continue;
    found.set(path, 'size' in value || path === '' ? value : { ...value, time: '' });
  }
  return found;
}

for (const [way, options, isOwn] of [
  ['exchanged', { replace: true }, false],
  ['merged', { conflict: 'overwrite', deletes: true }, false],
  ['exchanged name by name', { replace: true }, true],
] as [string, Partial<RestoreOptions>, boolean][]) {
  test(`a folder that is ${way}: old or new after a death at any call, and undone`, async (shared) => {
    const { kept, vault, taken } = shared;
    const to = isOwn ? kept.root : join(kept.base, 'here', 'folder');
    const records = Buffer.from(join(kept.base, `state of ${way}`));
    const about = { records, environment: kept.environment };
    // Nobody has this process' number and began then.
    const source = { ...vault, environment: { ...vault.environment, startTime: '1' } };
    const other = join(kept.base, `wanted ${way}`);
    makeOld(other);
    await restorePath(vault, taken, '', other, options);
    const wanted = state(other);
    const merged = way === 'merged';
    makeOld(to);
    const old = state(to);
    const own = (found: Map<string, object>) => (merged ? { ...found.get(''), time: '' } : found.get(''));
    const same = (expected: Map<string, object>, when: string) => {
      const found = state(to);
      for (const map of [found, expected]) map.set('', own(map)!);
      assertSame(found, expected, when);
    };
    let deaths = 0;
    const outcomes = new Set<string>();
    for (let nth = 1; ; nth++) {
      const { platform: mortal, died } = dying(nth);
      try {
        await restorePath(source, taken, '', to, { ...options, records, platform: mortal });
      } catch (error) {
        if (!died()) throw error;
      }
      if (!died()) break;
      deaths++;
      const when = `${way}, call ${nth}`;
      if (way === 'exchanged') {
        const now = readdirSync(to).sort().join();
        assert.ok(['a,docs,same'].includes(now), when);
        assert.ok(
          [old, wanted].some((one) => isSame(state(to), one)),
          `${when}: half`,
        );
      }
      const [last] = await listRestores(about);
      assertNoStage(to);
      if (last?.outcome !== 'restored') {
        same(old, when);
        outcomes.add('old');
      } else {
        same(wanted, when);
        outcomes.add('new');
        const undone = await undoRestore(about);
        same(old, `${when}, undone`);
        rmSync(undone.previous!, { recursive: true });
        if (isOwn) utimesSync(to, OLD + 5, OLD + 5);
      }
      assertNoStage(to);
      rmSync(records, { recursive: true, force: true });
    }
    assert.ok(deaths > 40, `${deaths} deaths`);
    assert.equal([...outcomes].sort(), ['new', 'old']);
    const [last] = await listRestores(about);
    assert.is(last!.outcome, 'restored');
    // And a death while it is undone.
    for (let nth = 1; ; nth++) {
      const { platform: mortal, died } = dying(nth);
      const environment = { ...kept.environment, startTime: '1' };
      try {
        await undoRestore({ records, environment, platform: mortal });
      } catch (error) {
        if (!died()) throw error;
      }
      if (!died()) break;
      const runs = await listRestores(about);
      assertNoStage(to);
      const isUndone = runs.find(({ run }) => run === last!.run)!.outcome === 'undone';
      same(isUndone ? old : wanted, `undo of ${way}, call ${nth}`);
      if (!isUndone) continue;
      assert.not.ok(existsSync(last!.previous!), `undo of ${way}, call ${nth}: folders are left`);
      return;
    }
    same(old, `undo of ${way}`);
  });
}

function isSame(a: Map<string, object>, b: Map<string, object>): boolean {
  try {
    assertSame(a, b);
    return true;
  } catch {
    return false;
  }
}

test('a snapshot finishes or takes back what a death left half done', async ({ kept, vault, taken }) => {
  const to = kept.root;
  const records = Buffer.from(join(kept.base, 'state of snapshots'));
  const source = { ...vault, environment: { ...vault.environment, startTime: '1' } };
  const seen = new Set<string>();
  for (let nth = 1; ; nth += 2) {
    makeOld(to);
    const { platform: mortal, died } = dying(nth);
    try {
      await restorePath(source, taken, '', to, { replace: true, records, platform: mortal });
    } catch (error) {
      if (!died()) throw error;
    }
    const after = await take(vault, { restores: records });
    const entries = await entriesOf(vault, after);
    const names = ['a', 'docs/b', 'docs/extra'].filter((name) => entries.has(name));
    const found = names.map((name) => `${name} ${entries.get(name)!.size}`).join();
    assert.ok(['a 5,docs/b 5', 'a 4,docs/extra 4'].includes(found), `call ${nth}: ${found}`);
    seen.add(found);
    if (!died()) break;
  }
  assert.is(seen.size, 2);
});

for (const code of ['EIO', 'ENOSPC']) {
  test(`${code} at any call of a merge leaves what was there`, async ({ kept, vault, taken }) => {
    const to = join(kept.base, code, 'folder');
    makeOld(to);
    // Promotion that is taken back leaves times of folders behind.
    const stateOf = () => {
      const found = state(to);
      return found.set('', { ...found.get(''), time: '' });
    };
    const old = stateOf();
    const count = faulty(platform, []);
    const options = { conflict: 'overwrite', deletes: true } as const;
    await restorePath(vault, taken, '', to, { ...options, platform: count });
    const methods = code === 'EIO' ? CHANGING : (['mkdir', 'createFile', 'write'] as const);
    for (const method of methods) {
      for (let nth = 1; nth <= (count.calls.get(method) ?? 0); nth++) {
        rmSync(join(kept.base, code), { recursive: true });
        makeOld(to);
        const broken = faulty(platform, [{ method, nth, code }]);
        const run = restorePath(vault, taken, '', to, { ...options, platform: broken });
        if (
          await run.then(
            () => true,
            () => false,
          )
        )
          continue;
        assertSame(stateOf(), old, `${method} ${nth}`);
      }
    }
    const broken = faulty(platform, [{ method: 'write', nth: 3, code }]);
    makeOld(to);
    await refuses(
      restorePath(vault, taken, '', to, { ...options, platform: broken }),
      code === 'EIO' ? 'IO' : 'NO_SPACE',
    );
    assertNoStage(to);
  });
}

test.run();
