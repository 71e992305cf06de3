/** `vault help` and `--help`: oclif's help over our descriptions, with porcelain and plumbing apart. */
import type { Command } from '@oclif/core/command';
import { CommandHelp, Help } from '@oclif/core/help';
import { type CliConfig, cliConfig } from '../frame/config.ts';
import type { CommandDescription, OptionDescription } from '../frame/describe.ts';
import { optionLabel, paragraphs, usageLine } from '../frame/usage.ts';

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
  get #described(): CommandDescription {
    return this.command as unknown as CommandDescription;
  }

  protected override usage(): string {
    return this.wrap(`$ ${usageLine(this.#described)}`, this.indentSpacing + 4).replaceAll('\n', '\n    ');
  }

  protected override sections(): ReturnType<CommandHelp['sections']> {
    return [...super.sections(), { header: 'EXIT STATUS', generate: () => this.#exits() }];
  }

  /** What the command adds to the table of vault(1), which has the other codes. */
  #exits(): string | undefined {
    const rows = Object.entries(this.#described.exits);
    return rows.length === 0 ? undefined : this.renderList(rows, { stripAnsi: true, indentation: 2 });
  }

  protected override flagHelpLabel(flag: Command.Flag.Any): string {
    const { names, value, valueIsOptional } = optionLabel(flag as unknown as OptionDescription);
    const indent = names.length === 1 ? '    ' : '';
    if (value === undefined) return indent + names.join(', ');
    return indent + names.join(', ') + (valueIsOptional ? `[=${value}]` : `=${value}`);
  }

  /** oclif puts the prompt before what begins with "vault" only. */
  protected override examples(): string | undefined {
    const { examples } = this.#described;
    const prompted = examples.map(({ description, command }) => ({
      description,
      command: command.startsWith('vault') ? command : `$ ${command}`,
    }));
    return super.examples(prompted);
  }

  protected override description(): string | undefined {
    const text = paragraphs(this.#described.description);
    if (text.length === 0) return undefined;
    return text.map((block) => (block.preformatted ? block.text : this.wrap(block.text))).join('\n\n');
  }
}

class VaultHelp extends Help {
  protected override CommandHelpClass = VaultCommandHelp;
  readonly #lines: string[] = [];

  constructor(config: CliConfig, commands: CommandDescription[], { columns, colour }: HelpStyle) {
    super(cliConfig(config.version, config.catalogue, structuredClone(commands)), {
      flagSortOrder: 'alphabetical',
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
      'See "vault help COMMAND" or "man ./man/vault-COMMAND.1" for more.\nHow revisions (REV) and times are written: "vault help rev-parse".',
    ]
      .filter((part) => part !== '')
      .join('\n\n');
  }
}
