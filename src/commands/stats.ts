import { Args, BaseCommand } from '../cli/frame/base-command.ts';
import { hereIn } from '../cli/operands/operands.ts';
import { bytesOf } from '../cli/paths/argv.ts';
import { treeStatsText, vaultStatsFields, vaultStatsText } from '../cli/render/stats.ts';
import { treeStats, vaultStats } from '../index.ts';

export default class Stats extends BaseCommand {
  static override summary = 'show what the vault, or some snapshots, hold and take';
  static override description =
    `Without REV: the snapshots of all lines and what they hold together, as if each were a copy; how much of that is
different (deduplicated); and what all of it takes on disk (compressed).

With REVs (or REV:folder), what each holds, and how much of its content none of the REVs before it in the list has: of the first that is
all it takes, of the second what it adds to the first. Chunks count with their share of the blocks that they lie in. Nothing is
read but trees and the index.`;
  static override examples = [
    { description: 'How much room have I saved?', command: 'vault stats' },
    { description: 'What has a week added?', command: "vault stats 'HEAD@{7 days ago}' HEAD" },
  ];
  static override related = ['log', 'count-objects', 'gc'];
  static override strict = false;
  static override args = {
    rev: Args.string({ description: 'snapshots, or folders in them', multiple: true }),
  };

  async run(): Promise<void> {
    const { argv } = await this.parse(Stats);
    const vault = await this.openVault();
    const { signal } = this;
    const revisions = (argv as string[]).map(bytesOf);
    if (revisions.length === 0) {
      const stats = await vaultStats(vault, { signal });
      if (this.json) return this.document('stats', vaultStatsFields(stats));
      return this.print(vaultStatsText(stats));
    }
    const here = hereIn(vault);
    const all = await treeStats(vault, revisions, { signal, ...(here && { here }) });
    if (all.some(({ further }) => !further)) this.warn('there are too many chunks to tell all of them apart');
    if (this.json) return this.document('tree-stats', { revisions: all });
    for (const [i, one] of all.entries()) await this.print(treeStatsText(one, i === 0));
  }
}
