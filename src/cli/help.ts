/** `vault help` and `--help`: oclif's help over our descriptions, with porcelain and plumbing apart. */
import type { Command } from '@oclif/core/command';
import { CommandHelp, Help } from '@oclif/core/help';
import { type CliConfig, cliConfig } from './config.ts';
import type { CommandDescription } from './describe.ts';

const MAX_WIDTH = 100;
const FALLBACK_WIDTH = 80;

export interface HelpStyle {
  /** of the terminal; undefined when the output is none */
  columns: number | undefined;
  colour: boolean;
}

/** The help of one command. */
export async function commandHelp(
  config: CliConfig,
  command: CommandDescription,
  style: HelpStyle,
): Promise<string> {
  const help = new VaultHelp(config, [command], style);
  await help.showCommandHelp(command as unknown as Command.Loadable);
  return help.text();
}

/** What `vault` alone prints: all commands, a line each. */
export async function rootHelp(config: CliConfig, style: HelpStyle): Promise<string> {
  const help = new VaultHelp(config, await config.catalogue.describe(), style);
  await help.showHelp([]);
  return help.text();
}

class VaultCommandHelp extends CommandHelp {
  /** Without the options that every command has: they are listed below. */
  protected override defaultUsage(): string {
    const command = this.command;
    const own = Object.entries(command.flags).filter(([, flag]) => flag.helpGroup !== 'GLOBAL');
    this.command = { ...command, flags: Object.fromEntries(own) };
    try {
      return super.defaultUsage();
    } finally {
      this.command = command;
    }
  }
}

class VaultHelp extends Help {
  protected override CommandHelpClass = VaultCommandHelp;
  readonly #lines: string[] = [];

  constructor(config: CliConfig, commands: CommandDescription[], { columns, colour }: HelpStyle) {
    super(cliConfig(config.version, config.catalogue, structuredClone(commands)), {
      flagSortOrder: 'none',
      hideCommandSummaryInDescription: false,
      maxWidth: Math.min(columns ?? FALLBACK_WIDTH, MAX_WIDTH),
      stripAnsi: !colour,
    });
  }

  text(): string {
    return `${this.#lines.join('\n').trimEnd()}\n`;
  }

  protected override log(...lines: string[]): void {
    this.#lines.push(...lines);
  }

  override formatRoot(): string {
    return [
      'vault keeps every version of a folder, once.',
      this.section('USAGE', '$ vault [-C <dir>] [--vault <vault>] [--json] [-q] COMMAND …'),
    ].join('\n\n');
  }

  protected override formatCommands(commands: Command.Loadable[]): string {
    const section = (group: string, title: string): string => {
      const rows = commands.filter((command) => command.group === group);
      if (rows.length === 0) return '';
      const body = rows.map((command): [string, string | undefined] => [command.id, command.summary]);
      return this.section(title, this.renderList(body, { indentation: 2, spacer: '\n' }));
    };
    return [
      section('porcelain', 'COMMANDS'),
      section('plumbing', 'PLUMBING'),
      'See "vault help COMMAND" or "man ./man/vault-COMMAND.1" for more.',
    ]
      .filter((part) => part !== '')
      .join('\n\n');
  }
}
