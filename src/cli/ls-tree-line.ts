/** One line of `ls-tree`: `<mode> SP <type> SP <id> [SP <size>] TAB <path>`. */
import type { Entry } from '../index.ts';
import { modeText, storedType, userType } from '../index.ts';

/** @param size with `-l`: right-aligned in 7 columns, `-` where there is none */
export function lsTreeHead(entry: Entry, withSize: boolean): string {
  const head = `${modeText(entry)} ${userType(storedType(entry))} ${entry.id.toString('hex')}`;
  return withSize ? `${head} ${String(entry.size ?? '-').padStart(7)}\t` : `${head}\t`;
}
