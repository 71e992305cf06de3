/** What is said of a name that is no command. */
import { VaultError } from '../../errors.ts';
import { printable } from '../text/quoting.ts';

const MOST_EDITS = 2;
const MOST_SHOWN = 3;

/** @param known the names of all commands */
export function unknownCommand(name: string, known: readonly string[]): VaultError {
  const near = known.filter((other) => distance(other, name) <= MOST_EDITS || other.startsWith(name));
  const hint =
    near.length === 0 ? 'see "vault help"' : `did you mean ${near.slice(0, MOST_SHOWN).join(' or ')}?`;
  return new VaultError('USAGE', `${printable(name)} is no vault command`, { hint });
}

/** Levenshtein's, by one row; names are short. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
