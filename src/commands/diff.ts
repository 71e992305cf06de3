import { availableParallelism } from 'node:os';
import { Args, Exit, Flags } from '../cli/base-command.ts';
import { painter } from '../cli/colour.ts';
import { listingFlags, progressFlags } from '../cli/flags.ts';
import { ListingCommand } from '../cli/listing-command.ts';
import { fileOperands, splitOperands } from '../cli/operands.ts';
import { ChangeTotals, differenceFields } from '../cli/render-change.ts';
import { differenceText, diffFormat, formatFlags, sidesFields, statTotals } from '../cli/render-diff.ts';
import { scanWarnings } from '../cli/render-scan.ts';
import { compare } from '../index.ts';

export default class Diff extends ListingCommand {
  static override summary = 'show what is different between two versions';
  static override description =
    `Compares REV with the folder as it is now (REV is HEAD unless given), or two REVs
(also as A..B) with each other; with PATHs only those files and folders. REV:PATH compares what is there.

On a terminal it prints text as unified diffs, says "binary" for the rest, and names the metadata that has changed; in a
pipe it lists a letter and a name a line: A added, M modified, D deleted, T of another type. --stat shows by how much files have
grown, --raw the modes and ids of both sides. Times alone count as a modification: the content is the same then.`;
  static override examples = [
    { description: 'What has changed since the last snapshot', command: 'vault diff' },
    {
      description: 'What the last but one changed in a folder',
      command: 'vault diff -p HEAD~2 HEAD~1 -- src',
    },
    { description: 'For a script: is anything new?', command: 'vault -q diff --exit-code > /dev/null' },
  ];
  static override related = ['status', 'show', 'log'];
  static override exits = { 1: 'with --exit-code: they differ', 3: 'something on disk could not be read' };
  static override usage = '[<options>] [REV [REV] | A..B] [--] [PATH…]';
  static override strict = false;
  static override args = { operand: Args.string({ description: 'revisions, then paths', multiple: true }) };
  static override flags = {
    ...listingFlags,
    ...progressFlags,
    ...formatFlags,
    'exit-code': Flags.boolean({ summary: 'exit with 1 when they differ' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Diff);
    const { afterDashes, signal, progress } = this;
    const operands = { operands: argv as string[], afterDashes, mostRevisions: 2 };
    const vault = await this.openVault(fileOperands(operands));
    const wanted = await splitOperands(vault, operands);
    const compared = await compare(vault, { ...wanted, threads: availableParallelism(), progress, signal });
    progress.clear();
    const totals = new ChangeTotals();
    const format = diffFormat(flags);
    const paint = painter(1);
    const changes = await this.list(totals.of(compared.differences()), differenceFields, (difference) =>
      differenceText(difference, format, compared, paint, this.names),
    );
    if (flags['exit-code'] && totals.count > 0) this.exitCode = Exit.no;
    if (compared.scanned && compared.scanned.problemCount > 0) this.exitCode = Exit.partial;
    for (const line of compared.scanned ? scanWarnings(compared.scanned) : []) this.warn(line);
    if (this.json) return this.document('diff', { ...sidesFields(compared), changes });
    if (format === 'stat') await this.print(statTotals(totals));
  }
}
