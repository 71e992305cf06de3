import { Args, BaseCommand, Exit } from '../cli/base-command.ts';
import { progressFlags } from '../cli/flags.ts';
import { restoredText, restoreFields, restoreWarnings } from '../cli/render-restore.ts';
import { RESTORE_MANUAL, restoreFlags, restoreOptions } from '../cli/restore-wishes.ts';
import { keepHeapSmall } from '../cli/small-heap.ts';
import { restoreRevision } from '../index.ts';

export default class Restore extends BaseCommand {
  static override summary = 'bring back a snapshot, a folder or a file';
  static override description = RESTORE_MANUAL.description;
  static override examples = RESTORE_MANUAL.examples;
  static override related = ['log', 'show', 'cat', 'snapshot'];
  static override exits = { 3: 'with --partial: some contents are missing', 8: 'the destination is in use' };
  static override args = { rev: Args.string({ description: 'REV or REV:PATH', default: 'HEAD' }) };
  static override flags = { ...restoreFlags, ...progressFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Restore);
    keepHeapSmall();
    const vault = await this.openVault();
    const { progress, signal } = this;
    const began = performance.now();
    const result = await restoreRevision(vault, {
      ...restoreOptions(vault, args.rev, flags),
      progress,
      signal,
    });
    if (result.failureCount > 0) this.exitCode = Exit.partial;
    for (const line of restoreWarnings(result)) this.warn(line);
    if (this.json) return this.document('restore', restoreFields(result));
    await this.print(restoredText(result, performance.now() - began));
  }
}
