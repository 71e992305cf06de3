/**
 * Explores every configuration as far as the time goes, then each rule switched off, which must make one fail: the exhaustive half of the
 * check of the protocol (test/model/explore); `model` is the random one.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CONFIGURATIONS, type Configuration } from '../model/explore/configurations.ts';
import { explore, type Limits } from '../model/explore/explore.ts';
import type { Planted } from '../model/explore/planted.ts';
import { RULES, type Rule } from '../model/explore/rules.ts';
import type { Found } from '../model/explore/search.ts';
import type { Part, PartOptions } from './run.ts';

/** The share of the time for the whole protocol; the rest is for what is switched off. */
const WHOLE = 0.6;
/** States of one pass, of some 100 bytes each. */
const MOST_STATES = 8_000_000;
/** Pre-emptions beyond what a configuration says. */
const MOST_DEEPER = 8;
const MOST_OUTPUT = 1024 * 1024;

export const explorePart: Part = async (options) => {
  const began = performance.now();
  const middle = began + (options.deadline - began) * WHOLE;
  const explored = await exploreAll({ deadline: middle, mostStates: MOST_STATES }, options.say);
  return `${explored}; ${switchOff(options)}`;
};

async function exploreAll(limits: Limits, say: PartOptions['say']): Promise<string> {
  let exhausted = 0;
  let states = 0;
  for (const configuration of CONFIGURATIONS) {
    const found = await explore(configuration, limits);
    say(summary(configuration, found));
    states += found.states;
    if (found.exhausted) exhausted++;
  }
  // What is bounded goes on with higher bounds for the rest of the time.
  for (let more = 1; more <= MOST_DEEPER && performance.now() < limits.deadline; more++) {
    for (const { preemptions, ...rest } of CONFIGURATIONS) {
      if (preemptions === undefined || performance.now() > limits.deadline) continue;
      const deeper = { ...rest, preemptions: preemptions + more };
      say(summary(deeper, await explore(deeper, limits)));
    }
  }
  return `${CONFIGURATIONS.length} configurations, ${exhausted} to their ends, ${states} states`;
}

/** @throws when nothing fails without a rule although all was explored, or something without one that is said to do no harm */
function switchOff({ deadline, say }: PartOptions): string {
  const wrong: string[] = [];
  let failed = 0;
  for (const [i, rule] of RULES.entries()) {
    const share = (deadline - performance.now()) / (RULES.length - i);
    const { configuration, message, schedule, states, exhausted } = planted(rule, share);
    const cause = message?.split('\n')[0];
    const by =
      configuration && `fails in "${configuration}" after ${states} states (${cause})\n  ${schedule}`;
    const why = rule.exempt ? `, as expected: ${rule.exempt}` : '';
    const not = `nothing fails in ${states} states${exhausted ? ', which are all' : ''}${why}`;
    say(`without the rule: ${rule.name}: ${by ?? not}`);
    if (by) failed++;
    if (by ? rule.exempt : exhausted && !rule.exempt) wrong.push(rule.name);
  }
  if (wrong.length > 0) throw new Error(`not as expected without the rule: ${wrong.join('; ')}`);
  return `of ${RULES.length} rules, switched off, ${failed} make one fail, and ${RULES.filter(({ exempt }) => exempt).length} are to do no harm`;
}

function summary({ name, preemptions }: Configuration, found: Found): string {
  const bound = preemptions === undefined ? '' : ` with ${preemptions} pre-emptions`;
  const end = `${found.exhausted ? 'to its end' : 'NOT to its end'}${bound}`;
  return `${name}: ${found.states} states, ${found.ends} ends, ${found.runs} runs, ${end}`;
}

/** In a process of its own, since the sources are loaded anew. */
function planted({ name }: Rule, ms: number): Planted {
  const seconds = Math.max(5, Math.round(ms / 1000 / 3));
  const script = join(import.meta.dirname, '../model/explore/planted.ts');
  const args = ['--max-old-space-size=6000', script, name, String(seconds)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT,
  });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return JSON.parse(stdout) as Planted;
}
