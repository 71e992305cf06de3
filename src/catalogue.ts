/** All commands: their names are the names of the files in `src/commands`. */
import { readdirSync, readFileSync } from 'node:fs';
import type { CommandClass } from './cli/frame/base-command.ts';
import type { Catalogue } from './cli/frame/config.ts';
import type { runCommand } from './cli/frame/run-command.ts';
import { unknownCommand } from './cli/frame/unknown-command.ts';

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
  if (!NAME.test(name)) throw unknownCommand(name, catalogue.names());
  try {
    return await import(new URL(`./commands/${name}${ENDING}`, import.meta.url).href);
  } catch (error) {
    throw catalogue.names().includes(name) ? error : unknownCommand(name, catalogue.names());
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
