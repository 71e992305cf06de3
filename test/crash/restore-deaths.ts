/** Every death of a process that changes a destination, and what is asked after each. */
import * as assert from 'uvu/assert';
import { isVaultError } from '../../src/index.ts';
import { codeError } from '../../src/platform/errno.ts';
import { interceptMutations } from './mutations.ts';
import { type Death, RESTORE_AGAIN, type Scene } from './restore-scene.ts';

export interface KillCounts {
  killed: number;
  twice: number;
  left: number;
}

export interface KillOptions {
  /** of `performance.now()`; ends soon after */
  deadline: number;
  say(line: string): void;
}

/** Deaths in each way after which whoever clears up is killed, too. */
const MOST_SECOND = 1;

/** Before each call, which is after the one before; in the middle of each write; and after the last call. */
export function deathsOf(calls: readonly string[]): Death[] {
  const deaths = calls.flatMap((name, i): Death[] => {
    const before: Death = { nth: i + 1, when: 'before' };
    return name === 'write' ? [before, { nth: i + 1, when: 'half' }] : [before];
  });
  return [...deaths, { nth: calls.length, when: 'after' }];
}

/** A process dies, then one that clears up after it; the rest as `survive`. Undefined when the second came to its end. */
export async function surviveTwice(
  scene: Scene,
  death: Death,
  second: number,
): Promise<'old' | 'new' | undefined> {
  await scene.reset();
  await scene.kill(death);
  if (!(await scene.kill({ nth: second, when: 'before' }, { verb: 'list' }))) return undefined;
  return clearUp(scene, 0, `killed ${death.when} call ${death.nth}, the next one before call ${second}`);
}

/**
 * A process dies; then nothing is half, and the next command clears up.
 * @param which which command that is
 * @returns what became of the destination; undefined when it did not die
 */
export async function survive(scene: Scene, death: Death, which: number): Promise<'old' | 'new' | undefined> {
  await scene.reset();
  if (!(await scene.kill(death))) return undefined;
  return clearUp(scene, which, `killed ${death.when} call ${death.nth}, then command ${which}`);
}

/**
 * A process is killed at every call of a way, and after some of these deaths one that clears up at every call that it makes.
 * @param random where the deaths are after which whoever clears up is killed, too
 */
export async function killAll(
  scene: Scene,
  { deadline, say }: KillOptions,
  random: () => number,
): Promise<KillCounts> {
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

/** How many of the calls come before the first that changes the destination. */
export function callsOfStaging(calls: readonly string[]): number {
  // The first exchange only tries whether there is such a call.
  return calls.indexOf('exchange', calls.indexOf('exchange') + 1);
}

/**
 * A call fails, once, while staging: the destination stays as it was, or is the new one where it goes without that call; the next
 * command clears up.
 * @param calls those of the act, in order
 */
export async function assertFails(
  scene: Scene,
  calls: readonly string[],
  nth: number,
  code: string,
): Promise<void> {
  await scene.reset();
  let number = 0;
  const stop = interceptMutations((name, args, run) => {
    if (++number === nth) throw codeError(code, name);
    return run(...args);
  });
  let error: unknown;
  try {
    await scene.act();
  } catch (thrown) {
    error = thrown;
  } finally {
    stop();
  }
  const story = `${code} at call ${nth}, ${calls[nth - 1]}`;
  assert.ok(error === undefined || isVaultError(error), `${story}: ${(error as Error)?.stack}`);
  if (error) scene.assertOld(story);
  await clearUp(scene, RESTORE_AGAIN, story, true);
}

async function clearUp(scene: Scene, which: number, story: string, isLossy = false): Promise<'old' | 'new'> {
  try {
    scene.assertNothingHalf();
    await scene.next(which);
    return await scene.assertCleared(isLossy);
  } catch (error) {
    (error as Error).message = `${scene.way.name}, ${story}: ${(error as Error).message}`;
    throw error;
  }
}
