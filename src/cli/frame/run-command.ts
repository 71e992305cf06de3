/** One command from its arguments to its exit code; whatever it throws is reported here. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BaseCommand, CommandClass } from './base-command.ts';
import { type Catalogue, cliConfig } from './config.ts';
import type { ExitCode } from './exit-codes.ts';
import { HelpWanted } from './help-wanted.ts';
import { endAtOnce, interrupted, listenForSignals, unlessInterrupted } from './interrupt.ts';
import { ClosedPipe, stdout } from './output.ts';
import { report } from './report.ts';

const LAST_WORDS_MS = 1000;

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
    await (interrupted.aborted ? stdout.end() : unlessInterrupted(stdout.end()));
    return exit;
  } catch (error) {
    if (error instanceof HelpWanted) return undefined;
    const reason = interrupted.reason instanceof ClosedPipe ? interrupted.reason : error;
    const exit = report(reason, command?.parsed ? command.speaksJson : json);
    await writeRest();
    if (stdout.isWaiting) endAtOnce();
    return exit;
  }
}

/** Never fails: the failure before it is what the exit code tells. Behind an interrupt the reader has a second. */
async function writeRest(): Promise<void> {
  const written = stdout.end().catch(() => {});
  if (interrupted.aborted) await Promise.race([written, sleep(LAST_WORDS_MS)]);
  else await unlessInterrupted(written).catch(() => {});
}
