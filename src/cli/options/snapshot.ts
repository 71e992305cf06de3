/** Options of `snapshot` as the library takes them. */
import { availableParallelism } from 'node:os';
import { type SnapshotOptions, VaultError } from '../../index.ts';
import { Flags } from '../frame/flags.ts';
import { printable } from '../text/quoting.ts';
import { excludePatterns, exclusionFlags } from './exclude-patterns.ts';

export const SNAPSHOT_MANUAL = {
  description: `Stores what is in the vault's folder now, each content once, and adds a snapshot to its line. With PATHs only
those are looked at and the rest is taken over from the last snapshot; a PATH that is gone is recorded as deleted.

Left out are vaults, what --exclude, --exclude-file and .vaultignore files say (in .gitignore's syntax), and what is in
a folder marked by a CACHEDIR.TAG. What cannot be read keeps its last version and is listed. An unchanged folder gives a
snapshot all the same, unless --if-changed is given.

With --stdin the bytes of standard input become the file --name in a snapshot of its own; the folder is not looked at.

Prints line and id of the snapshot, what is in it, and how much of that is new; with -q only the id.`,
  examples: [
    { description: 'The folder as it is now', command: 'vault snapshot -m "chapter 2"' },
    { description: 'Make the vault, too, if there is none', command: 'vault snapshot ~/thesis --init' },
    { description: 'From cron: only when something has changed', command: 'vault -q snapshot --if-changed' },
    { description: "A database's dump", command: 'pg_dump db | vault snapshot --stdin --name db.sql' },
    { description: 'What it would store, for a program', command: 'vault snapshot --dry-run --json' },
  ],
};

export const snapshotFlags = {
  message: Flags.string({ char: 'm', summary: 'say what this snapshot is', helpValue: '<text>' }),
  tag: Flags.string({ summary: 'give it this tag', helpValue: '<name>' }),
  author: Flags.string({ summary: 'whose work it is, where that is not the user', helpValue: '<name>' }),
  label: Flags.string({ summary: 'add a label (repeatable)', helpValue: '<key>=<value>', multiple: true }),
  line: Flags.string({
    summary: "record it on this line, not the folder's own, whatever folder the line was made of",
    helpValue: '<name>',
  }),
  ...exclusionFlags,
  'if-changed': Flags.boolean({ summary: 'take none when nothing has changed' }),
  init: Flags.boolean({ summary: 'make the vault first where there is none' }),
  'dry-run': Flags.boolean({ summary: 'show what would be stored, and store nothing' }),
  stdin: Flags.boolean({
    summary: 'store standard input as the file --name; everything else stays as it was',
    dependsOn: ['name'],
    exclusive: ['exclude', 'exclude-file', 'one-file-system', 'if-changed', 'dry-run'],
  }),
  name: Flags.string({
    summary: "the stream's path in the vault's folder",
    helpValue: '<file>',
    dependsOn: ['stdin'],
  }),
};

/** What the parser makes of them. */
export interface SnapshotFlags {
  message: string | undefined;
  tag: string | undefined;
  author: string | undefined;
  line: string | undefined;
  label: string[] | undefined;
  exclude: string[] | undefined;
  'exclude-file': string[] | undefined;
  'one-file-system': boolean;
  'if-changed': boolean;
  stdin: boolean;
}

/** @throws USAGE for a label without `=` and for a stream with PATHs, BAD_PATH for a file of patterns that cannot be read */
export function snapshotOptions(flags: SnapshotFlags, paths: Buffer[]): SnapshotOptions {
  const { message, tag, author, line } = flags;
  if (flags.stdin && paths.length > 0) {
    throw new VaultError('USAGE', 'a snapshot of standard input takes no PATH', {
      hint: 'say where it goes with --name',
    });
  }
  return {
    ...(message !== undefined && { message }),
    ...(tag !== undefined && { tag }),
    ...(author !== undefined && { author }),
    ...(line !== undefined && { line }),
    labels: (flags.label ?? []).map(parseLabel),
    exclude: excludePatterns(flags).map(({ pattern }) => pattern),
    oneFileSystem: flags['one-file-system'],
    ifChanged: flags['if-changed'],
    paths,
    threads: availableParallelism(),
  };
}

function parseLabel(text: string): [key: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new VaultError('USAGE', `${printable(text)} is no label`, { hint: 'write --label key=value' });
}
