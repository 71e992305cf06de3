/** Options, operands and lines of `diff-tree`. */
import { type Difference, type Id, isRevision, type Repository } from '../../index.ts';
import { Flags, listingFlags } from '../frame/flags.ts';
import type { NameStyle, Piece } from '../frame/listing-command.ts';
import { bytesOf } from '../paths/argv.ts';
import { rawHead, statusHead } from './raw-line.ts';

export const DIFF_TREE_MANUAL = {
  description: `Prints a line for each entry that differs, as git's diff-tree:
:<mode> SP <mode> SP <id> SP <id> SP <letter> TAB <path>. The letter is A for added, D for deleted, M for modified, T of another type; the mode and the id of what is not
there are zeros. Where both ids and both modes are equal, the entry's other metadata differs: times, owners, attributes.

A SNAPSHOT alone is compared with its first parent, and its id is printed on a line of its own before what differs; for one without parents nothing is
printed unless --root is given. Without -r, a folder is an entry like others, which differs when its tree has another id, also for times that -r does not
count. With PATHs, which are taken from the root of the trees, only these and what is in them.`,
  examples: [
    {
      description: 'Which files did the newest snapshot change?',
      command: 'vault diff-tree -r --no-commit-id --name-only HEAD',
    },
    {
      description: 'Do two folders hold the same?',
      command: 'vault diff-tree -r --exit-code HEAD:a HEAD:b > /dev/null',
    },
  ],
};

export const diffTreeFlags = {
  ...listingFlags,
  recursive: Flags.boolean({ char: 'r', summary: 'go into folders' }),
  trees: Flags.boolean({ char: 't', summary: 'go into folders, and list them, too' }),
  raw: Flags.boolean({
    summary: 'modes, ids, letter and name (the usual)',
    exclusive: ['name-status', 'name-only'],
  }),
  'name-status': Flags.boolean({ summary: 'letter and name', exclusive: ['name-only'] }),
  'name-only': Flags.boolean({ summary: 'names only' }),
  root: Flags.boolean({ summary: 'all in a snapshot without parents is added' }),
  'no-commit-id': Flags.boolean({ summary: 'do not print the id of SNAPSHOT' }),
  'exit-code': Flags.boolean({ summary: 'exit with 1 when something differs' }),
};

/** One or two trees, then paths. Without `--` the second operand is a tree when it names one. */
export async function treeOperands(
  vault: Repository,
  operands: readonly string[],
  afterDashes: readonly string[] | undefined,
): Promise<{ revisions: string[]; paths: string[] }> {
  if (afterDashes) {
    const revisions = operands.slice(0, operands.length - afterDashes.length);
    return { revisions, paths: [...afterDashes] };
  }
  const second = operands[1];
  const trees = second !== undefined && (await isRevision(vault, bytesOf(second))) ? 2 : 1;
  return { revisions: operands.slice(0, trees), paths: operands.slice(trees) };
}

/** How a difference is printed; before the first one the id of the snapshot. */
export function diffTreeLine(
  flags: { 'name-status': boolean; 'name-only': boolean },
  snapshot: Id | undefined,
  { name, eol }: NameStyle,
): (difference: Difference, isFirst: boolean) => Piece[] {
  const head = (difference: Difference): string => {
    if (flags['name-only']) return '';
    return flags['name-status'] ? statusHead(difference, (_, text) => text, eol) : rawHead(difference, eol);
  };
  return (difference, isFirst) => {
    const id = isFirst && snapshot ? `${snapshot.toString('hex')}${eol}` : '';
    return [id + head(difference), name(difference.path), eol];
  };
}
