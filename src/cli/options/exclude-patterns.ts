/** Options that say what is left out, and the patterns that they give. */
import { readFileSync } from 'node:fs';
import { patternLines, VaultError } from '../../index.ts';
import { Flags } from '../frame/flags.ts';
import { reasonOf } from '../frame/system-error.ts';
import { bytesOf } from '../paths/argv.ts';
import { printable } from '../text/quoting.ts';

export const exclusionFlags = {
  exclude: Flags.string({
    summary: 'leave out what matches, in .gitignore syntax (repeatable)',
    helpValue: '<pattern>',
    multiple: true,
  }),
  'exclude-file': Flags.string({
    summary: 'leave out what matches a pattern of this file (repeatable)',
    helpValue: '<file>',
    multiple: true,
  }),
  'one-file-system': Flags.boolean({ char: 'x', summary: 'do not go into other file systems' }),
};

export interface ExcludeFlags {
  exclude: string[] | undefined;
  'exclude-file': string[] | undefined;
}

export interface ExcludePattern {
  /** bytes as latin1 */
  pattern: string;
  /** the option, or the file as it was named */
  source: string;
  /** of the file, or the how many-th `--exclude` it is; from 1 */
  line: number;
}

/** In the order in which they count: the last one that matches decides. @throws BAD_PATH for a file that cannot be read */
export function excludePatterns(flags: ExcludeFlags): ExcludePattern[] {
  const given = (flags.exclude ?? []).map((pattern) => bytesOf(pattern).toString('latin1'));
  return [
    ...(flags['exclude-file'] ?? []).flatMap((file) => numbered(readPatterns(file), file)),
    ...numbered(given, '--exclude'),
  ];
}

function numbered(patterns: string[], source: string): ExcludePattern[] {
  return patterns.map((pattern, i) => ({ pattern, source, line: i + 1 }));
}

function readPatterns(file: string): string[] {
  try {
    return patternLines(readFileSync(bytesOf(file)));
  } catch (cause) {
    const reason = reasonOf(cause as NodeJS.ErrnoException);
    throw new VaultError('BAD_PATH', `--exclude-file ${printable(file)} cannot be read: ${reason}`, {
      hint: 'nothing was stored; correct the name and run it again',
      cause,
    });
  }
}
