import { Args } from '../cli/frame/base-command.ts';
import { listingFlags, progressFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { fileOperands, splitOperands } from '../cli/operands/operands.ts';
import { assertFitting, isOfSnapshots, LOG_MANUAL, logFlags, logOptions } from '../cli/options/log.ts';
import { versionFields, versionText } from '../cli/render/file-log.ts';
import { entryFieldsOf, entryText } from '../cli/render/log.ts';
import { painter } from '../cli/text/colour.ts';
import { quote } from '../cli/text/quoting.ts';
import { hasHistory, logPath, logSnapshots } from '../index.ts';

export default class Log extends ListingCommand {
  static override summary = 'show the snapshots, or the versions of a file';
  static override description = LOG_MANUAL.description;
  static override examples = LOG_MANUAL.examples;
  static override related = ['show', 'diff', 'restore', 'tag', 'rev-parse'];
  static override exits = { 1: 'there is no such revision, or no snapshot has the FILE' };
  static override usage = '[<options>] [REV | A..B] [--] [FILE…]';
  static override strict = false;
  static override args = {
    rev: Args.string({ description: 'a revision or range; HEAD unless given' }),
    file: Args.string({ description: 'files and folders whose versions are wanted' }),
  };
  static override flags = { ...logFlags, ...listingFlags, ...progressFlags };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Log);
    const { afterDashes, progress } = this;
    const operands = { operands: argv as string[], afterDashes, mostRevisions: 1 };
    const vault = await this.openVault(fileOperands(operands));
    const isKnown = (path: Buffer) => hasHistory(vault, path, { all: flags.all, progress });
    const wanted = await splitOperands(vault, { ...operands, isKnown });
    assertFitting(flags, wanted.paths);
    const options = { ...logOptions(vault, flags, wanted, (text) => void this.warn(text)), progress };
    const style = { ...flags, paint: painter(1), names: this.names };
    if (isOfSnapshots(wanted.paths)) {
      let printed = 0;
      const snapshots = await this.list(
        await logSnapshots(vault, options),
        (entry) => entryFieldsOf(vault, entry, flags.stat),
        (entry) => entryText(vault, entry, style, printed++ === 0),
      );
      return this.json ? this.document('log', { snapshots }) : undefined;
    }
    const versions: object[] = [];
    for (const path of wanted.paths) {
      if (wanted.paths.length > 1 && !this.speaksJson) await this.print(`${quote(path)}:\n`);
      const listed = await this.list(
        await logPath(vault, path, options),
        (version) => versionFields(vault, version, flags.stat),
        (version) => versionText(vault, version, style),
      );
      versions.push(...listed);
    }
    if (this.json) await this.document('path-log', { versions });
  }
}
