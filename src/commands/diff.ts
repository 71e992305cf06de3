import { availableParallelism } from 'node:os';
import { Args, Exit, Flags } from '../cli/frame/base-command.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { fileOperands, splitOperands } from '../cli/operands/operands.ts';
import { renameOptions } from '../cli/options/rename.ts';
import { ChangeTotals, differenceFields } from '../cli/render/change.ts';
import {
  comparisonWarnings,
  DIFF_MANUAL,
  differenceText,
  diffFlags,
  diffFormat,
  sidesFields,
  statTotals,
} from '../cli/render/diff.ts';
import { painter } from '../cli/text/colour.ts';
import { compare } from '../index.ts';

export default class Diff extends ListingCommand {
  static override summary = 'show what is different between two versions';
  static override description = DIFF_MANUAL.description;
  static override examples = DIFF_MANUAL.examples;
  static override related = ['status', 'show', 'log', 'rev-parse'];
  static override exits = { 1: 'with --exit-code: they differ', 3: 'something on disk could not be read' };
  static override usage = '[<options>] [REV [REV] | A..B] [--] [PATH…]';
  static override strict = false;
  static override args = {
    rev: Args.string({ description: 'one or two revisions, or a range; HEAD unless given' }),
    path: Args.string({ description: 'compare only these' }),
  };
  static override flags = {
    ...diffFlags,
    'exit-code': Flags.boolean({ summary: 'exit with 1 when they differ' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Diff);
    const { afterDashes, signal, progress } = this;
    const operands = { operands: argv as string[], afterDashes, mostRevisions: 2 };
    const vault = await this.openVault(fileOperands(operands));
    const wanted = { ...(await splitOperands(vault, operands)), ...renameOptions(flags) };
    const compared = await compare(vault, { ...wanted, threads: availableParallelism(), progress, signal });
    progress.clear();
    const format = diffFormat(flags);
    const totals = new ChangeTotals({ withBytes: format === 'stat' });
    const paint = painter(1);
    const groups = totals.ofGroups(compared.differences());
    const changes = await this.listGroups(groups, differenceFields, (difference) =>
      differenceText(difference, format, compared, paint, this.names),
    );
    if (flags['exit-code'] && totals.count > 0) this.exitCode = Exit.no;
    if (compared.scanned && compared.scanned.problemCount > 0) this.exitCode = Exit.partial;
    for (const line of comparisonWarnings(compared)) this.warn(line);
    if (this.json) return this.document('diff', { ...sidesFields(compared), changes });
    if (format === 'stat') await this.print(statTotals(totals));
  }
}
