/** Simulations whose failing seeds are kept, and tried first. */
import { dropFailure, keepFailure, keptFailures } from './failures.ts';
import { type Simulated, simulate } from './simulator.ts';

export interface SeedOptions {
  seed: number;
  processes: number;
  living: number;
}

/** @throws when a seed that failed before still does */
export async function tryKeptSeeds(): Promise<void> {
  for (const { file, failure } of keptFailures()) {
    if (failure.model !== 'simulator') continue;
    await simulate(failure);
    dropFailure(file);
  }
}

/** @throws when it fails: the seed is kept then */
export async function simulateOrKeep(options: SeedOptions): Promise<Simulated> {
  try {
    return await simulate(options);
  } catch (error) {
    const { message } = error as Error;
    const file = keepFailure({ model: 'simulator', ...options, message });
    throw new Error(`${message}\nkept in ${file}`, { cause: error });
  }
}
