/** Options of `rev-list` as the library takes them, and its lines. */
import {
  formatTime,
  type Listed,
  nanoseconds,
  parseDate,
  type Repository,
  type RevListOptions,
  userType,
} from '../../index.ts';
import { Flags, integer, listingFlags } from '../frame/flags.ts';
import type { NameStyle, Piece } from '../frame/listing-command.ts';
import { hereIn } from '../operands/operands.ts';
import { nameFields } from '../text/json.ts';

export const REV_LIST_MANUAL = {
  description: `Prints the ids of the snapshots that the REVs lead to, themselves included: each before its parents; of several
histories side by side the longer one first. ^REV leaves out what REV leads to, and A..B is ^A B. Forgotten snapshots are left out, too,
with a warning where a REV names one.

With --objects, the trees and contents of these snapshots follow, each once: <id> SP <path>, where the path is the one at which it was met first, and
empty for the root of a snapshot. What the snapshots that are left out have is not listed. REV may then be a tree or a content, too.`,
  examples: [
    { description: 'How many snapshots are there?', command: 'vault rev-list --all --count' },
    {
      description: 'What a snapshot has that the one before has not',
      command:
        "vault rev-list --objects HEAD~1..HEAD | vault cat-object --batch-check='%(objectname) %(objecttype) %(rest)'",
    },
  ],
};

export const revListFlags = {
  ...listingFlags,
  objects: Flags.boolean({ summary: 'list the trees and contents, too' }),
  'max-count': integer({ char: 'n', summary: 'at most so many snapshots', helpValue: '<n>' }),
  since: Flags.string({ summary: 'not older than this', helpValue: '<time>' }),
  until: Flags.string({ summary: 'not newer than this', helpValue: '<time>' }),
  'first-parent': Flags.boolean({ summary: 'follow first parents only' }),
  parents: Flags.boolean({ summary: 'print the ids of the parents behind each' }),
  reverse: Flags.boolean({ summary: 'print the oldest first' }),
  count: Flags.boolean({ summary: 'print how many there are instead' }),
  all: Flags.boolean({ summary: 'what every ref names, too' }),
  forgotten: Flags.boolean({ summary: 'forgotten snapshots, too' }),
};

export interface RevListFlags {
  objects: boolean;
  'max-count': number | undefined;
  since: string | undefined;
  until: string | undefined;
  'first-parent': boolean;
  reverse: boolean;
  all: boolean;
  forgotten: boolean;
}

/** @throws USAGE for what is no date */
export function revListOptions(vault: Repository, revisions: Buffer[], flags: RevListFlags): RevListOptions {
  const { objects, reverse, all, forgotten, since, until, 'max-count': limit } = flags;
  const { environment } = vault;
  const period = (text: string) => parseDate(text, environment.now(), environment.zone);
  const here = hereIn(vault);
  return {
    revisions,
    objects,
    reverse,
    all,
    forgotten,
    firstParent: flags['first-parent'],
    ...(since !== undefined && { since: period(since).start }),
    ...(until !== undefined && { until: period(until).end }),
    ...(limit !== undefined && { limit }),
    ...(here && { here }),
  };
}

export function listedText(listed: Listed, withParents: boolean, { name, eol }: NameStyle): Piece[] {
  const id = listed.id.toString('hex');
  if (listed.kind === 'object') return [`${id} `, name(listed.path), eol];
  const parents = withParents ? listed.snapshot.parents.map((parent) => ` ${parent.toString('hex')}`) : [];
  return [`${id}${parents.join('')}${eol}`];
}

export function listedFields(listed: Listed): object {
  const { id } = listed;
  if (listed.kind === 'object') return { id, type: userType(listed.stored), ...nameFields(listed.path) };
  const { parents, generation, timeS, timeNs } = listed.snapshot;
  return {
    id,
    type: 'snapshot',
    parents,
    generation,
    time: formatTime(nanoseconds(timeS, timeNs)),
  };
}
