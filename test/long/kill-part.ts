/**
 * A process is killed at every call of every way of restoring, undoing and pruning; and, after some of these deaths, one that
 * clears up at every call that it makes.
 */
import { join } from 'node:path';
import { randomOf } from '../crash/enumerate.ts';
import { deathsOf, survive, surviveTwice } from '../crash/restore-deaths.ts';
import { MOUNTED, makeVault, Scene, WAYS, type Way } from '../crash/restore-scene.ts';
import { FAST_FOLDER } from '../crash/verify.ts';
import { canMount, withMount } from '../support/mount.ts';
import { withKept } from '../vault/kept.ts';
import type { Part, PartOptions } from './run.ts';

/** Deaths in each way after which whoever clears up is killed, too. */
const MOST_SECOND = 1;

export const killPart: Part = async (options) => {
  const random = randomOf(options.seed);
  const total = { killed: 0, twice: 0, left: 0 };
  await withKept(async (kept) => {
    const vault = await makeVault(kept);
    const tryWay = async (way: Way) => {
      const scene = await Scene.make(kept, vault, way);
      const counts = await killAll(scene, options, random);
      for (const key of ['killed', 'twice', 'left'] as const) total[key] += counts[key];
    };
    for (const way of WAYS) await tryWay(way);
    if (!canMount) return options.say('no right to mount: a mount point was left out');
    await withMount(['-t', 'tmpfs', 'vault-test'], join(kept.base, 'mount'), () => tryWay(MOUNTED));
  }, FAST_FOLDER);
  const { killed, twice, left } = total;
  return `${killed} processes were killed, and ${twice} that cleared up after one: all was old or new; ${left} not reached`;
};

async function killAll(
  scene: Scene,
  { deadline, say }: PartOptions,
  random: () => number,
): Promise<{ killed: number; twice: number; left: number }> {
  const { name } = scene.way;
  const calls = await scene.calls();
  const deaths = deathsOf(calls);
  const outcomes = { old: 0, new: 0 };
  let left = 0;
  for (const [i, death] of deaths.entries()) {
    if (performance.now() > deadline) left++;
    else {
      const outcome = await survive(scene, death, i);
      if (!outcome) throw new Error(`${name}: nobody died ${death.when} call ${death.nth}`);
      outcomes[outcome]++;
    }
  }
  let twice = 0;
  for (let n = 0; n < MOST_SECOND; n++) {
    // Promotion and what comes after it are in the second half.
    const death = deaths[Math.floor((0.5 + random() / 2) * deaths.length)]!;
    for (let second = 1; performance.now() < deadline; second++, twice++) {
      if (!(await surviveTwice(scene, death, second))) break;
    }
  }
  say(
    `${name}: ${calls.length} calls, ${deaths.length - left} deaths, ${outcomes.old} times it was as before and ` +
      `${outcomes.new} times as after; ${twice} deaths of who cleared up`,
  );
  return { killed: deaths.length - left, twice, left };
}
