/** Suites whose tests share a vault with one snapshot. */
import { suite, type Test } from 'uvu';
import type { Repository } from '../../../src/index.ts';
import { Kept, type Taken, take } from '../kept.ts';

export interface OneSnapshot {
  kept: Kept;
  vault: Repository;
  taken: Taken;
  /** counts what the tests make */
  nth: number;
}

/** @param fill puts into the kept folder what is taken */
export function oneSnapshot<T extends OneSnapshot = OneSnapshot>(
  name: string,
  fill: (kept: Kept) => void,
): Test<T> {
  const test = suite<T>(name);
  test.before(async (shared) => {
    const kept = new Kept();
    Object.assign(shared, { kept, nth: 0 });
    fill(kept);
    const vault = await kept.init();
    Object.assign(shared, { vault, taken: await take(vault) });
  });
  test.after(({ kept }) => kept.dispose());
  return test;
}
