import { Args, Exit } from '../cli/frame/base-command.ts';
import { listingFlags, progressFlags, yesFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { keepHeapModest } from '../cli/frame/small-heap.ts';
import { stdinBytes } from '../cli/frame/stdin.ts';
import { fileOperands } from '../cli/operands/operands.ts';
import { pathsFrom, restoreOperands } from '../cli/operands/restore-operands.ts';
import { isAboutRuns, RESTORE_MANUAL, restoreFlags, restoreOptions } from '../cli/options/restore.ts';
import { isPartial, restoredText, restoreFields, restoreWarnings } from '../cli/render/restore.ts';
import { namedRun, pruneRuns, runsOf, undoRun } from '../cli/render/restore-runs.ts';
import { runFields, runText } from '../cli/render/runs.ts';
import { restoreRevision } from '../index.ts';

export default class Restore extends ListingCommand {
  static override summary = 'bring back a snapshot, a folder or a file; undo that';
  static override description = RESTORE_MANUAL.description;
  static override examples = RESTORE_MANUAL.examples;
  static override related = ['log', 'show', 'cat', 'snapshot'];
  static override exits = {
    3: 'not whole: what the vault has lost is left out; with --strict: something could not be set or made',
    4: 'the vault has lost something of it, and nothing was touched: see --partial',
    8: 'the destination is in use, a name conflicts, or the tree is not safe to restore',
  };
  static override usage =
    '[<options>] [REV[:PATH]] [--] [PATH…] | --undo [RUN] | --list | --prune-previous [RUN]';
  static override strict = false;
  static override args = {
    rev: Args.string({ description: 'REV or REV:PATH; HEAD unless given' }),
    path: Args.string({ description: 'files and folders of it, or of HEAD' }),
  };
  static override flags = { ...restoreFlags, ...listingFlags, ...yesFlags, ...progressFlags };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Restore);
    const words = { operands: argv as string[], afterDashes: this.afterDashes };
    if (isAboutRuns(flags)) return this.#runs(namedRun(words.operands, flags), flags);
    keepHeapModest();
    const vault = await this.openVault(fileOperands(words));
    const { progress, signal } = this;
    const began = performance.now();
    const selected = flags.stdin ? await pathsFrom(stdinBytes(signal), flags.null) : [];
    const options = restoreOptions(vault, await restoreOperands(vault, words), flags, selected);
    const result = await restoreRevision(vault, { ...options, progress, signal });
    if (isPartial(result, flags.strict)) this.exitCode = Exit.partial;
    for (const line of restoreWarnings(result)) this.warn(line);
    if (this.json) return this.document('restore', restoreFields(result));
    await this.print(restoredText(result, performance.now() - began));
  }

  async #runs(run: string | undefined, flags: Record<string, unknown>): Promise<void> {
    const vault = await this.openVault();
    if (flags.list) {
      const runs = await this.list(await runsOf(vault), runFields, (record) => runText(record, this.names));
      return this.json ? this.document('restore-list', { runs }) : undefined;
    }
    const request = { run, dryRun: flags['dry-run'] === true, yes: flags.yes === true, signal: this.signal };
    const answer = await (flags.undo ? undoRun : pruneRuns)(vault, request);
    if (this.json) return this.document(answer.schema, answer.fields);
    await this.print(answer.text);
  }
}
