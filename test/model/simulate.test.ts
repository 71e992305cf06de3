/** A few simulations; `npm run test:long -- model` makes as many as there is time for. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simulateOrKeep, tryKeptSeeds } from './kept-seeds.ts';

test('simulations that failed before do not', tryKeptSeeds);

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`simulated processes keep what is kept: seed ${seed}`, async () => {
    const living = seed % 2 === 0 ? 20 : 6;
    const { steps, ended } = await simulateOrKeep({ seed, processes: 30, living });
    assert.ok(steps > 100 && ended > 5, `${steps} steps, ${ended} processes`);
  });
}

test.run();
