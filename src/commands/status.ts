import { availableParallelism } from 'node:os';
import { Exit, Flags } from '../cli/frame/base-command.ts';
import { listingFlags, progressFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { scanWarnings } from '../cli/render/scan.ts';
import { planFields } from '../cli/render/snapshot.ts';
import { nothingChanged, statusFields, statusHeading, statusLine, statusRows } from '../cli/render/status.ts';
import { columnsOf, painter } from '../cli/text/colour.ts';
import { planSnapshot } from '../index.ts';

/** Names of what is left out that --ignored lists. */
const MOST_EXCLUDED = 1_000_000;

export default class Status extends ListingCommand {
  static override summary = 'show what has changed on disk since the last snapshot';
  static override description =
    `Lists a letter and a name a line: A added, M modified, D deleted, T of another type;
with --ignored also ! for what a snapshot leaves out. Names are from the vault's folder. On a terminal, what is
different besides the content is said behind the name. Nothing is stored.`;
  static override examples = [
    { description: 'What would the next snapshot record?', command: 'vault status' },
    { description: 'Which files do the rules leave out?', command: 'vault status --ignored' },
  ];
  static override related = ['diff', 'snapshot'];
  static override exits = { 3: 'something could not be read' };
  static override flags = {
    ...listingFlags,
    ...progressFlags,
    ignored: Flags.boolean({ summary: 'list what is left out, too' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Status);
    const vault = await this.openVault();
    const { progress, signal } = this;
    const mostExcluded = flags.ignored ? MOST_EXCLUDED : 0;
    const plan = await planSnapshot(vault, {
      threads: availableParallelism(),
      mostExcluded,
      progress,
      signal,
    });
    progress.clear();
    const notes = columnsOf(1) !== undefined && !flags.null;
    const paint = painter(1);
    let lines = 0;
    const changes = await this.list(statusRows(plan, !this.json), statusFields, (row) => {
      if (lines++ === 0 && notes) this.say(statusHeading(plan));
      return statusLine(row, paint, this.names, notes);
    });
    if (plan.scanned.problemCount > 0) this.exitCode = Exit.partial;
    for (const line of scanWarnings(plan.scanned)) this.warn(line);
    if (this.json) return this.document('status', { ...planFields(plan), changes });
    if (lines === 0) this.say(nothingChanged(plan));
  }
}
