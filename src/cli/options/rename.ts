/** Options that say whether and how renames are looked for, as git's. */

import { VaultError } from '../../errors.ts';
import type { RenameOptions } from '../../index.ts';
import { Flags, integer, optionalValue } from '../frame/flags.ts';
import { formatCount } from '../text/format.ts';
import { printable } from '../text/quoting.ts';

const MINIMUM = 50;

export const renameFlags = {
  'find-renames': optionalValue(
    Flags.string({
      char: 'M',
      summary:
        'find files renamed and at least so much alike (90% or 9: 90 %; 50% unless given); the default',
      helpValue: '<n>',
      exclusive: ['no-renames'],
    }),
    `${MINIMUM}%`,
  ),
  'no-renames': Flags.boolean({ summary: 'show a renamed file as deleted and added' }),
  'rename-limit': integer({
    char: 'l',
    summary: 'with more files than this on both sides, compare contents no further; 1000 unless given',
    helpValue: '<n>',
  }),
};

export interface RenameFlags {
  'find-renames': string | undefined;
  'no-renames': boolean;
  'rename-limit': number | undefined;
}

/** @throws USAGE for what is no percentage */
export function renameOptions(flags: RenameFlags): { renames?: RenameOptions } {
  if (flags['no-renames']) return {};
  const limit = flags['rename-limit'];
  const minimum = percent(flags['find-renames'] ?? `${MINIMUM}%`);
  return { renames: { minimum, ...(limit !== undefined && { limit }) } };
}

/** git's reading: with a % sign a percentage, without one the digits behind "0.". */
function percent(text: string): number {
  const [, digits, sign] = /^(\d{1,9})(%?)$/.exec(text) ?? [];
  const value = sign === '%' ? Number(digits) : Number(`0.${digits}`) * 100;
  if (value >= 1 && value <= 100) return Math.round(value);
  throw new VaultError('USAGE', `${printable(text)} is no share of a file: -M takes 1% to 100%`, {
    hint: 'for example -M90%, or -M9 for the same',
  });
}

export function skippedText(files: number): string {
  return `renames were looked for by equal content and equal name only: ${formatCount(files)} files are too many or too large to compare`;
}
