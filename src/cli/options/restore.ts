/** Options and manual of `restore`. */
import { availableParallelism } from 'node:os';
import {
  type ArtifactPlace,
  type ConflictPolicy,
  parseDate,
  type Repository,
  type RestoreRevisionOptions,
  VaultError,
  type VersionQuery,
} from '../../index.ts';
import { Flags, integer } from '../frame/flags.ts';
import type { Operands } from '../operands/operands.ts';
import { bytesOf } from '../paths/argv.ts';
import { currentFolder } from '../paths/current-folder.ts';
import { restoreRecords } from '../paths/folders.ts';
import { resolveBytes } from '../paths/path-bytes.ts';

export const RESTORE_MANUAL = {
  description: `Plan, stage, verify, promote: everything is written to a private folder beside the destination, verified, and moved
into place at the end, so the destination is as it was or as it should be, never in between. Without --to, REV goes to the vault's
folder, and REV:PATH or a single PATH to its place in it; several PATHs, or those of --stdin, are what is chosen of REV. Without REV a
PATH is that of HEAD, or its newest version.

An absent or empty destination is fine. One in use needs --replace, which exchanges all of it and keeps what was there as
.vault_restore_previous_<name>_<run> beside it, or --conflict, which merges: only what differs is written, each file at once; folders
that are there keep their own mode and owner. What is there and was not recorded stays, unless --delete is given. A single file
goes to its own name where nothing is there, else beside it as name.<first 8 digits of its SHA-256>, unless --to or --in-place says
otherwise. --undo puts back what the last restore that was not undone (or RUN) has replaced, --list shows the restores made here, and
--prune-previous removes for good what they have kept.

Where the destination is a mount point, lies in a folder that may not be written to, or holds the vault itself and is replaced, the
stage is inside it as .vault_restore_stage, and its names are exchanged one by one, all but .vault; what was there is kept inside it, too.
A folder below which something is mounted is not moved: that is refused (8), and the mount point named.
What will be exchanged is written to a journal first: a restore that was interrupted, at whatever point, is finished or rolled back by the
next vault restore (also --list, --undo and --prune-previous), snapshot, check, gc or forget --apply on that host. Commands that only
read show what is there.

Each run leaves a plan (restore_plan.json, restore_candidates.jsonl), what was staged and verified (stage_results.jsonl,
stage_summary.json, verify_results.jsonl, verify_summary.json) and its journal (execution_journal.jsonl) in
$XDG_STATE_HOME/vault/<vault>/restore/<run> (~/.local/state unless set), or where --artifacts says. --dry-run writes them and nothing
else. The newest 20 runs stay there whole. Of older ones that are over a restore removes all but the journal, and the journal as well once
the run can no longer be undone and nothing that it replaced is kept: --list no longer shows it then. What lies where --artifacts says
stays.

What cannot be set here is counted and said: owners, trusted and security attributes and devices without privilege. With --strict the
exit code is then 3.

What is missing or damaged in the vault, contents of files or lists of names of folders, is left out where the destination is absent or an
empty folder: what is whole is restored, what is not is named and counted, and the exit code is 3. With --no-partial it is all or
nothing there, too, as it is where something is in use at the destination (with --replace, with --conflict): the exit code is then 4,
and the destination untouched. --partial goes on anywhere, and also without names that the file system cannot hold; a merge leaves
what is there under such names alone, and does not go on without a list of names. A single file that is not whole is never restored (4).
Of a forgotten snapshot of which gc has removed something, nothing is restored (1) without --partial: "vault gc --undelete" brings it
back. A dry run reads all lists, but no contents.`,
  examples: [
    {
      description: 'A file as it was one snapshot ago, beside the present one',
      command: 'vault restore HEAD~1:chapter2.tex',
    },
    { description: 'Its third newest version', command: 'vault restore chapter2.tex --version 3' },
    {
      description: 'The whole folder of last week, elsewhere',
      command: "vault restore 'HEAD@{7 days ago}' --to ../last-week",
    },
    { description: 'Undo a bad afternoon', command: 'vault restore HEAD --replace' },
    { description: 'And think better of it', command: 'vault restore --undo' },
    {
      description: 'Only what is missing or older here, without the drafts',
      command: "vault restore HEAD --conflict newer --exclude '*.draft'",
    },
    {
      description: 'What a program chose',
      command: 'vault ls-tree -r -z --name-only HEAD | grep -z tex | vault restore --stdin -z --to out',
    },
  ],
};

const POLICIES = ['fail', 'skip', 'overwrite', 'newer', 'keep-both'] as const satisfies ConflictPolicy[];
const RUNS = ['undo', 'list', 'prune-previous'];

/** How something is restored: of no meaning where an earlier run is meant. */
const restoring = {
  to: Flags.string({ summary: 'restore to this place', helpValue: '<dest>' }),
  replace: Flags.boolean({
    summary: 'put it in the place of what is there, which is kept',
    exclusive: ['conflict'],
  }),
  'in-place': Flags.boolean({ summary: 'the same for a single file', exclusive: ['to'] }),
  conflict: Flags.option({
    options: POLICIES,
    helpValue: '<policy>',
    summary:
      'merge into a folder in use; of what differs: fail, skip it, overwrite what is there (which is kept), only by what is newer, or keep-both (as name.<id8>)',
  })(),
  delete: Flags.boolean({
    summary: 'with --conflict: take away what is there and was not recorded (it is kept)',
    dependsOn: ['conflict'],
  }),
  version: integer({ summary: 'this version of FILE, as log numbers them', helpValue: '<n>', min: 1 }),
  sha: Flags.string({
    summary: 'the version of FILE whose SHA-256 begins so',
    helpValue: '<hex>',
    exclusive: ['version'],
  }),
  at: Flags.string({
    summary: 'the version of FILE that was there then',
    helpValue: '<time>',
    exclusive: ['version', 'sha'],
  }),
  include: Flags.string({
    summary: 'only what matches, in .gitignore syntax (repeatable)',
    helpValue: '<pattern>',
    multiple: true,
  }),
  exclude: Flags.string({
    summary: 'not what matches, in .gitignore syntax (repeatable)',
    helpValue: '<pattern>',
    multiple: true,
  }),
  stdin: Flags.boolean({ summary: 'read paths from standard input, from the root of what is restored' }),
  verify: Flags.option({
    options: ['none', 'size', 'content'] as const,
    default: 'content',
    summary: 'what is compared before it is put in place; chunks are verified as they are read in any case',
  })(),
  metadata: Flags.boolean({
    summary: 'restore owners, modes, times and attributes',
    default: true,
    allowNo: true,
  }),
  'no-owner': Flags.boolean({ summary: 'leave owners as new files have them' }),
  'numeric-owner': Flags.boolean({
    summary: 'set owners by number, whatever name they had',
    exclusive: ['no-owner'],
  }),
  'no-xattrs': Flags.boolean({ summary: 'do not restore extended attributes and access lists' }),
  strict: Flags.boolean({ summary: 'exit with 3 when anything could not be set or made' }),
  partial: Flags.boolean({
    summary:
      'go on without contents that are lost, or not; unless given, only where nothing is at the destination',
    allowNo: true,
  }),
  artifacts: Flags.string({
    summary: 'write plan, results and journal to this new folder; "dest": to <dest>/.vault_restore/<run>',
    helpValue: '<dir>',
  }),
  'no-artifacts': Flags.boolean({
    summary: 'keep only what --undo needs',
    exclusive: ['artifacts'],
  }),
};

const RESTORING = Object.keys(restoring);

export const restoreFlags = {
  ...restoring,
  'dry-run': Flags.boolean({ summary: 'check, count and write artifacts; change nothing else' }),
  undo: Flags.boolean({
    summary: 'put back what the last restore, or RUN, has replaced',
    exclusive: RESTORING,
  }),
  list: Flags.boolean({
    summary: 'list the restores made here, newest first',
    exclusive: ['undo', 'dry-run', ...RESTORING],
  }),
  'prune-previous': Flags.boolean({
    summary: 'remove for good what the restores, or RUN, have kept of what they replaced',
    exclusive: ['undo', 'list', ...RESTORING],
  }),
};

export interface RestoreFlags {
  to: string | undefined;
  replace: boolean;
  'in-place': boolean;
  conflict: ConflictPolicy | undefined;
  delete: boolean;
  version: number | undefined;
  sha: string | undefined;
  at: string | undefined;
  include: string[] | undefined;
  exclude: string[] | undefined;
  'dry-run': boolean;
  verify: 'none' | 'size' | 'content';
  metadata: boolean;
  'no-owner': boolean;
  'numeric-owner': boolean;
  'no-xattrs': boolean;
  partial: boolean | undefined;
  artifacts: string | undefined;
  'no-artifacts': boolean;
}

/** `--undo`, `--list` or `--prune-previous`: what operands name is a run then. */
export function isAboutRuns(flags: Record<string, unknown>): boolean {
  return RUNS.some((name) => flags[name] === true);
}

/**
 * What the library is asked for.
 * @param selected paths of standard input
 * @throws USAGE for what is no date, no checksum
 */
export function restoreOptions(
  vault: Repository,
  { revisions: [revision], paths, here }: Operands,
  flags: RestoreFlags,
  selected: readonly Buffer[],
): RestoreRevisionOptions {
  const version = versionOf(vault, flags);
  const latin1 = (patterns: string[] = []) => patterns.map((text) => bytesOf(text).toString('latin1'));
  const [include, exclude] = [latin1(flags.include), latin1(flags.exclude)];
  const selects = selected.length + include.length + exclude.length > 0;
  const absolute = (name: string) => resolveBytes(currentFolder(), bytesOf(name));
  return {
    ...(revision && { revision }),
    ...(here && { here }),
    ...(version && { version }),
    paths,
    ...(selects && { selection: { paths: selected, include, exclude } }),
    ...(flags.to !== undefined && { to: absolute(flags.to) }),
    ...(flags.conflict && { conflict: flags.conflict }),
    deletes: flags.delete,
    replace: flags.replace,
    inPlace: flags['in-place'],
    dryRun: flags['dry-run'],
    verify: flags.verify,
    noMetadata: !flags.metadata,
    metadata: {
      owner: flags['no-owner'] ? 'none' : flags['numeric-owner'] ? 'number' : 'name',
      xattrs: !flags['no-xattrs'],
    },
    ...(flags.partial !== undefined && { partial: flags.partial }),
    records: restoreRecords(vault.config.vaultId),
    ...(!flags['no-artifacts'] && { artifacts: artifactsOf(flags.artifacts, absolute) }),
    threads: availableParallelism(),
  };
}

function artifactsOf(name: string | undefined, absolute: (name: string) => Buffer): ArtifactPlace {
  if (name === undefined) return 'record';
  return name === 'dest' ? 'destination' : { folder: absolute(name) };
}

function versionOf(
  { environment }: Repository,
  { version, sha, at }: RestoreFlags,
): VersionQuery | undefined {
  if (version !== undefined) return { number: version };
  if (at !== undefined) return { at: parseDate(at, environment.now(), environment.zone).end };
  if (sha === undefined) return undefined;
  if (/^[0-9a-f]{4,64}$/i.test(sha)) return { sha256: sha.toLowerCase() };
  throw new VaultError('USAGE', '--sha takes 4 to 64 hex digits', {
    hint: '`vault log FILE` shows the first 8',
  });
}
