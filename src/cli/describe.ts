/** A command as data: what help, man pages and completion are rendered from. */
import type { BaseCommand } from './base-command.ts';
import { globalFlags } from './flags.ts';

export interface OptionDescription {
  name: string;
  type: 'boolean' | 'option';
  char?: string;
  summary?: string;
  description?: string;
  helpValue?: string | string[];
  helpGroup?: string;
  helpLabel?: string;
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
  usage?: string[];
  args: Record<string, OperandDescription>;
  flags: Record<string, OptionDescription>;
  aliases: string[];
  hiddenAliases: string[];
  hidden: boolean;
  strict: boolean;
}

export function describeCommand(id: string, command: typeof BaseCommand): CommandDescription {
  return {
    id,
    group: command.group,
    summary: command.summary ?? '',
    description: command.description ?? '',
    examples: command.examples as CommandDescription['examples'],
    ...(command.usage !== undefined && { usage: [command.usage].flat() }),
    args: rows(command.args, (name, arg) =>
      pick(name, arg, ['description', 'required', 'multiple', 'hidden']),
    ),
    flags: rows({ ...globalFlags, ...command.flags }, describeOption),
    aliases: command.aliases,
    hiddenAliases: [],
    hidden: command.hidden,
    strict: command.strict,
  };
}

const OPTION_FIELDS = [
  'type',
  'char',
  'summary',
  'description',
  'helpValue',
  'helpGroup',
  'helpLabel',
  'options',
  'multiple',
  'required',
  'hidden',
  'exclusive',
];

function describeOption(name: string, flag: object): OptionDescription {
  const option = pick(name, flag, OPTION_FIELDS) as unknown as OptionDescription;
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
