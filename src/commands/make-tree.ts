import { BaseCommand, Flags } from '../cli/frame/base-command.ts';
import { stdinBytes } from '../cli/frame/stdin.ts';
import { readTreeLines } from '../cli/operands/tree-lines.ts';
import { makeTree } from '../index.ts';

export default class MakeTree extends BaseCommand {
  static override summary = 'store a tree from the lines of ls-tree';
  static override description =
    `Reads lines of ls-tree from standard input, stores the tree of which they are the entries, and prints its id. They
may come in any order; each has one name, without a slash. Lines of ls-tree --full make exactly the tree that they list; of plain lines
all else but mode, id and name is unknown, and is left alone when the tree is restored. No lines make the empty tree.

A line that cannot be read, a name that comes twice and an object that the vault has not got end it, and nothing is stored. What is stored is
kept for 14 days unless a snapshot or a tag takes it up.`;
  static override examples = [
    { description: 'The same tree again', command: 'vault ls-tree --full HEAD:src | vault make-tree' },
    {
      description: 'Without the files that end in .o',
      command: "vault ls-tree --full HEAD:src | grep -v '\\.o$' | vault make-tree",
    },
  ];
  static override group = 'plumbing' as const;
  static override related = ['ls-tree', 'write-tree', 'make-snapshot', 'hash-object'];
  static override exits = {
    1: 'an object is not in the vault',
    2: 'a line cannot be read; nothing was stored',
  };
  static override flags = {
    null: Flags.boolean({ char: 'z', summary: 'lines end with a NUL byte, and names are not quoted' }),
    missing: Flags.boolean({ summary: 'do not look whether the objects are there' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(MakeTree);
    const rows = await readTreeLines(stdinBytes(this.signal), flags.null);
    const vault = await this.openVault();
    const id = await makeTree(vault, rows, { missing: flags.missing });
    if (this.json) return this.document('make-tree', { id });
    await this.print(`${id.toString('hex')}\n`);
  }
}
