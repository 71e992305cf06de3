/** Changes that are undone, resumed or taken back where inode numbers do not stay with files: what something is, is told by where it lies. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { listRestores, recoverRestores, undoRestore } from '../../../src/index.ts';
import { parseChange } from '../../../src/vault/restore/journal/journal.ts';
import { dyingAt } from './dying.ts';
import { restored, restoringElsewhere } from './elsewhere.ts';
import { withNumbersOf } from './other-file-system.ts';
import { assertNoStage, restorePath } from './restored.ts';

const test = restoringElsewhere('by place', (kept) => {
  mkdirSync(kept.at('docs', 'sub'), { recursive: true });
  for (const name of ['a', 'b', 'sub/c']) writeFileSync(kept.at('docs', name), 'recorded');
});

for (const conflict of [undefined, 'overwrite'] as const) {
  const way = conflict ? 'a merge' : 'a replacement';
  test(`${way} is undone after another mount, where numbers do not stay`, async (shared) => {
    const { to, about } = shared;
    mkdirSync(to);
    writeFileSync(join(to, 'a'), 'mine');
    const options = conflict ? { conflict } : { replace: true };
    const { outcome } = await restored(shared, 'docs', withNumbersOf(1000), options);
    assert.is(outcome, 'restored');
    assert.is(readFileSync(join(to, 'a'), 'utf8'), 'recorded');
    await undoRestore({ ...about, platform: withNumbersOf(2000) });
    assert.is(readFileSync(join(to, 'a'), 'utf8'), 'mine');
    assert.equal(readdirSync(to), ['a']);
  });

  test(`${way} that died at any rename is finished or taken back, where numbers do not stay`, async (shared) => {
    const { kept, vault, taken, to, about } = shared;
    const gone = { ...vault, environment: { ...kept.environment, startTime: '1' } };
    for (let nth = 1, done = false; !done; nth++) {
      for (const name of ['x', 'state']) rmSync(join(kept.base, name), { recursive: true, force: true });
      mkdirSync(to, { recursive: true });
      for (const name of ['a', 'b']) writeFileSync(join(to, name), 'mine');
      let moves = 0;
      const { platform, died } = dyingAt((method) => method === 'renameNoReplace' && ++moves === nth);
      const options = conflict ? { conflict } : { replace: true };
      const whole = { ...options, records: about.records, platform: withNumbersOf(1000, platform) };
      await restorePath(gone, taken, 'docs', to, whole).catch(() => {});
      done = !died();
      await recoverRestores({ ...about, platform: withNumbersOf(2000) });
      assertNoStage(to);
      const [run] = await listRestores(about);
      const expected = run!.outcome === 'restored' ? 'recorded' : 'mine';
      for (const name of ['a', 'b']) assert.is(readFileSync(join(to, name), 'utf8'), expected, `${nth}`);
      if (expected === 'mine') continue;
      for (const name of ['a', 'b'])
        assert.is(readFileSync(join(String(run!.previous), name), 'utf8'), 'mine', `${nth}`);
      await undoRestore({ ...about, platform: withNumbersOf(3000) });
      for (const name of ['a', 'b']) assert.is(readFileSync(join(to, name), 'utf8'), 'mine', `${nth}`);
    }
  });
}

test('a merge that fails is taken back, where numbers do not stay', async (shared) => {
  const { to } = shared;
  mkdirSync(to);
  for (const name of ['a', 'b']) writeFileSync(join(to, name), 'mine');
  const platform = withNumbersOf(1000);
  let moves = 0;
  const failing = {
    ...platform,
    renameNoReplace(from: Buffer, to: Buffer) {
      if (++moves === 4) throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'rename' });
      platform.renameNoReplace(from, to);
    },
  };
  await restored(shared, 'docs', failing, { conflict: 'overwrite' }).catch(() => {});
  assert.is(moves > 4, true);
  for (const name of ['a', 'b']) assert.is(readFileSync(join(to, name), 'utf8'), 'mine');
  assert.equal(readdirSync(to), ['a', 'b']);
});

test('a change in a journal that leads out of the destination counts for nothing', () => {
  const line = { type: 'change', change: 'remove', old: [1, 2] };
  assert.ok(parseChange({ ...line, path: 'a/b' }));
  assert.is(parseChange({ ...line, path: '../b' }), undefined);
});

test.run();
