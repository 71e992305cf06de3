/** Every death of a process that changes a destination, and what is asked after each. */
import type { Death, Scene } from './restore-scene.ts';

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

async function clearUp(scene: Scene, which: number, story: string): Promise<'old' | 'new'> {
  try {
    scene.assertNothingHalf();
    await scene.next(which);
    return await scene.assertCleared();
  } catch (error) {
    (error as Error).message = `${scene.way.name}, ${story}: ${(error as Error).message}`;
    throw error;
  }
}
