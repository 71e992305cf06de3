/**
 * gc is killed before and after each operation of the storage, and gc and snapshots meet at each of them: whatever was acknowledged
 * can be read, nothing is damaged, and the next gc comes to its end.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collectGarbage, isVaultError, type Repository } from '../../../src/index.ts';
import { type FaultHook, NthFault } from '../../../src/store/backend/fault.ts';
import { keys } from '../../store/backend-suite.ts';
import { beforeChange } from '../wrapped-vault.ts';
import { filesOf, GcRig, type Kept } from './rig.ts';

/** A vault with something to copy, to merge and to remove, from which each try begins. */
async function scene(): Promise<{ rig: GcRig; kept: Kept[] }> {
  const rig = await GcRig.make();
  const vault = await rig.open();
  const forgotten: Kept[] = [];
  const kept: Kept[] = [];
  for (let i = 0; i < 6; i++) {
    const taken = await rig.snapshot(vault, { ...filesOf('all', 2), a: `a ${i}`, b: `b ${i % 3}` });
    (i < 4 ? forgotten : kept).push(taken);
  }
  await rig.forget(vault, ...forgotten);
  await vault.close();
  return { rig, kept };
}

function gc(rig: GcRig, vault: Repository) {
  return collectGarbage(vault, { force: true, clock: rig.clock });
}

async function assertSound(rig: GcRig, kept: readonly Kept[]): Promise<void> {
  const vault = await rig.open();
  await rig.assertWhole(vault, kept);
  const { state } = await gc(rig, vault);
  assert.not.equal(state, 'waiting');
  const next = await rig.snapshot(vault, { ...filesOf('all', 2), a: 'next' });
  await gc(rig, vault);
  await rig.assertWhole(await rig.open(), [...kept, next]);
}

/** Runs `act` on its own copy of the scene for each n, until it says that there is no n-th operation; how many there were. */
async function forEachOperation(
  act: (rig: GcRig, kept: Kept[], n: number) => Promise<boolean>,
): Promise<number> {
  const { rig: first, kept } = await scene();
  try {
    for (let n = 1; ; n++) {
      const rig = await first.fork();
      try {
        if (!(await act(rig, [...kept], n))) return n - 1;
        assert.ok(n < 1000, 'it comes to an end');
      } finally {
        await rig.dispose();
      }
    }
  } finally {
    await first.dispose();
  }
}

/** Calls the hook for operations that change something: between two of them it makes no difference when a process dies. */
function changes(hook: FaultHook): FaultHook {
  let number = 0;
  let isOver = false;
  return (operation) => {
    if (['read', 'list', 'size'].includes(operation.name) && !isOver) return undefined;
    number++;
    const fault = hook({ ...operation, number });
    isOver ||= fault !== undefined;
    return fault;
  };
}

for (const when of ['before', 'after'] as const) {
  test(`gc is killed ${when} each change that it makes`, async () => {
    const count = await forEachOperation(async (rig, kept, n) => {
      const fault = new NthFault(n, when, { dead: true });
      const vault = await rig.open(changes(fault.hook));
      try {
        await gc(rig, vault);
      } catch (error) {
        assert.ok(isVaultError(error, 'IO'), String((error as Error).stack));
      }
      await vault.close();
      await assertSound(rig, kept);
      return fault.fired;
    });
    assert.ok(count > 5, `${count} changes`);
  });
}

test('one operation of gc fails, any of them', async () => {
  let seed = 0;
  await forEachOperation(async (rig, kept, n) => {
    const fault = new NthFault(n * 7 - (seed++ % 7), seed % 2 === 0 ? 'before' : 'after');
    const vault = await rig.open(fault.hook);
    const error = await gc(rig, vault).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error !== undefined) assert.ok(isVaultError(error, 'IO'), String((error as Error).stack));
    await vault.close();
    await rig.assertWhole(await rig.open(), kept);
    return fault.fired;
  });
});

/** Lets another process act when an operation of a kind comes for the n-th time. */
function meanwhile(n: number, act: () => Promise<void>): { before(): Promise<void>; met: () => boolean } {
  let count = 0;
  return {
    before: async () => {
      if (++count === n) await act();
    },
    met: () => count >= n,
  };
}

test('a snapshot is taken by somebody else before each change that gc makes', async () => {
  const count = await forEachOperation(async (rig, kept, n) => {
    const other = await rig.open();
    const step = meanwhile(n, async () => {
      kept.push(await rig.snapshot(other, { ...filesOf('all', 2), a: 'a 0', b: 'b 1' }));
    });
    const vault = await rig.open(undefined, (backend) => beforeChange(backend, step.before));
    await gc(rig, vault);
    await assertSound(rig, kept);
    return step.met();
  });
  assert.ok(count > 5);
});

test('another gc runs before each change that gc makes, and both come to an end', async () => {
  await forEachOperation(async (rig, kept, n) => {
    const other = await rig.open();
    const step = meanwhile(n, async () => {
      await gc(rig, other);
    });
    const vault = await rig.open(undefined, (backend) => beforeChange(backend, step.before));
    await gc(rig, vault);
    await assertSound(rig, kept);
    return step.met();
  });
});

test('gc runs before each change that a snapshot makes', async () => {
  await forEachOperation(async (rig, kept, n) => {
    const other = await rig.open();
    const step = meanwhile(n, async () => {
      await gc(rig, other);
    });
    const vault = await rig.open(undefined, (backend) => beforeChange(backend, step.before));
    kept.push(await rig.snapshot(vault, { ...filesOf('all', 2), a: 'a 0', b: 'b 1' }));
    await assertSound(rig, kept);
    return step.met();
  });
});

test('a gc that wakes up late, at any change, harms nothing', async () => {
  await forEachOperation(async (rig, kept, n) => {
    const other = await rig.open();
    const step = meanwhile(n, async () => {
      await gc(rig, other);
      kept.push(await rig.snapshot(other, { ...filesOf('all', 2), a: 'a 1', b: 'b 2' }));
      await rig.forget(other, kept.shift()!);
      await gc(rig, other);
      kept.push(await rig.snapshot(other, { ...filesOf('all', 2), a: 'a 2', b: 'b 0' }));
    });
    const vault = await rig.open(undefined, (backend) => beforeChange(backend, step.before));
    await gc(rig, vault);
    await assertSound(rig, kept);
    return step.met();
  });
});

test('nothing is left of transactions but what decided a race', async () => {
  const { rig, kept } = await scene();
  const vault = await rig.open();
  await gc(rig, vault);
  await assertSound(rig, kept);
  assert.equal(await keys(rig.storage, 'txn/'), []);
  await rig.dispose();
});

test.run();
