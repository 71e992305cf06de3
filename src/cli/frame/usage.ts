/** A command's usage line and the labels of its options, the same in help and man pages. */
import type { CommandDescription, OperandDescription, OptionDescription } from './describe.ts';

/** `-m`, `--message` and what stands for the value. */
export interface OptionLabel {
  /** `['-m', '--message']` */
  names: string[];
  /** `<msg>`; undefined for an option without a value */
  value: string | undefined;
  valueIsOptional: boolean;
}

export function optionLabel({
  name,
  char,
  type,
  helpValue,
  options,
  valueIsOptional,
  allowNo,
}: OptionDescription): OptionLabel {
  const long = allowNo ? `--[no-]${name}` : `--${name}`;
  return {
    names: char === undefined ? [long] : [`-${char}`, long],
    value:
      type === 'boolean'
        ? undefined
        : (helpValue ?? (options === undefined ? '<value>' : `<${options.join('|')}>`)),
    valueIsOptional: valueIsOptional ?? false,
  };
}

/** One piece of a usage line: `word` is typed as it is, `value` stands for something. */
export interface UsagePart {
  type: 'word' | 'value' | 'plain';
  text: string;
}

/** The pieces behind `vault NAME`: one array for each option or operand, which stays on one line. */
export function usageParts({ args, flags, usage }: CommandDescription): UsagePart[][] {
  // What one bracket holds, others in it included, stays on one line; between brackets and words a line may break.
  if (usage !== undefined) {
    return (usage.match(/\[(?:[^[\]]|\[[^\]]*\])*\]|\S+/g) ?? []).map((text) => [{ type: 'plain', text }]);
  }
  const options = Object.values(flags).filter(({ hidden, helpGroup }) => !hidden && helpGroup !== 'GLOBAL');
  const operands = Object.values(args).filter(({ hidden }) => !hidden);
  return [...options.map(optionUsage), ...operands.map(operandUsage)];
}

/** `[-m <msg>]`, `[--batch[=<format>]]`, `--to <dest>` */
function optionUsage(option: OptionDescription): UsagePart[] {
  const { names, value, valueIsOptional } = optionLabel(option);
  const parts: UsagePart[] = [{ type: 'word', text: names[0]! }];
  if (value !== undefined) {
    const [before, after] = valueIsOptional ? ['[=', ']'] : [names[0]!.startsWith('--') ? '=' : ' ', ''];
    parts.push(
      { type: 'plain', text: before },
      { type: 'value', text: value },
      { type: 'plain', text: after },
    );
  }
  return optional(parts, !option.required, option.multiple);
}

/** `REV`, `[PATH...]` */
function operandUsage({ name, required, multiple }: OperandDescription): UsagePart[] {
  return optional([{ type: 'value', text: name.toUpperCase() }], !required, multiple);
}

function optional(parts: UsagePart[], isOptional: boolean, repeats = false): UsagePart[] {
  const dots: UsagePart[] = repeats ? [{ type: 'plain', text: '...' }] : [];
  if (!isOptional) return [...parts, ...dots];
  return [{ type: 'plain', text: '[' }, ...parts, { type: 'plain', text: ']' }, ...dots];
}

export function usageLine(command: CommandDescription): string {
  const parts = usageParts(command).map((part) => part.map(({ text }) => text).join(''));
  return ['vault', command.id, ...parts].join(' ');
}

/**
 * Text as it is written in a command file, with its lines joined to paragraphs. Lines that begin with a space are an
 * example and stay as they are.
 */
export function paragraphs(text: string): { preformatted: boolean; text: string }[] {
  return text
    .trim()
    .split(/\n\s*\n/)
    .filter((block) => block !== '')
    .map((block) => {
      const preformatted = /^\s/.test(block);
      return { preformatted, text: preformatted ? block : block.replace(/\s*\n\s*/g, ' ').trim() };
    });
}
