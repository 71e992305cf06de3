/** Carries out one schedule, and says what was done and what is wrong. */
import { Behaviour } from './behaviour.ts';
import { Examiner, type ExaminerOptions } from './examiner.ts';
import { describe } from './storage.ts';
import type { Actor, World } from './world.ts';

export interface Replayed {
  /** a line for each operation */
  steps: string[];
  /** the first thing that is wrong */
  message: string | undefined;
}

/** @param schedule names of processes; what one that has ended is asked to do is passed over */
export async function replay(
  world: World,
  actors: readonly Actor[],
  schedule: readonly string[],
  options: ExaminerOptions,
): Promise<Replayed> {
  const { storage } = world;
  const examiner = new Examiner(world, actors, options);
  const behaviours = actors.map((actor, i) => new Behaviour(storage, i + 1, world.body(actor)));
  const nodes = await Promise.all(behaviours.map((behaviour) => behaviour.root()));
  const steps: string[] = [];
  let contents = world.start;
  let message = await examiner.wrongWith(contents, nodes, -1);
  for (const name of schedule) {
    const i = actors.findIndex((actor) => actor.name === name);
    const operation = nodes[i]?.operation;
    if (message !== undefined || !operation) continue;
    message = await examiner.wrongOperation(contents, operation, i);
    const { contents: after, answer } = storage.apply(contents, operation);
    steps.push(`${name}: ${describe(operation)} → ${answer}`);
    contents = after;
    nodes[i] = nodes[i]!.next.get(answer) ?? (await behaviours[i]!.learn(nodes[i]!, answer));
    message ??= await examiner.wrongWith(contents, nodes, i);
  }
  return { steps, message };
}
