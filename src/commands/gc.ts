import { BaseCommand, Flags } from '../cli/frame/base-command.ts';
import { progressFlags } from '../cli/frame/flags.ts';
import { runGc } from '../cli/render/run-gc.ts';
import { recoverInterrupted } from '../cli/vault/interrupted-restores.ts';

export default class Gc extends BaseCommand {
  static override summary = 'free the space of what nothing needs any more';
  static override description =
    `Removes packs of which nothing is in use, copies what is in use out of packs that mostly are not, and
merges small ones. In use is what any snapshot of any line that is not forgotten, any tag, or a command that runs needs, and for 14 days
what plumbing has stored. It may run beside snapshots, and again after it was killed. While writers are at work it condemns packs and says so; the next gc removes them.

What it removes from a local vault lies in the vault's trash for 7 days; --undelete puts a forgotten snapshot back from there.`;
  static override examples = [
    { description: 'What would go', command: 'vault gc --dry-run' },
    { description: 'A forgotten snapshot after all', command: 'vault gc --undelete 3fa9c1d2' },
  ];
  static override related = ['check', 'count-objects', 'forget'];
  static override exits = {
    1: 'what is to be undeleted is neither in the vault nor in its trash',
    4: 'something in use is missing: nothing was removed',
    8: 'more than 30 % of the packs, or a whole line, would go and --force is not given',
  };
  static override flags = {
    ...progressFlags,
    'dry-run': Flags.boolean({ char: 'n', summary: 'only say what would go', exclusive: ['undelete'] }),
    force: Flags.boolean({ char: 'f', summary: 'remove also over 30 % of the packs, or a whole line' }),
    undelete: Flags.string({
      summary: 'put a snapshot or another object back from the trash; may be repeated',
      helpValue: '<rev>',
      multiple: true,
      exclusive: ['force'],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Gc);
    const vault = await this.openVault();
    const { progress, signal } = this;
    if (!flags['dry-run'] && !flags.undelete) await recoverInterrupted(vault, (line) => this.warn(line));
    const answer = await runGc(vault, flags, { progress, signal });
    if (this.json) return this.document(answer.schema, answer.fields);
    for (const line of answer.data) await this.print(`${line}\n`);
    for (const line of answer.talk) this.say(line);
  }
}
