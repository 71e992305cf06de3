import { bytesOf } from '../cli/argv.ts';
import { Args, BaseCommand, Flags } from '../cli/base-command.ts';
import { listingFlags } from '../cli/flags.ts';
import { entryFields } from '../cli/json-entry.ts';
import { lsTreeHead } from '../cli/ls-tree-line.ts';
import { listTree, resolve, treeRoot } from '../index.ts';

export default class LsTree extends BaseCommand {
  static override summary = 'list the entries of a tree';
  static override description =
    `Prints a line for each entry of the tree: <mode> SP <type> SP <id> TAB <path>.
The mode is st_mode in octal, the type blob or tree. Paths count from the root of the tree. With PATHs, only those rows;
a PATH that ends with / means what is in the folder, and one that is not in the tree prints nothing, as with git.`;
  static override examples = [
    { description: 'All files of the newest snapshot', command: 'vault ls-tree -r HEAD' },
    { description: 'Their names, for xargs -0', command: 'vault ls-tree -r -z --name-only HEAD' },
  ];
  static override group = 'plumbing' as const;
  static override strict = false;
  static override args = {
    tree: Args.string({ description: 'a snapshot, a tree, or REV:folder', required: true }),
    path: Args.string({ description: 'only these entries', multiple: true }),
  };
  static override flags = {
    ...listingFlags,
    recursive: Flags.boolean({ char: 'r', summary: 'go into folders' }),
    trees: Flags.boolean({ char: 't', summary: 'with -r, list the folders too' }),
    folders: Flags.boolean({ char: 'd', summary: 'list folders only' }),
    long: Flags.boolean({ char: 'l', summary: 'add the size of files' }),
    'name-only': Flags.boolean({ summary: 'print names only', exclusive: ['object-only'] }),
    'object-only': Flags.boolean({ summary: 'print ids only' }),
  };

  async run(): Promise<void> {
    const { args, flags, argv } = await this.parse(LsTree);
    const vault = await this.openVault();
    const root = await treeRoot(vault.store, await resolve(vault, bytesOf(args.tree)), args.tree);
    const paths = (argv as string[]).slice(1).map(bytesOf);
    const { recursive, trees, folders: foldersOnly } = flags;
    const rows = listTree(vault.store, root, { recursive, trees, foldersOnly, paths });
    const all: object[] = [];
    for await (const { path, entry } of rows) {
      this.signal.throwIfAborted();
      if (this.json) all.push(entryFields(path, entry));
      else if (this.jsonLines) await this.row(entryFields(path, entry));
      else if (flags['object-only']) await this.print(`${entry.id.toString('hex')}${this.eol}`);
      else {
        if (!flags['name-only']) await this.print(lsTreeHead(entry, flags.long));
        await this.print(this.name(path));
        await this.print(this.eol);
      }
    }
    if (this.json) this.document('ls-tree', { entries: all });
  }
}
