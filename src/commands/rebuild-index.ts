import { BaseCommand, Exit } from '../cli/frame/base-command.ts';
import { progressFlags } from '../cli/frame/flags.ts';
import { formatCounted } from '../cli/text/format.ts';
import { rebuildIndex } from '../index.ts';

export default class RebuildIndex extends BaseCommand {
  static override summary = 'make the index anew from the packs';
  static override description =
    `Throws the index away (in a local vault the folder index/ of the store; for who may not write that one, a folder of vault's cache)
and makes it anew from the tables of the packs. Nothing else is touched. The index is a cache: what is wrong with it is noticed and mended by every command, so this is for the case that it is not. Other
processes may work meanwhile. The histories that log FILE asks are filled again by the next log FILE.

A pack whose table cannot be read is left out and told; then the exit status is 4.`;
  static override examples = [
    { description: 'With progress for a program', command: 'vault rebuild-index --progress=json' },
  ];
  static override group = 'plumbing' as const;
  static override related = ['check', 'verify-pack', 'count-objects'];
  static override exits = { 4: 'a pack could not be read, and its objects are not in the index' };
  static override flags = { ...progressFlags };

  async run(): Promise<void> {
    await this.parse(RebuildIndex);
    const vault = await this.openVault();
    const { recorded, damaged } = await rebuildIndex(vault);
    for (const { error } of damaged) this.warn(error.message);
    if (damaged.length > 0) this.exitCode = Exit.damage;
    if (this.json)
      return this.document('rebuild-index', { packs: recorded, damaged: damaged.map(({ pack }) => pack) });
    this.say(`the index is made of ${formatCounted(recorded, 'pack')}`);
  }
}
