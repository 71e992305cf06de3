/** One command from its arguments to its exit code; whatever it throws is reported here. */
import type { BaseCommand, CommandClass } from './base-command.ts';
import { type Catalogue, cliConfig } from './config.ts';
import type { ExitCode } from './exit-codes.ts';
import { HelpWanted } from './help-wanted.ts';
import { interrupted, listenForSignals } from './interrupt.ts';
import { ClosedPipe, stdout } from './output.ts';
import { report } from './report.ts';

export interface Run {
  Command: CommandClass;
  name: string;
  /** the command's own arguments and the global options */
  argv: string[];
  /** JSON is wanted, as far as one can tell before the options are parsed */
  json: boolean;
  version: string;
  catalogue: Catalogue;
}

/** Undefined when the help of the command is wanted instead. */
export async function runCommand({
  Command,
  name,
  argv,
  json,
  version,
  catalogue,
}: Run): Promise<ExitCode | undefined> {
  process.on('uncaughtException', (error) => process.exit(report(error, json)));
  listenForSignals();
  let command: BaseCommand | undefined;
  try {
    Command.id = name;
    command = new Command(argv, cliConfig(version, catalogue));
    const exit = await command.execute();
    await stdout.end();
    return exit;
  } catch (error) {
    if (error instanceof HelpWanted) return undefined;
    const reason = interrupted.reason instanceof ClosedPipe ? interrupted.reason : error;
    const exit = report(reason, command?.parsed ? command.speaksJson : json);
    await stdout.end().catch(() => {}); // the failure itself is what the exit code tells
    return exit;
  }
}
