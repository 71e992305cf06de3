/** A few simulations; `npm run test:long -- model` makes as many as there is time for. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { simulate } from './simulator.ts';

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`simulated processes keep what is kept: seed ${seed}`, async () => {
    const { steps, ended } = await simulate({ seed });
    assert.ok(steps > 100 && ended > 5, `${steps} steps, ${ended} processes`);
  });
}

test.run();
