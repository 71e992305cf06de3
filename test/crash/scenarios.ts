/** What is recorded and then ended in every way, by name. */
import * as assert from 'uvu/assert';
import { deleteTag, ObjectType, rebuildIndex, setTag, undelete, undoForget } from '../../src/index.ts';
import { beginTransaction } from '../../src/vault/transaction/transactions.ts';
import { take } from '../vault/kept.ts';
import type { DiskOp } from './disk-log.ts';
import { bytesOf, type DecidedSnapshot, type Recipe, type Scenario } from './scenario.ts';

/** The first snapshots of many scenarios: each changes a little. */
async function three(run: Scenario): Promise<DecidedSnapshot[]> {
  run.edit({ a: bytesOf('a', 300), 'sub/b': bytesOf('b', 200) });
  const first = await run.snapshot();
  run.edit({ a: bytesOf('a2', 400), c: bytesOf('c', 100) });
  const second = await run.snapshot();
  run.edit({ a: bytesOf('a3', 120), 'sub/b': undefined, 'sub/d': bytesOf('d', 150) });
  return [first, second, await run.snapshot()];
}

/** Of which the first two are forgotten. */
async function twoForgotten(run: Scenario): Promise<void> {
  const [first, second] = await three(run);
  await run.forget(first!, second!);
}

/** So many small packs that gc merges them. */
async function manySmall(run: Scenario): Promise<void> {
  for (let i = 0; i < 8; i++) {
    run.edit({ [`f${i}`]: bytesOf(`f${i}`, 80) });
    await run.snapshot();
  }
}

function tag(run: Scenario, name: string, { taken: { id } }: DecidedSnapshot, move = false) {
  return run.decide(async () => {
    await setTag(run.vault, name, { id, stored: ObjectType.snapshot }, { move });
    return { kind: 'tag', name } as const;
  });
}

export const SCENARIOS: readonly Recipe[] = [
  {
    name: 'init',
    steps: [
      (run) => {
        run.edit({ a: bytesOf('a', 30) });
        return run.init();
      },
    ],
  },
  {
    name: 'three snapshots',
    prepare: async () => {},
    steps: [three],
  },
  {
    name: 'a tag is set, moved and deleted',
    prepare: three,
    steps: [
      (run) => tag(run, 'v1', run.snapshots[0]!),
      (run) => tag(run, 'v1', run.snapshots[1]!, true),
      (run) =>
        run.decide(async () => {
          await deleteTag(run.vault, 'v1');
          return { kind: 'no tag', name: 'v1' } as const;
        }),
    ],
  },
  {
    name: 'forget, undone and done again',
    prepare: three,
    steps: [
      (run) => run.forget(run.snapshots[0]!, run.snapshots[1]!),
      (run) =>
        run.decide(async () => {
          await undoForget(run.vault);
          return run.snapshots.slice(0, 2);
        }),
      (run) => run.forget(run.snapshots[1]!),
    ],
  },
  {
    name: 'gc that condemns while a writer is at work, then sweeps',
    prepare: twoForgotten,
    steps: [
      async (run) => {
        const writer = await beginTransaction(run.vault, 'main');
        await run.gc({ reason: 'dead', state: 'waiting' });
        await writer.abort('failed');
        const { removed } = await run.gc();
        assert.ok(removed.packs > 0);
      },
    ],
  },
  {
    name: 'gc that copies out of a mostly dead pack',
    prepare: async (run) => {
      run.edit({ a: bytesOf('a', 300), b: bytesOf('b', 100) });
      const first = await run.snapshot();
      run.edit({ a: bytesOf('a2', 50) });
      await run.snapshot();
      await run.forget(first);
    },
    steps: [
      async (run) => {
        const { copied } = await run.gc({ reason: 'sparse' });
        assert.ok(copied.objects > 0);
      },
    ],
  },
  {
    name: 'gc that merges small packs',
    prepare: manySmall,
    steps: [(run) => run.gc({ reason: 'small' })],
  },
  {
    name: 'undelete after gc',
    prepare: async (run) => {
      await twoForgotten(run);
      await run.gc();
    },
    steps: [
      (run) =>
        run.decide(async () => {
          const second = run.snapshots[1]!;
          await undelete(run.vault, [second.taken.id]);
          return second;
        }),
    ],
  },
  {
    name: 'an index made anew',
    prepare: three,
    steps: [(run) => rebuildIndex(run.vault)],
    watchesIndex: true,
  },
  {
    name: 'two snapshots of one line at once',
    prepare: three,
    steps: [
      async (run) => {
        const other = await run.open();
        run.edit({ e: bytesOf('e', 90) });
        await Promise.all([run.snapshot(), run.snapshot(other)]);
        await other.close();
      },
    ],
  },
  {
    name: 'a snapshot after one that died before its commit',
    prepare: async (run) => {
      await three(run);
      run.edit({ e: bytesOf('e', 500), 'sub/f': bytesOf('f', 60) });
      const isCommit = (op: DiskOp) => op.op === 'link' && op.path.endsWith('/outcome');
      await run.dieIn(async ({ vault }) => take(vault), isCommit);
    },
    steps: [(run) => run.snapshot()],
  },
];
