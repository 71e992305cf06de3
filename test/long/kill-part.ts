/**
 * A process is killed at every call of every way of restoring, undoing and pruning; and, after some of these deaths, one that
 * clears up at every call that it makes.
 */
import { join } from 'node:path';
import { randomOf } from '../crash/enumerate.ts';
import { type KillCounts, killAll } from '../crash/restore-deaths.ts';
import { runLocked } from '../crash/restore-locked.ts';
import { MOUNTED, makeVault, Scene, WAYS, type Way } from '../crash/restore-scene.ts';
import { FAST_FOLDER } from '../support/fast-folder.ts';
import { canMount, withMount } from '../support/mount.ts';
import { withKept } from '../vault/kept.ts';
import type { Part } from './run.ts';

export const killPart: Part = async (options) => {
  const random = randomOf(options.seed);
  const total: KillCounts = { killed: 0, twice: 0, left: 0 };
  await withKept(async (kept) => {
    const vault = await makeVault(kept);
    const tryWay = async (way: Way) => {
      const scene = await Scene.make(kept, vault, way);
      const counts = await killAll(scene, options, random);
      add(total, counts);
    };
    for (const way of WAYS) await tryWay(way);
    if (!canMount) return options.say('no right to mount: a mount point was left out');
    await withMount(['-t', 'tmpfs', 'vault-test'], join(kept.base, 'mount'), () => tryWay(MOUNTED));
  }, FAST_FOLDER);
  add(total, await runLocked('all', options));
  const { killed, twice, left } = total;
  return `${killed} processes were killed, and ${twice} that cleared up after one: all was old or new; ${left} not reached`;
};

function add(total: KillCounts, { killed, twice, left }: KillCounts): void {
  total.killed += killed;
  total.twice += twice;
  total.left += left;
}
