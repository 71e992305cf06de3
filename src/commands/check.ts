import { Args, BaseCommand } from '../cli/frame/base-command.ts';
import { progressFlags } from '../cli/frame/flags.ts';
import { CHECK_MANUAL, checkFlags, checkOptions, revAlone } from '../cli/options/check.ts';
import { bytesOf } from '../cli/paths/argv.ts';
import { currentFolder } from '../cli/paths/current-folder.ts';
import { resolveBytes } from '../cli/paths/path-bytes.ts';
import { exitOf, extentText, reportFields, reportLines, reportWarnings } from '../cli/render/check.ts';
import { recoverInterrupted } from '../cli/vault/interrupted-restores.ts';
import { checkAgainst, checkVault, resolveSnapshot } from '../index.ts';

export default class Check extends BaseCommand {
  static override summary = 'check that the vault is sound';
  static override description = CHECK_MANUAL.description;
  static override examples = CHECK_MANUAL.examples;
  static override related = ['gc', 'verify-pack', 'rebuild-index'];
  static override exits = {
    1: '--against: they differ',
    3: '--against: they do not differ as far as the folder could be read',
    4: 'damage was found',
  };
  static override usage = '[--quick | --read-data[=<percent>%]] | --against <folder> [REV]';
  static override args = { rev: Args.string({ description: 'with --against; HEAD unless given' }) };
  static override flags = { ...checkFlags, ...progressFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Check);
    if (args.rev !== undefined && flags.against === undefined) throw revAlone();
    const options = { ...checkOptions(flags), progress: this.progress, signal: this.signal };
    const vault = await this.openVault();
    await recoverInterrupted(vault, (line) => this.warn(line));
    const { against } = flags;
    const folder = against === undefined ? undefined : resolveBytes(currentFolder(), bytesOf(against));
    const report = folder
      ? await checkAgainst(vault, await resolveSnapshot(vault, bytesOf(args.rev ?? 'HEAD')), folder, options)
      : await checkVault(vault, options);
    const sound = report.findings.every(({ damage }) => !damage);
    this.exitCode = exitOf(report);
    for (const line of reportWarnings(report)) this.warn(line);
    if (this.json) return this.document('check', { sound, ...reportFields(report) });
    for (const line of reportLines(report)) await this.print(line);
    this.say(`${sound ? 'no damage found' : 'damage found'}: ${extentText(report)}`);
  }
}
