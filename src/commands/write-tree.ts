import { Args, BaseCommand, Exit } from '../cli/frame/base-command.ts';
import { progressFlags } from '../cli/frame/flags.ts';
import { keepHeapModest } from '../cli/frame/small-heap.ts';
import { exclusionFlags } from '../cli/options/exclude-patterns.ts';
import { treeOptions } from '../cli/options/tree.ts';
import { bytesOf } from '../cli/paths/argv.ts';
import { exclusionText, scanFields, scanWarnings } from '../cli/render/scan.ts';
import { writeTree } from '../index.ts';

export default class WriteTree extends BaseCommand {
  static override summary = 'store a folder as a tree, without a snapshot';
  static override description =
    `Stores what is in DIR, which may lie anywhere, and prints the id of its tree. Left out is what a
snapshot leaves out. It is kept for 14 days unless a snapshot or a tag takes it up.`;
  static override examples = [
    { description: 'Tag what a build gave', command: 'vault tag build-17 $(vault write-tree out)' },
  ];
  static override group = 'plumbing' as const;
  static override related = ['make-tree', 'make-snapshot', 'snapshot'];
  static override exits = { 3: 'it was stored, but something could not be read' };
  static override args = { dir: Args.string({ description: 'the folder', required: true }) };
  static override flags = { ...exclusionFlags, ...progressFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(WriteTree);
    keepHeapModest();
    const vault = await this.openVault();
    const { progress, signal } = this;
    const written = await writeTree(vault, bytesOf(args.dir), { ...treeOptions(flags), progress, signal });
    progress.clear();
    if (written.problemCount > 0) this.exitCode = Exit.partial;
    const left = exclusionText(written);
    if (left !== undefined) this.say(left);
    for (const line of scanWarnings(written)) this.warn(line);
    if (this.json) return this.document('write-tree', { id: written.id, ...scanFields(written) });
    await this.print(`${written.id.toString('hex')}\n`);
  }
}
