/** What `forget` is asked for: by name, by the options of a policy, or by what the user's config has settled for them. */
import {
  type ForgetPlan,
  GROUPINGS,
  planForget,
  planForgetByName,
  type Repository,
  resolveSnapshot,
  VaultError,
} from '../../index.ts';
import { Flags } from '../frame/flags.ts';
import { bytesOf } from '../paths/argv.ts';
import { POLICY_OPTIONS, type PolicyWords, policyOf } from '../user-config/retention-policy.ts';
import { readUserConfig } from '../user-config/user-config.ts';

export const FORGET_MANUAL = {
  description: `Shows what a policy keeps and drops of the snapshots of this folder's line, and why; with --apply
it is done. Forgotten snapshots are hidden from "vault log" and no longer counted by HEAD~N; what only they held is
removed by the next "vault gc". Until its trash has that no longer, 7 days later, --undo takes back the last run. Nothing is changed without
--apply.

A rule keeps, counted for each line: --keep-last the newest N; --keep-hourly, -daily, -weekly, -monthly, -quarterly and
-yearly the newest of each of the newest N hours, days, weeks (from Monday) … that have one; --keep-within all that are at
most so much older than the newest; --keep-tag what a tag of such a name names. A snapshot stays when one rule keeps it.
--max-age drops what is older all the same, but for the newest --min-count of a line. What has a tag and the newest of
each line are protected: no rule drops them.

Without rules those under "forget" in the user's config count: forget = "keep-daily=7,keep-monthly=12". REVs name
snapshots to drop in place of a policy. Lengths of time are written 36h, 7d, 2w, 6m (months), 1y or 1y6m.`,
  examples: [
    {
      description: 'What a week of days and a year of months would drop',
      command: 'vault forget --keep-daily 7 --keep-monthly 12',
    },
    { description: 'Do it', command: 'vault forget --keep-daily 7 --keep-monthly 12 --apply' },
    { description: 'One snapshot', command: 'vault forget HEAD~3 --apply' },
    { description: 'Take the last run back', command: 'vault forget --undo' },
  ],
};

const count = (summary: string) => Flags.string({ summary, helpValue: '<n>' });
const span = (summary: string) => Flags.string({ summary, helpValue: '<time>' });

export const policyFlags = {
  'keep-last': count('keep the newest N'),
  'keep-hourly': count('keep the newest of each of N hours'),
  'keep-daily': count('keep the newest of each of N days'),
  'keep-weekly': count('keep the newest of each of N weeks'),
  'keep-monthly': count('keep the newest of each of N months'),
  'keep-quarterly': count('keep the newest of each of N quarters'),
  'keep-yearly': count('keep the newest of each of N years'),
  'keep-within': span('keep all that are at most so much older than the newest'),
  'keep-tag': Flags.string({
    summary: 'keep what a tag of such a name names',
    helpValue: '<pattern>',
    multiple: true,
  }),
  'min-count': count('keep the newest N whatever their age'),
  'max-age': span('drop what is older, whatever else keeps it'),
  'group-by': Flags.string({
    summary: `what numbers are counted for: ${GROUPINGS.join(', ')}, several with commas, or none (default line)`,
    helpValue: '<what>',
  }),
};

export interface ForgetFlags extends PolicyWords {
  all: boolean;
}

/** @throws USAGE for REVs beside a policy, and as `planForget`, `planForgetByName` */
export async function forgetPlan(
  vault: Repository,
  revisions: readonly string[],
  flags: ForgetFlags,
  signal: AbortSignal,
): Promise<ForgetPlan> {
  const hasPolicy = POLICY_OPTIONS.some((name) => flags[name] !== undefined);
  if (revisions.length === 0) {
    const settled = policyOf(flags, hasPolicy ? undefined : readUserConfig().forget);
    return planForget(vault, { ...settled, ...(flags.all && { lines: '*' }), signal });
  }
  if (hasPolicy || flags.all) {
    throw new VaultError('USAGE', 'REVs are dropped by name, without a policy', {
      hint: 'leave out the --keep options, or the REVs',
    });
  }
  const ids = [];
  for (const revision of revisions) ids.push(await resolveSnapshot(vault, bytesOf(revision)));
  return planForgetByName(vault, ids);
}

export function undoTakesNone(): VaultError {
  return new VaultError('USAGE', '--undo takes no REV: it takes back the last run as a whole', {
    hint: '`vault gc --undelete` brings single objects back',
  });
}
