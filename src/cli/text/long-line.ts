/** The front of a line of `ls -l`: mode, owner, size, time. */
import { type Entry, Kind } from '../../index.ts';
import { formatMode } from './format.ts';
import { printableLine } from './quoting.ts';

const LETTERS: Record<Kind, string> = {
  [Kind.file]: '-',
  [Kind.dir]: 'd',
  [Kind.symlink]: 'l',
  [Kind.fifo]: 'p',
  [Kind.socket]: 's',
  [Kind.char]: 'c',
  [Kind.block]: 'b',
};

/** What an entry does not say is shown as `?` or `-`. Times are local, to the minute. */
export function longLine(entry: Entry): string {
  const { uid, gid } = entry;
  const user = account(entry.user, uid);
  const group = account(entry.group, gid);
  const size = entry.size === undefined ? '-' : String(entry.size);
  return `${modeLetters(entry)} ${user.padEnd(8)} ${group.padEnd(8)} ${size.padStart(10)} ${localTime(entry.mtimeS)} `;
}

function account(name: string | undefined, id: number | undefined): string {
  return printableLine(name ?? (id === undefined ? '-' : String(id)));
}

/** `drwxr-xr-x`; `d?????????` where the entry does not say. */
export function modeLetters({ kind, mode }: Entry): string {
  if (mode === undefined) return `${LETTERS[kind]}?????????`;
  return formatMode(LETTERS[kind], mode);
}

function localTime(seconds: number | undefined): string {
  if (seconds === undefined) return '-'.padEnd(16);
  const at = new Date(seconds * 1000);
  if (Number.isNaN(at.getTime())) return `@${seconds}`.padEnd(16);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
