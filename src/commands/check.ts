import { BaseCommand, Exit, Flags } from '../cli/base-command.ts';
import { progressFlags } from '../cli/flags.ts';
import { formatCount, formatSize } from '../cli/format.ts';
import { printable } from '../cli/quoting.ts';
import { checkQuick } from '../index.ts';

export default class Check extends BaseCommand {
  static override summary = 'check that the vault is sound';
  static override description =
    `Reads every record of lines, tags and transactions, and the header and the table of
every pack; compares packs with the index; and looks up what lines and tags name. This version reads no contents: damage
inside a block shows when it is read, since every read is checked against the object's id. Exits with 4 when it finds damage.`;
  static override examples = [{ description: 'Before a disk is retired', command: 'vault check --quick' }];
  static override flags = {
    ...progressFlags,
    quick: Flags.boolean({
      summary: 'records, pack tables and index only (what this version checks)',
      default: true,
    }),
  };

  async run(): Promise<void> {
    await this.parse(Check);
    const vault = await this.openVault();
    const report = await checkQuick(vault, { progress: this.progress, signal: this.signal });
    const damaged = report.findings.some(({ damage }) => damage);
    if (damaged) this.exitCode = Exit.damage;
    if (this.json) return this.document('check', { sound: !damaged, ...report });
    for (const { kind, subject, message } of report.findings) {
      await this.print(`${kind} ${printable(subject)}: ${printable(message)}\n`);
    }
    const { packs, objects, refs, packBytes } = report;
    const extent = `${formatCount(packs)} packs, ${formatCount(objects)} objects, ${formatSize(packBytes)}, ${formatCount(refs)} refs`;
    this.say(damaged ? `damage found: ${extent}` : `no damage found: ${extent}`);
  }
}
