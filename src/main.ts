/**
 * The program: finds the command by its file name, runs it, and turns what happened into an exit code. A run loads
 * this file, `src/cli`, and one command; help goes the long way.
 */
import { readdirSync, readFileSync } from 'node:fs';
import packageJson from '../package.json' with { type: 'json' };
import { processArguments, splitInvocation, wantsJson } from './cli/argv.ts';
import type { BaseCommand, CommandClass } from './cli/base-command.ts';
import { type Catalogue, cliConfig } from './cli/config.ts';
import { type CommandDescription, describeCommand } from './cli/describe.ts';
import type { ExitCode } from './cli/exit-codes.ts';
import { HelpWanted } from './cli/flags.ts';
import { interrupted, listenForSignals } from './cli/interrupt.ts';
import { ClosedPipe, stdout } from './cli/output.ts';
import { printable } from './cli/quoting.ts';
import { report } from './cli/report.ts';
import { VaultError } from './errors.ts';

const BUILT = import.meta.url.endsWith('.js');
/** Of the package. */
export const { version } = packageJson;

const NAME = /^[a-z][a-z-]*$/;

/** Runs the command line and ends the process. */
export async function main(): Promise<void> {
  const words = processArguments();
  process.on('uncaughtException', (error) => process.exit(report(error, wantsJson(words))));
  listenForSignals();
  process.exit(await run(words));
}

async function run(words: string[]): Promise<ExitCode> {
  let command: BaseCommand | undefined;
  const started = (instance: BaseCommand): void => {
    command = instance;
  };
  try {
    const exit = await dispatch(words, started);
    await stdout.end();
    return exit;
  } catch (error) {
    const reason = interrupted.reason instanceof ClosedPipe ? interrupted.reason : error;
    const exit = report(reason, command?.parsed ? command.speaksJson : wantsJson(words));
    await stdout.end().catch(() => {}); // the failure itself is what the exit code tells
    return exit;
  }
}

async function dispatch(words: string[], started: (command: BaseCommand) => void): Promise<ExitCode> {
  const { command: name, argv, help, version } = splitInvocation(words);
  if (version) return execute('version', [], started);
  if (name === undefined) return execute('help', [], started);
  if (help) return execute('help', [name], started);
  return execute(name, argv, started);
}

async function execute(
  name: string,
  argv: string[],
  started: (command: BaseCommand) => void,
): Promise<ExitCode> {
  const Command = await loadCommand(name);
  const command = new Command(argv, cliConfig(version, catalogue));
  started(command);
  try {
    return await command.execute();
  } catch (error) {
    if (error instanceof HelpWanted) return execute('help', [name], started);
    throw error;
  }
}

async function loadCommand(name: string): Promise<CommandClass> {
  if (!NAME.test(name)) throw unknownCommand(name);
  try {
    const { default: Command } = (await import(`./commands/${name}.ts`)) as { default: CommandClass };
    Command.id = name;
    return Command;
  } catch (error) {
    throw catalogue.names().includes(name) ? error : unknownCommand(name);
  }
}

/** For the build and the man pages, too. */
export const catalogue: Catalogue = {
  names() {
    if (BUILT) return readDescriptions().map(({ id }) => id);
    return readdirSync(new URL('./commands/', import.meta.url))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.slice(0, -'.ts'.length));
  },

  async describe() {
    if (BUILT) return readDescriptions();
    const names = this.names();
    return Promise.all(names.map(async (name) => describeCommand(name, await loadCommand(name))));
  },
};

/** Written by the build beside us, so that help loads no command. */
function readDescriptions(): CommandDescription[] {
  return JSON.parse(readFileSync(new URL('../commands.json', import.meta.url), 'utf8'));
}

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
