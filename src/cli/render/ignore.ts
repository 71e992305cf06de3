/** The answers of `check-ignore`, and its manual. */
import type { IgnoreAnswer } from '../../index.ts';
import type { NameStyle, Piece } from '../frame/listing-command.ts';
import type { ExcludePattern } from '../options/exclude-patterns.ts';
import { nameFields } from '../text/json.ts';

export const CHECK_IGNORE_MANUAL = {
  description: `For each PATH (with --stdin each line of standard input) that a snapshot would leave out, prints it as it was
given. A PATH need not exist; one that ends with / means a folder then. What the rules say of a folder holds for all that is in it.

-v prints <source>:<line>:<pattern> TAB <path>, as git does; with -z the four fields end with NUL each. The source is a
.vaultignore file (from the vault's folder), a file of --exclude-file, or --exclude with its place among them. For what is in a cache it
is the CACHEDIR.TAG. What vault itself leaves out has the source "-", the line 0 and the reason as pattern: store, vault, restore
(left behind by one), file system (with --one-file-system). With -v, a PATH that a pattern beginning with ! keeps is printed, too,
and counts as one for the exit status, as with git.`,
  examples: [
    { description: 'Why is this file not in the snapshot?', command: 'vault check-ignore -v build/a.o' },
    {
      description: 'Which files would a pattern leave out?',
      command: "find . -type f | vault check-ignore --stdin --exclude '*.iso'",
    },
  ],
};

/** An answer with the path as it was asked. */
export interface Asked {
  given: Buffer;
  answer: IgnoreAnswer;
}

/** Whether there is anything to print, as git sees it. */
export function isMatch({ answer }: Asked, verbose: boolean): boolean {
  return answer.ignored || (verbose && answer.pattern !== undefined);
}

export function ignoreText(
  asked: Asked,
  verbose: boolean,
  excluded: ExcludePattern[],
  names: NameStyle,
): Piece[] {
  const { name, eol } = names;
  if (!verbose) return [name(asked.given), eol];
  const { source, line, pattern } = origin(asked.answer, excluded);
  if (eol === '\0') return [source, eol, line, eol, pattern, eol, asked.given, eol];
  return [name(source), ':', line, ':', name(pattern), '\t', name(asked.given), eol];
}

export function ignoreFields({ given, answer }: Asked, excluded: ExcludePattern[]): object {
  const { ignored, reason, pattern } = answer;
  const { source, line, pattern: written } = origin(answer, excluded);
  return {
    ...nameFields(given),
    ignored,
    ...(reason !== undefined && { reason }),
    ...(pattern && {
      ...nameFields(source, 'source'),
      line: Number(line),
      ...nameFields(written, 'pattern'),
    }),
  };
}

function origin(
  { ignored, reason, pattern, file, line }: IgnoreAnswer,
  excluded: ExcludePattern[],
): { source: Buffer; line: string; pattern: Buffer } {
  const none = Buffer.alloc(0);
  if (pattern === undefined) {
    if (!ignored) return { source: none, line: '', pattern: none };
    return { source: Buffer.from('-'), line: '0', pattern: Buffer.from(reason!) };
  }
  if (file) return { source: file, line: String(line), pattern };
  const given = excluded[line! - 1]!;
  return { source: Buffer.from(given.source), line: String(given.line), pattern };
}
