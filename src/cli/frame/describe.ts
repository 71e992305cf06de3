/** A command as data: what help, man pages and completion are rendered from. */
import type { BaseCommand } from './base-command.ts';
import { globalFlags } from './flags.ts';

export interface OptionDescription {
  name: string;
  type: 'boolean' | 'option';
  char?: string;
  summary?: string;
  description?: string;
  helpValue?: string;
  /** `--batch[=<format>]` */
  valueIsOptional?: boolean;
  /** `--no-…` turns it off */
  allowNo?: boolean;
  helpGroup?: string;
  options?: readonly string[];
  multiple?: boolean;
  required?: boolean;
  hidden?: boolean;
  exclusive?: string[];
  /** Text of the default, where there is one worth showing. */
  default?: string;
}

export interface OperandDescription {
  name: string;
  /** the only words it can be */
  options?: readonly string[];
  description?: string;
  required?: boolean;
  multiple?: boolean;
  hidden?: boolean;
}

/** Has the shape of oclif's `Command.Cached`, so that its help renders it. */
export interface CommandDescription {
  id: string;
  group: 'porcelain' | 'plumbing';
  summary: string;
  description: string;
  examples: { description: string; command: string }[];
  /** what follows the name, where the options and operands alone do not say it */
  usage?: string;
  /** commands whose man pages belong to this one's SEE ALSO */
  related: string[];
  /** what exit codes mean here, beyond the table of vault(1) */
  exits: Record<string, string>;
  args: Record<string, OperandDescription>;
  flags: Record<string, OptionDescription>;
  aliases: string[];
  hiddenAliases: string[];
  hidden: boolean;
  strict: true;
}

export function describeCommand(id: string, command: typeof BaseCommand): CommandDescription {
  return {
    id,
    group: command.group,
    summary: command.summary ?? '',
    description: command.description ?? '',
    examples: command.examples as CommandDescription['examples'],
    ...(command.usage !== undefined && { usage: [command.usage].flat().join('\n') }),
    related: command.related,
    exits: command.exits,
    args: rows(command.args, describeOperand),
    flags: rows({ ...globalFlags, ...command.flags }, describeOption),
    aliases: command.aliases,
    hiddenAliases: [],
    hidden: command.hidden,
    strict: true, // else oclif's help puts dots behind every operand
  };
}

function describeOperand(key: string, arg: object): OperandDescription {
  const { name = key } = arg as { name?: string };
  return pick(name, arg, ['description', 'required', 'multiple', 'hidden', 'options']);
}

const OPTION_FIELDS = [
  'type',
  'char',
  'summary',
  'description',
  'helpValue',
  'helpGroup',
  'valueIsOptional',
  'allowNo',
  'options',
  'multiple',
  'required',
  'hidden',
  'exclusive',
];

function describeOption(name: string, flag: object): OptionDescription {
  const option = pick<OptionDescription>(name, flag, OPTION_FIELDS);
  const { default: value } = flag as { default?: unknown };
  if (typeof value === 'string' || typeof value === 'number') option.default = String(value);
  return option;
}

function rows<T>(record: object, describe: (name: string, value: object) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, describe(name, value)]));
}

function pick<T>(name: string, from: object, keys: string[]): T {
  const out: Record<string, unknown> = { name };
  for (const key of keys) {
    const value = (from as Record<string, unknown>)[key];
    if (value !== undefined && value !== false) out[key] = value;
  }
  return out as T;
}
