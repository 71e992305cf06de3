import { Args, Flags } from '../cli/frame/base-command.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { resolveHere } from '../cli/operands/operands.ts';
import { treePath } from '../cli/operands/tree-paths.ts';
import { lsTreeLine } from '../cli/render/ls-tree-line.ts';
import { TreeListing } from '../cli/render/tree-listing.ts';
import { listTreeRuns, treeRoot } from '../index.ts';

export default class LsTree extends TreeListing {
  static override summary = 'list the entries of a tree';
  static override description =
    `Prints a line for each entry of the tree: <mode> SP <type> SP <id> TAB <path>.
The mode is st_mode in octal, the type blob or tree. Paths count from the root of the tree. They come
in the order of names by bytes, a folder before what is in it, and its files before its neighbours: a/b, then a.txt, where git has a.txt first.

With PATHs, only those rows, those of each PATH in turn; a PATH that ends with / means what is in the folder, as . means what is in the tree,
and one that is not there prints nothing, as with git. The folders on the way to a PATH are not listed, also with -t or -d, unlike git's.

--full adds a field before the TAB: all else that the entry says, in base64url. From such lines make-tree makes the same tree
again. --format knows %(objectmode) %(objecttype) %(objectname) %(objectsize) %(objectsize:padded) %(sha256) %(full) %(path); what
an entry does not say is "-".`;
  static override examples = [
    { description: 'All files of the newest snapshot', command: 'vault ls-tree -r HEAD' },
    { description: 'Their names, for xargs -0', command: 'vault ls-tree -r -z --name-only HEAD' },
    {
      description: 'What sha256sum -c reads',
      command: "vault ls-tree -r --format='%(sha256)  %(path)' HEAD | grep -v '^-'",
    },
  ];
  static override group = 'plumbing' as const;
  static override related = ['make-tree', 'cat-object', 'ls'];
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
    full: Flags.boolean({ summary: 'add all other fields, for make-tree' }),
    'name-only': Flags.boolean({
      summary: 'print names only',
      exclusive: ['long', 'full', 'object-only', 'format'],
    }),
    'object-only': Flags.boolean({ summary: 'print ids only', exclusive: ['long', 'full', 'format'] }),
    format: Flags.string({
      summary: 'print each entry so',
      helpValue: '<format>',
      exclusive: ['long', 'full'],
    }),
  };

  async run(): Promise<void> {
    const { args, flags, argv } = await this.parse(LsTree);
    const line = lsTreeLine(flags, this.eol);
    const vault = await this.openVault();
    const root = await treeRoot(vault.store, await resolveHere(vault, args.tree), args.tree);
    const paths = (argv as string[]).slice(1).map(treePath);
    const { recursive, trees, folders: foldersOnly } = flags;
    const runs = listTreeRuns(vault.store, root, { recursive, trees, foldersOnly, paths });
    const entries = await this.listRuns(runs, line);
    if (this.json) await this.document('ls-tree', { entries });
  }
}
