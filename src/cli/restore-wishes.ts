/** Options and manual of `restore`. */
import { availableParallelism } from 'node:os';
import type { Repository, RestoreRevisionOptions } from '../index.ts';
import { bytesOf } from './argv.ts';
import { currentFolder } from './current-folder.ts';
import { Flags } from './flags.ts';
import { hereIn } from './operands.ts';
import { resolveBytes } from './path-bytes.ts';

export const RESTORE_MANUAL = {
  description: `Everything is written to a private folder beside the destination, verified, and moved
into place at the end, so the destination is as it was or as it should be, never in between. Without --to, REV goes to the vault's
folder and REV:PATH to its place in it. An absent or empty destination is fine; one in use needs --replace, which
keeps what was there as .vault_restore_previous_<name>_<run> beside it. A single file goes to its own name where nothing is there, else
beside it as name.<first 8 digits of its SHA-256>, unless --to or --in-place says otherwise. Where the destination holds the vault
itself, its names are exchanged one by one, all but .vault. What cannot be set here (owners without privilege, devices) is counted and said.`,
  examples: [
    {
      description: 'A file as it was one snapshot ago, beside the present one',
      command: 'vault restore HEAD~1:chapter2.tex',
    },
    {
      description: 'The whole folder of last week, elsewhere',
      command: "vault restore 'HEAD@{7 days ago}' --to ../last-week",
    },
    { description: 'Undo a bad afternoon', command: 'vault restore HEAD --replace' },
  ],
};

export const restoreFlags = {
  to: Flags.string({ summary: 'restore to this place', helpValue: '<dest>' }),
  replace: Flags.boolean({ summary: 'put it in the place of what is there, which is kept' }),
  'in-place': Flags.boolean({ summary: 'the same for a single file', exclusive: ['to'] }),
  'dry-run': Flags.boolean({ summary: 'check and count, change nothing' }),
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
  partial: Flags.boolean({ summary: 'go on although some contents cannot be read' }),
};

interface RestoreFlags {
  to: string | undefined;
  replace: boolean;
  'in-place': boolean;
  'dry-run': boolean;
  verify: 'none' | 'size' | 'content';
  metadata: boolean;
  partial: boolean;
}

/** What the library is asked for. */
export function restoreOptions(
  vault: Repository,
  revision: string,
  flags: RestoreFlags,
): RestoreRevisionOptions {
  const here = hereIn(vault);
  return {
    revision: bytesOf(revision),
    ...(here && { here }),
    ...(flags.to !== undefined && { to: resolveBytes(currentFolder(), bytesOf(flags.to)) }),
    replace: flags.replace,
    inPlace: flags['in-place'],
    dryRun: flags['dry-run'],
    verify: flags.verify,
    noMetadata: !flags.metadata,
    partial: flags.partial,
    threads: availableParallelism(),
  };
}
