/**
 * The long tests: `npm run test:long -- [--seed N] [--minutes M] [part …]`. Each part gets its share of the time and says how far
 * it came. The seed is printed; a failing one is to be kept in a test.
 */
import { parseArgs } from 'node:util';
import { alonePart } from './alone-part.ts';
import { crashPart } from './crash-part.ts';
import { explorePart } from './explore-part.ts';
import { foldersPart } from './folders-part.ts';
import { killPart } from './kill-part.ts';
import { modelPart } from './model-part.ts';
import { restorePart } from './restore-part.ts';
import { rotPart } from './rot-part.ts';
import { sabotagePart } from './sabotage-part.ts';
import { storesPart } from './stores-part.ts';

export interface PartOptions {
  seed: number;
  /** of `performance.now()`; a part ends soon after */
  deadline: number;
  say(line: string): void;
}

/** Throws when something is wrong. Resolves one line that says what was done. */
export type Part = (options: PartOptions) => Promise<string>;

const PARTS: Record<string, Part> = {
  rot: rotPart,
  crash: crashPart,
  restore: restorePart,
  kill: killPart,
  stores: storesPart,
  explore: explorePart,
  folders: foldersPart,
  model: modelPart,
  sabotage: sabotagePart,
  alone: alonePart,
};

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' }, minutes: { type: 'string', default: '60' } },
  allowPositionals: true,
});
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const chosen = positionals.length > 0 ? positionals : Object.keys(PARTS);
const share = (Number(values.minutes) * 60_000) / chosen.length;
const unknown = chosen.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0 || !Number.isSafeInteger(seed) || !(share > 0)) {
  console.error(`usage: test:long [--seed N] [--minutes M] [${Object.keys(PARTS).join('|')}]…`);
  process.exit(2);
}
console.log(`seed ${seed}, ${values.minutes} minutes`);
let failed = 0;
for (const name of chosen) {
  const began = process.cpuUsage();
  const say = (line: string) => console.log(`${name}: ${line}`);
  try {
    say(await PARTS[name]!({ seed, deadline: performance.now() + share, say }));
  } catch (error) {
    failed++;
    say(`FAILED with seed ${seed}: ${(error as Error).stack}`);
  }
  const { user, system } = process.cpuUsage(began);
  say(`${Math.round((user + system) / 1e6)} s of CPU in this process`);
}
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
