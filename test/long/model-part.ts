/** Simulations of the protocol from one seed after another; then what is noticed of rules that are switched off: all are by `explore`. */

import { simulateOrKeep, tryKeptSeeds } from '../model/kept-seeds.ts';
import { SABOTAGES } from '../model/sabotages.ts';
import { type Sabotage, simulate } from '../model/simulator.ts';
import type { Part } from './run.ts';

/** The share of the time for the whole protocol; the rest is for what is switched off. */
const WHOLE = 0.5;

export const modelPart: Part = async ({ seed, deadline, say }) => {
  const began = performance.now();
  const half = began + (deadline - began) * WHOLE;
  let steps = 0;
  let count = 0;
  await tryKeptSeeds();
  for (; performance.now() < half; count++) {
    const crowd = count % 2 === 0 ? { processes: 30, living: 6 } : { processes: 60, living: 20 };
    steps += (await simulateOrKeep({ seed: seed + count, ...crowd })).steps;
  }
  const missed: string[] = [];
  for (const [i, sabotage] of SABOTAGES.entries()) {
    const left = deadline - performance.now();
    const found = await seedThatFails(sabotage, seed, performance.now() + left / (SABOTAGES.length - i));
    say(
      `without the rule: ${sabotage.name}: ${found === undefined ? 'not noticed' : `fails with seed ${found}`}`,
    );
    if (found === undefined) missed.push(sabotage.name);
  }
  const noticed = `${SABOTAGES.length - missed.length} of ${SABOTAGES.length} rules, switched off, were noticed`;
  return `${count} simulations of ${steps} steps; ${noticed}`;
};

async function seedThatFails(
  sabotage: Sabotage,
  first: number,
  deadline: number,
): Promise<number | undefined> {
  for (let seed = first; performance.now() < deadline; seed++) {
    try {
      await simulate({ seed, sabotage });
    } catch {
      return seed;
    }
  }
  return undefined;
}
