/** Explores one configuration: what failed before is tried first, and what fails is kept. */
import { dropFailure, keepFailure, keptFailures } from '../failures.ts';
import { LAST } from './actors.ts';
import type { Configuration } from './configurations.ts';
import { replay } from './replay.ts';
import { formatSchedule, parseSchedule } from './schedule.ts';
import { type Found, search } from './search.ts';
import { World } from './world.ts';

export interface Limits {
  /** of `performance.now()` */
  deadline: number;
  /** of one pass; some 100 bytes each */
  mostStates: number;
}

/** @throws when a schedule that failed before still does, or another does: it is kept then */
export async function explore(configuration: Configuration, limits: Limits): Promise<Found> {
  const { name } = configuration;
  await tryKept(configuration);
  const found = await searchIn(configuration, limits);
  if (!found.violation) return found;
  const { message } = found.violation;
  const schedule = formatSchedule(found.violation.schedule);
  const file = keepFailure({ model: 'explorer', configuration: name, schedule, message });
  throw new Error(`${name}: ${message}\nschedule: ${schedule}\nkept in ${file}`);
}

/** The search alone: nothing is kept. */
export async function searchIn(
  configuration: Configuration,
  limits: Limits & { preemptions?: number | undefined; onlyLosses?: boolean },
): Promise<Found> {
  const { preemptions = configuration.preemptions, ...rest } = limits;
  const world = await World.prepare(configuration.plan);
  const bound = preemptions === undefined ? {} : { preemptions };
  return search(world, configuration.actors, { ...examined(configuration), ...rest, ...bound });
}

async function tryKept(configuration: Configuration): Promise<void> {
  const { name, plan, actors } = configuration;
  for (const { file, failure } of keptFailures()) {
    if (failure.model !== 'explorer' || failure.configuration !== name) continue;
    const schedule = parseSchedule(failure.schedule);
    const { message } = await replay(await World.prepare(plan), actors, schedule, examined(configuration));
    if (message !== undefined)
      throw new Error(`${name}: ${message}\nschedule: ${failure.schedule}\nkept in ${file}`);
    dropFailure(file);
  }
}

function examined({ lastEverywhere = false }: Configuration) {
  return { last: LAST, lastEverywhere };
}
