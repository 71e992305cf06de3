/** Options of `log` as the library takes them. */
import { type LogOptions, type PathLogOptions, parseDate, type Repository, VaultError } from '../../index.ts';
import { Flags, integer } from '../frame/flags.ts';
import type { Operands } from '../operands/operands.ts';
import { forgottenText } from './forgotten.ts';
import { skippedText } from './rename.ts';

export const LOG_MANUAL = {
  description: `Without FILE, the snapshots of REV's history (HEAD unless given), newest first; of a range A..B those
that B has and A has not; with --all those of every line, by time. Forgotten snapshots (see "vault help forget") are left out unless --forgotten is given, with a warning
where REV is one; what they changed shows at the next one that is kept.

With FILE, its versions: number (1 is the newest; none with REV or --all, since restore --version counts from HEAD), time, snapshot,
what has changed, size, mode, the first digits of the SHA-256. The letter is A for added, M modified, D deleted (which has no number),
T of another type, R renamed; a version whose content is that of the one before says which metadata has changed. "not
available" means that its content is no longer stored. A folder's versions are the snapshots in which something in it has
changed; the digits are those of its id. A FILE that is gone is found, too.

The first call after many snapshots reads what they changed into the index; after that the time depends on the number of
versions alone.`,
  examples: [
    { description: 'The last ten snapshots, a line each', command: 'vault log --oneline -n 10' },
    {
      description: 'All versions of a file, under its former names, too',
      command: 'vault log --follow thesis.tex',
    },
    {
      description: 'What was changed in a folder this week',
      command: "vault log --stat --since '7 days ago' src",
    },
  ],
};

export const logFlags = {
  'max-count': integer({ char: 'n', summary: 'at most so many', helpValue: '<n>' }),
  since: Flags.string({ summary: 'not older than this', helpValue: '<time>' }),
  until: Flags.string({ summary: 'not newer than this', helpValue: '<time>' }),
  follow: Flags.boolean({
    summary: 'go on with the name that a FILE had before it was renamed, unchanged or half the same',
  }),
  stat: Flags.boolean({ summary: 'list what each snapshot has changed' }),
  oneline: Flags.boolean({ summary: 'a line for each snapshot' }),
  all: Flags.boolean({ summary: 'the snapshots of all lines' }),
  forgotten: Flags.boolean({ summary: 'forgotten snapshots, too (without FILE)' }),
};

export interface LogFlags {
  'max-count': number | undefined;
  since: string | undefined;
  until: string | undefined;
  follow: boolean;
  all: boolean;
  forgotten: boolean;
}

/** Whether no FILE but the vault's folder itself is named. */
export function isOfSnapshots(paths: readonly Buffer[]): boolean {
  return paths.every((path) => path.length === 0);
}

/** @throws USAGE for what says how versions, or snapshots, are listed where the other ones are */
export function assertFitting({ follow, forgotten }: LogFlags, paths: readonly Buffer[]): void {
  if (follow && isOfSnapshots(paths)) {
    throw new VaultError('USAGE', '--follow needs a FILE whose former names are wanted');
  }
  if (!forgotten || isOfSnapshots(paths)) return;
  throw new VaultError('USAGE', '--forgotten lists snapshots, and no versions of a FILE', {
    hint: 'what a forgotten snapshot has changed shows at the next one that is kept',
  });
}

/** @param warn takes what is left out that was asked for. @throws USAGE for what is no date */
export function logOptions(
  { environment }: Repository,
  { follow, all, forgotten, since, until, 'max-count': limit }: LogFlags,
  { revisions: [revision], here, paths }: Operands,
  warn: (text: string) => void,
): PathLogOptions & LogOptions {
  const period = (text: string) => parseDate(text, environment.now(), environment.zone);
  const advice = isOfSnapshots(paths) ? '; --forgotten lists it' : '';
  return {
    onSkipped: (files) => warn(skippedText(files)),
    ...(!forgotten && { onForgotten: (id) => warn(`${forgottenText(id)}${advice}`) }),
    ...(revision && { revision }),
    ...(here && { here }),
    follow,
    all,
    forgotten,
    ...(since !== undefined && { since: period(since).start }),
    ...(until !== undefined && { until: period(until).end }),
    ...(limit !== undefined && { limit }),
  };
}
