/** Every death of a process that changes a destination, and what is asked after each. */
import * as assert from 'uvu/assert';
import { isVaultError } from '../../src/index.ts';
import { codeError } from '../../src/platform/errno.ts';
import { interceptMutations } from './mutations.ts';
import { type Death, RESTORE_AGAIN, type Scene } from './restore-scene.ts';

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
