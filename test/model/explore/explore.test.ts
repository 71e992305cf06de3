/** The configurations that are explored to their end within a second or two; `npm run test:long -- explore` explores all. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CONFIGURATIONS } from './configurations.ts';
import { explore } from './explore.ts';
import { formatSchedule, parseSchedule } from './schedule.ts';

for (const configuration of CONFIGURATIONS.filter(({ quick }) => quick)) {
  test(`every interleaving keeps what is kept: ${configuration.name}`, async () => {
    const limits = { deadline: Number.POSITIVE_INFINITY, mostStates: 100_000 };
    const { exhausted, states, ends } = await explore(configuration, limits);
    assert.ok(exhausted && ends > 0, `${states} states, ${ends} ends`);
  });
}

test('a schedule is read as it was written', () => {
  const schedule = ['gc 1', 'gc 1', 'writer', 'gc 1'];
  assert.equal(parseSchedule(formatSchedule(schedule)), schedule);
});

test.run();
