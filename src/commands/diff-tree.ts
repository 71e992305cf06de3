import { Args, Exit } from '../cli/frame/base-command.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { hereIn } from '../cli/operands/operands.ts';
import { treePath } from '../cli/operands/tree-paths.ts';
import { bytesOf } from '../cli/paths/argv.ts';
import { ChangeTotals, differenceFields } from '../cli/render/change.ts';
import { DIFF_TREE_MANUAL, diffTreeFlags, diffTreeLine, treeOperands } from '../cli/render/diff-tree.ts';
import { diffTree, treesToCompare } from '../index.ts';

export default class DiffTree extends ListingCommand {
  static override summary = 'compare two trees';
  static override description = DIFF_TREE_MANUAL.description;
  static override examples = DIFF_TREE_MANUAL.examples;
  static override group = 'plumbing' as const;
  static override related = ['diff', 'ls-tree', 'rev-list'];
  static override exits = { 1: 'with --exit-code: they differ; or a revision names nothing, or several' };
  static override usage = '[<options>] (SNAPSHOT | A B) [--] [PATH…]';
  static override strict = false;
  static override args = {
    tree: Args.string({ description: 'a snapshot, a tree, or REV:folder' }),
    path: Args.string({ description: 'compare only these, from the root of the trees' }),
  };
  static override flags = diffTreeFlags;

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(DiffTree);
    const vault = await this.openVault();
    const { revisions, paths } = await treeOperands(vault, argv as string[], this.afterDashes);
    const here = hereIn(vault);
    const trees = await treesToCompare(vault, revisions.map(bytesOf), {
      root: flags.root,
      ...(here && { here }),
    });
    const recursive = flags.recursive || flags.trees;
    const totals = new ChangeTotals();
    const rows = totals.of(
      diffTree(vault, trees, { recursive, trees: flags.trees, paths: paths.map(treePath) }),
    );
    const line = diffTreeLine(flags, flags['no-commit-id'] ? undefined : trees.snapshot, this.names);
    const changes = await this.list(rows, differenceFields, (row) => line(row, totals.count === 1));
    if (this.json)
      await this.document('diff-tree', { ...(trees.snapshot && { snapshot: trees.snapshot }), changes });
    if (flags['exit-code'] && totals.count > 0) this.exitCode = Exit.no;
  }
}
