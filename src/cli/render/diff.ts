/** The formats of `diff`, and its manual. */
import type { Comparison, Difference } from '../../index.ts';
import { Flags, listingFlags, progressFlags } from '../frame/flags.ts';
import type { NameStyle, Piece } from '../frame/listing-command.ts';
import { renameFlags, skippedText } from '../options/rename.ts';
import { columnsOf, type Paint } from '../text/colour.ts';
import { type ChangeTotals, signedSize, statHead } from './change.ts';
import { patchText } from './patch.ts';
import { rawHead, statusHead } from './raw-line.ts';
import { scanWarnings } from './scan.ts';

export type DiffFormat = 'name-status' | 'stat' | 'raw' | 'patch';

export const DIFF_MANUAL = {
  description: `Compares REV with the folder as it is now (REV is HEAD unless given), or two REVs
(also as A..B) with each other; with PATHs only those files and folders. REV:PATH compares what is there.

On a terminal it prints text as unified diffs, says "binary" for the rest, and names the metadata that has changed; in a
pipe it lists a letter and a name a line: A added, M modified, D deleted, T of another type,
R renamed. --stat shows by how much files have
grown, --raw the modes and ids of both sides. Times alone count as a modification: the content is the same then.

A file that is gone and one that is new count as one renamed when their contents are equal, or half the same by lines (by chunks where
one is larger than 1 MiB); R is followed by the percentage, and both names. -M sets the least one, -M100% asks for equal contents
only.`,
  examples: [
    { description: 'What has changed since the last snapshot', command: 'vault diff' },
    {
      description: 'What the last but one changed in a folder',
      command: 'vault diff -p HEAD~2 HEAD~1 -- src',
    },
    { description: 'For a script: is anything new?', command: 'vault -q diff --exit-code > /dev/null' },
  ],
};

/** One of them at most. */
const formatFlags = {
  'name-status': Flags.boolean({ summary: 'letter and name', exclusive: ['stat', 'raw', 'patch'] }),
  stat: Flags.boolean({ summary: 'letter, change of size and name', exclusive: ['raw', 'patch'] }),
  raw: Flags.boolean({ summary: 'modes, ids, letter and name', exclusive: ['patch'] }),
  patch: Flags.boolean({ char: 'p', summary: 'unified diffs' }),
};

export const diffFlags = { ...listingFlags, ...progressFlags, ...formatFlags, ...renameFlags };

/** The text of one difference, in pieces. */
export function differenceText(
  difference: Difference,
  format: DiffFormat,
  { a, b }: Comparison,
  paint: Paint,
  { name, nameIn, eol }: NameStyle,
): string | Iterable<Piece> | AsyncIterable<Piece> {
  if (format === 'patch') return patchText(difference, a, b, paint);
  const { from, rows } = difference;
  const head = lineHead(format, difference, paint, eol);
  const shown = rows ? nameIn(rows.folder, rows.view) : name(difference.path);
  // The common case in one piece.
  if (!from) return typeof shown === 'string' ? head + shown + eol : [head, shown, eol];
  const between = eol === '\0' ? eol : format === 'stat' ? ' => ' : '\t';
  return [head, name(from), between, shown, eol];
}

/** What stands before the name in a line of a listing. */
function lineHead(
  format: Exclude<DiffFormat, 'patch'>,
  difference: Difference,
  paint: Paint,
  eol: string,
): string {
  if (format === 'stat') return statHead(difference, paint);
  return format === 'raw' ? rawHead(difference, eol) : statusHead(difference, paint, eol);
}

/** On a terminal people want to see what has changed, in a pipe programs want to know which files. */
export function diffFormat(flags: Partial<Record<DiffFormat, boolean>>): DiffFormat {
  const formats: DiffFormat[] = ['name-status', 'stat', 'raw', 'patch'];
  return formats.find((format) => flags[format]) ?? (columnsOf(1) === undefined ? 'name-status' : 'patch');
}

/** The last line of `--stat`. */
export function statTotals(totals: ChangeTotals): string {
  return totals.count === 0 ? '' : `${totals.text}; ${signedSize(totals.bytes)}\n`;
}

/** What the comparison could not do. */
export function comparisonWarnings({ scanned, renamesSkipped }: Comparison): string[] {
  const unread = scanned ? scanWarnings(scanned) : [];
  return renamesSkipped === 0 ? unread : [...unread, `${skippedText(renamesSkipped)} (see -l)`];
}

/** The ids of what is compared, for a JSON document; the disk has none. */
export function sidesFields({ from, to }: Comparison): object {
  return { from, to: to ?? null };
}
