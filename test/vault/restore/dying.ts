/** Deaths of a process, played in this one. */
import type { Platform } from '../../../src/platform/platform.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import { CHANGING } from '../../crash/mutations.ts';

/** From a call that changes something on, none does: what a dead process leaves, seen from the disk. */
export function dyingAt(isDeath: (method: string, number: number) => boolean): {
  platform: Platform;
  died: () => boolean;
} {
  const platform = getPlatform();
  let calls = 0;
  let isDead = false;
  const mortal: Record<string, unknown> = { ...platform };
  for (const method of CHANGING) {
    const call = platform[method] as (...args: unknown[]) => unknown;
    mortal[method] = (...args: unknown[]) => {
      isDead ||= isDeath(method, ++calls);
      if (isDead) throw new Error(`dead at ${method}`);
      return call(...args);
    };
  }
  return { platform: mortal as unknown as Platform, died: () => isDead };
}

/** At the n-th of them. */
export function dying(nth: number): ReturnType<typeof dyingAt> {
  return dyingAt((_, number) => number >= nth);
}
