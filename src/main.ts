/**
 * The program: tells from the arguments which command is meant, loads that one, and ends the process with its exit
 * code. Help goes the long way.
 */
import packageJson from '../package.json' with { type: 'json' };
import { catalogue, loadCommand } from './catalogue.ts';
import type { ExitCode } from './cli/frame/exit-codes.ts';
import { stdout } from './cli/frame/output.ts';
import { report } from './cli/frame/report.ts';
import { processArguments, splitInvocation, wantsJson } from './cli/paths/argv.ts';

/** Of the package. */
export const { version } = packageJson;

/** Runs the command line and ends the process. */
export async function main(): Promise<void> {
  const words = processArguments();
  process.exit(await run(words).catch((error) => failed(error, wantsJson(words))));
}

async function run(words: string[]): Promise<ExitCode> {
  const json = wantsJson(words);
  const invocation = splitInvocation(words);
  const [name, argv] = chosen(invocation);
  return (await start(name, argv, json)) ?? (await start('help', [name], json))!;
}

function chosen({ command, argv, help, version }: ReturnType<typeof splitInvocation>): [string, string[]] {
  if (version) return ['version', argv];
  if (command === undefined) return ['help', argv];
  return help ? ['help', [command]] : [command, argv];
}

/** Undefined when help is wanted. */
async function start(name: string, argv: string[], json: boolean): Promise<ExitCode | undefined> {
  const { default: Command, runCommand } = await loadCommand(name);
  const run = runCommand ?? (await import('./cli/frame/run-command.ts')).runCommand;
  return run({ Command, name, argv, json, version, catalogue });
}

/** What goes wrong before there is a command. */
async function failed(error: unknown, json: boolean): Promise<ExitCode> {
  const exit = report(error, json);
  await stdout.end().catch(() => {});
  return exit;
}
