/** What `check` is asked for. */

import { VaultError } from '../../index.ts';
import { Flags, optionalValue } from '../frame/flags.ts';

export const CHECK_MANUAL = {
  description: `Says whether the vault is sound. Exits with 4 when it finds damage, and then tells which object, which
pack, and which files of which snapshots are hit (--json has all of it).

Without options: every record of lines, tags, transactions and gc; header and table of every pack; every snapshot, tree,
list and change list that anything leads to is read and its id recomputed; every chunk they need must lie in a pack; the
changes that snapshots list are compared with their trees, and the index of histories with them. Contents are not read.

--quick looks at records and tables only. --read-data also reads packs whole: their names, blocks and every object's id. With
--read-data=5% those are read that were proven longest ago, until they make 5 % of all bytes: 20 such runs read everything.
When each pack was last proven is remembered on this host, in the file <vault's id>/proven-packs of vault's cache folder.

--against PATH compares REV (HEAD unless given) with a folder by content: all of REV is read from the packs, all files of the
folder are read from the disk. Times, modes and owners are not compared. Exits with 1 when they differ. What cannot be read on the disk
is named and counts as no difference; the status is 3 then, unless something else differs.`,
  examples: [
    { description: 'Every night', command: 'vault check --read-data=5%' },
    { description: 'Everything, before an old disk is given away', command: 'vault check --read-data' },
    { description: 'Is a restored copy what it should be?', command: 'vault check --against /mnt/copy v1' },
  ],
};

export const checkFlags = {
  quick: Flags.boolean({ summary: 'records and pack tables only', exclusive: ['read-data', 'against'] }),
  'read-data': optionalValue(
    Flags.string({
      summary: 'read packs whole, too: all, or so many percent of all bytes',
      helpValue: '<percent>%',
      exclusive: ['against'],
    }),
    '100%',
  ),
  against: Flags.string({ summary: 'compare a snapshot with this folder by content', helpValue: '<folder>' }),
};

/** `5%`, `0.5%`. @throws USAGE */
function percentOf(text: string): number {
  const match = /^(\d{1,3}(?:\.\d{1,3})?)%?$/.exec(text);
  const percent = Number(match?.[1] ?? 0);
  if (percent > 0 && percent <= 100) return percent;
  throw new VaultError('USAGE', `--read-data=${text}: give a percentage above 0, up to 100%`);
}

/** Options of the library. @throws USAGE */
export function checkOptions(flags: { quick: boolean; 'read-data'?: string | undefined }) {
  const readData = flags['read-data'];
  return {
    threads: THREADS,
    quick: Boolean(flags.quick),
    ...(readData !== undefined && { readData: percentOf(readData) }),
  };
}

/** A whole vault would be checked where one snapshot was named. */
export function revAlone(): VaultError {
  return new VaultError('USAGE', 'REV goes with --against only: the vault is checked as a whole', {
    hint: 'leave out REV, or name the folder to compare it with',
  });
}

const THREADS = 4;
