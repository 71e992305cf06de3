/**
 * Options that several commands share, and kinds of option that oclif lacks. Commands take `Flags` and `Args` from
 * here, so that one import serves them.
 */
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { VaultError } from '../../errors.ts';
import { HelpWanted } from './help-wanted.ts';

export { Args, Flags };

/** Every command has these, before or after its name. */
export const globalFlags = {
  directory: Flags.string({
    char: 'C',
    summary: 'run as if started in <dir>',
    helpValue: '<dir>',
    helpGroup: 'GLOBAL',
    multiple: true,
  }),
  vault: Flags.string({
    summary: 'use this vault: a store, or a folder that holds .vault',
    helpValue: '<vault>',
    helpGroup: 'GLOBAL',
  }),
  json: Flags.boolean({ summary: 'print one JSON document', helpGroup: 'GLOBAL' }),
  quiet: Flags.boolean({ char: 'q', summary: 'print only what was asked for', helpGroup: 'GLOBAL' }),
  help: Flags.boolean({
    char: 'h',
    summary: 'show help',
    helpGroup: 'GLOBAL',
    parse: async () => {
      throw new HelpWanted();
    },
  }),
};

/** For listings. */
export const listingFlags = {
  'json-lines': Flags.boolean({ summary: 'print one JSON object a line', exclusive: ['json'] }),
  null: Flags.boolean({ char: 'z', summary: 'end each name with a NUL byte and do not quote names' }),
};

/** For what takes long. */
export const progressFlags = {
  progress: Flags.option({
    options: ['auto', 'json', 'none'] as const,
    default: 'auto',
    helpValue: '<how>',
    summary: 'progress on standard error: auto (a terminal only), json (one object a line) or none',
  })(),
};

/** For what asks or refuses. */
export const yesFlags = {
  yes: Flags.boolean({ char: 'y', summary: 'answer every question with yes' }),
};

/** A whole number from `min` (0) to `max`. */
export const integer = Flags.custom<number, { min?: number; max?: number }>({
  parse: async (input, _context, { name, min = 0, max = Number.MAX_SAFE_INTEGER }) => {
    const value = Number(input);
    if (/^-?\d+$/.test(input) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
    throw new VaultError('USAGE', `--${name} takes a whole number ${range}`);
  },
});

const IMPLIED = Symbol('implied');

interface Implying {
  char?: string;
  type?: string;
  [IMPLIED]?: string;
}

/**
 * An option whose value may be left out, as git's `--batch[=<format>]`: alone it has the value `implied`. The value
 * must be attached with `=`; a following word is an operand.
 */
export function optionalValue<F extends object>(flag: F, implied: string): F {
  return Object.assign(flag, { [IMPLIED]: implied, valueIsOptional: true });
}

/** `--name` alone, or its letter, becomes `--name=<implied>` for such options; what follows `--` is left alone. */
export function spellOutImplied(argv: readonly string[], flags: Record<string, object>): string[] {
  const end = argv.indexOf('--');
  const long = new Map(
    Object.entries(flags as Record<string, Implying>).map(([name, { char }]) => [`-${char}`, name]),
  );
  return argv.map((word, i) => {
    if (end !== -1 && i > end) return word;
    const name = word.startsWith('--') ? word.slice(2) : long.get(word);
    const implied = name === undefined ? undefined : (flags[name] as Implying | undefined)?.[IMPLIED];
    return implied === undefined ? word : `--${name}=${implied}`;
  });
}

/**
 * The parser would take the value of an option that has none for the next word: `--apply=false` for `--apply false`.
 * @param argv without what follows `--`
 * @throws USAGE
 */
export function refuseValues(argv: readonly string[], flags: Record<string, object>, command: string): void {
  for (const word of argv) {
    const name = /^--([^=]+)=/.exec(word)?.[1];
    if (name === undefined) continue;
    const flag = (flags[name] ?? flags[name.replace(/^no-/, '')]) as Implying | undefined;
    if (flag?.type !== 'boolean') continue;
    throw new VaultError('USAGE', `--${name} takes no value`, { hint: `see "vault help ${command}"` });
  }
}
