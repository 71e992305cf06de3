/** Lines of differences as git has them: `--raw` and `--name-status`. `-z` ends what stands before the name with NUL, too. */
import { type Difference, type Entry, modeText } from '../../index.ts';
import type { Paint } from '../text/colour.ts';
import { paintLetter } from './change.ts';

type Shown = Pick<Entry, 'kind' | 'id'> & { readonly mode?: number | undefined };

const NO_MODE = '000000';
const NO_ID = '0'.repeat(64);

/** `:<mode> <mode> <id> <id> <letter>` and a TAB. */
export function rawHead(difference: Difference, eol: string): string {
  const { rows, letter } = difference;
  // Both are in a row as it is; an entry would have to be decoded.
  const old = rows ? rows.oldView : difference.old;
  const next = rows ? rows.newView : difference.new;
  return `:${mode(old)} ${mode(next)} ${id(old)} ${id(next)} ${letter}${score(difference)}${separator(eol)}`;
}

/** `<letter>` and a TAB. */
export function statusHead(difference: Difference, paint: Paint, eol: string): string {
  return `${paintLetter(paint, difference.letter)}${score(difference)}${separator(eol)}`;
}

function separator(eol: string): string {
  return eol === '\0' ? eol : '\t';
}

/** `087` behind an R, as git has it. */
function score({ similarity }: Difference): string {
  return similarity === undefined ? '' : String(similarity).padStart(3, '0');
}

function mode(entry: Shown | undefined): string {
  return entry ? modeText(entry) : NO_MODE;
}

function id(entry: Shown | undefined): string {
  return entry ? entry.id.toString('hex') : NO_ID;
}
