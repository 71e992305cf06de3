/** All commands: their names are the names of the files in `src/commands`. */
import { readdirSync, readFileSync } from 'node:fs';
import type { CommandClass } from './cli/frame/base-command.ts';
import type { Catalogue } from './cli/frame/config.ts';
import type { runCommand } from './cli/frame/run-command.ts';
import { printable } from './cli/text/quoting.ts';
import { VaultError } from './errors.ts';

/** What a command's file brings. In the build each has the whole frame with it, so that a run loads two files. */
export interface CommandModule {
  default: CommandClass;
  runCommand?: typeof runCommand;
}

const BUILT = import.meta.url.endsWith('.js');
const ENDING = BUILT ? '.js' : '.ts';
const NAME = /^[a-z][a-z-]*$/;

/** @throws USAGE, with what comes near, for a name that is no command */
export async function loadCommand(name: string): Promise<CommandModule> {
  if (!NAME.test(name)) throw unknownCommand(name);
  try {
    return await import(new URL(`./commands/${name}${ENDING}`, import.meta.url).href);
  } catch (error) {
    throw catalogue.names().includes(name) ? error : unknownCommand(name);
  }
}

export const catalogue: Catalogue = {
  names() {
    return readdirSync(new URL('./commands/', import.meta.url))
      .filter((file) => file.endsWith(ENDING))
      .map((file) => file.slice(0, -ENDING.length));
  },

  async describe() {
    // Written by the build beside us, so that help loads no command.
    if (BUILT) return JSON.parse(readFileSync(new URL('./commands.json', import.meta.url), 'utf8'));
    const { describeCommand } = await import('./cli/frame/describe.ts');
    const one = async (name: string) => describeCommand(name, (await loadCommand(name)).default);
    return Promise.all(this.names().map(one));
  },
};

function unknownCommand(name: string): VaultError {
  const near = catalogue.names().filter((known) => distance(known, name) <= 2 || known.startsWith(name));
  const hint = near.length === 0 ? 'see "vault help"' : `did you mean ${near.slice(0, 3).join(' or ')}?`;
  return new VaultError('USAGE', `${printable(name)} is no vault command`, { hint });
}

/** Levenshtein's, by one row; names are short. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
