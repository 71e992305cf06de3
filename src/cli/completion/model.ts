/** What a shell can complete, read off the descriptions of the commands. The scripts of all shells are made from this. */
import type { CommandDescription, OperandDescription, OptionDescription } from '../frame/describe.ts';

/** What may stand at a place: names of snapshots and of what is in them, files, or some words. */
export interface Places {
  revisions: boolean;
  files: boolean;
  words: readonly string[];
}

export interface CompletedOption {
  /** `--message`, then `-m` */
  names: string[];
  summary: string;
  /** undefined: takes no value */
  value?: Places;
}

export interface CompletedCommand {
  name: string;
  summary: string;
  options: CompletedOption[];
  operands: Places;
}

const NO_PLACES: Places = { revisions: false, files: false, words: [] };

/** By name; hidden commands are left out. */
export function completionModel(commands: readonly CommandDescription[]): CompletedCommand[] {
  const shown = commands.filter(({ hidden }) => !hidden).sort((a, b) => (a.id < b.id ? -1 : 1));
  const names = shown.map(({ id }) => id);
  return shown.map(({ id, summary, flags, args }) => ({
    name: id,
    summary,
    options: Object.values(flags)
      .filter(({ hidden }) => !hidden)
      .map(completedOption),
    operands: together(
      Object.values(args).map((arg) => (arg.name === 'command' ? words(names) : operandPlaces(arg))),
    ),
  }));
}

function completedOption(option: OptionDescription): CompletedOption {
  const { name, char, summary = '', type, options, helpValue = '', valueIsOptional, allowNo } = option;
  // What can be turned off is on: nobody types the other form.
  if (allowNo) return { names: [`--no-${name}`], summary: `do not ${summary}` };
  const names = char === undefined ? [`--${name}`] : [`--${name}`, `-${char}`];
  if (type === 'boolean' || (valueIsOptional && !options)) return { names, summary };
  if (options) return { names, summary, value: words(options) };
  const files = /<(file|folder|dir|dest|vault)>/.test(helpValue);
  const revisions = /<(rev|object|tag)>/.test(helpValue);
  return { names, summary, value: { files, revisions, words: [] } };
}

/** By what the operand is called and said to be. */
function operandPlaces({ name, description = '', options = [] }: OperandDescription): Places {
  if (options.length > 0) return words(options);
  const revisions =
    /^(rev|object|tree|ref|new|old|glob|pattern)$/i.test(name) || /\b(REV|revision)\b/.test(description);
  const files = /^(path|file|dir|folder)$/i.test(name) && !/^REV:/.test(description);
  return { revisions, files, words: [] };
}

function words(list: readonly string[]): Places {
  return { ...NO_PLACES, words: list };
}

function together(all: readonly Places[]): Places {
  return {
    revisions: all.some(({ revisions }) => revisions),
    files: all.some(({ files }) => files),
    words: all.flatMap((one) => one.words),
  };
}
