/**
 * Explores with one rule switched off: `node planted.ts NAME SECONDS` loads the sources with the rule's edits made and prints a line of JSON
 * that says which configuration failed, or that none did.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Edit, RULES } from './rules.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
/** States of one pass. */
const MOST_STATES = 3_000_000;

/** Most of what fails does so when processes are left twice where they could go on; and what loses something tells more than what stops. */
const WAYS = [{ preemptions: 2, onlyLosses: true }, { preemptions: 2 }, {}] as const satisfies {
  preemptions?: number;
  onlyLosses?: boolean;
}[];

/** What was found with a rule switched off. */
export interface Planted {
  /** absent when no configuration failed */
  configuration?: string;
  message?: string;
  schedule?: string;
  states: number;
  runs: number;
  /** every configuration was explored to its end, or one failed */
  exhausted: boolean;
}

/** The text of a file with its edits made. @throws when a search string does not stand there exactly once */
export function withEdits(file: string, text: string, edits: readonly Edit[]): string {
  let edited = text;
  for (const { search, replace } of edits.filter((edit) => edit.file === file)) {
    if (edited.split(search).length !== 2)
      throw new Error(`${file} has not exactly one ${JSON.stringify(search)}`);
    edited = edited.replace(search, () => replace);
  }
  return edited;
}

async function run(name: string, seconds: number): Promise<Planted> {
  const rule = RULES.find((one) => one.name === name)!;
  const files = new Map(rule.edits.map(({ file }) => [resolve(ROOT, file), file]));
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const path = url.startsWith('file:') ? fileURLToPath(url) : '';
      const file = files.get(path);
      if (file === undefined) return loaded;
      return { ...loaded, source: withEdits(file, readFileSync(path, 'utf8'), rule.edits) };
    },
  });
  const { CONFIGURATIONS } = await import('./configurations.ts');
  const { searchIn } = await import('./explore.ts');
  const { formatSchedule } = await import('./schedule.ts');
  const found: Planted = { states: 0, runs: 0, exhausted: true };
  for (const way of WAYS) {
    for (const wanted of rule.configurations) {
      const configuration = CONFIGURATIONS.find((one) => one.name === wanted);
      if (!configuration) throw new Error(`there is no configuration ${wanted}`);
      const limits = { deadline: performance.now() + seconds * 1000, mostStates: MOST_STATES };
      const { states, runs, exhausted, violation } = await searchIn(configuration, { ...limits, ...way });
      found.states += states;
      found.runs += runs;
      if (!('preemptions' in way)) found.exhausted &&= exhausted;
      if (!violation) continue;
      const { message, schedule } = violation;
      return { ...found, configuration: wanted, message, schedule: formatSchedule(schedule) };
    }
  }
  return found;
}

if (import.meta.main) {
  const [name = '', seconds = '60'] = process.argv.slice(2);
  console.log(JSON.stringify(await run(name, Number(seconds))));
}
