import { Args, BaseCommand } from '../cli/frame/base-command.ts';
import { hereIn } from '../cli/operands/operands.ts';
import { ARCHIVE_MANUAL, archiveFlags, archiveFormat, writeWhole } from '../cli/options/archive.ts';
import { bytesOf } from '../cli/paths/argv.ts';
import { formatSize } from '../cli/text/format.ts';
import { nameFields } from '../cli/text/json.ts';
import { quote } from '../cli/text/quoting.ts';
import { archive, VaultError } from '../index.ts';

export default class Archive extends BaseCommand {
  static override summary = 'write a snapshot as a tar or zip file';
  static override description = ARCHIVE_MANUAL.description;
  static override examples = ARCHIVE_MANUAL.examples;
  static override related = ['restore', 'cat', 'ls'];
  static override exits = { 8: 'standard output is a terminal, or a name cannot be archived' };
  static override args = { rev: Args.string({ description: 'REV or REV:PATH', required: true }) };
  static override flags = archiveFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Archive);
    const { output } = flags;
    if (this.json && output === undefined) {
      throw new VaultError('USAGE', '--json says what was written: name a file with -o');
    }
    const format = archiveFormat({ format: flags.format, output });
    const vault = await this.openVault();
    const here = hereIn(vault);
    const pieces = await archive(vault, {
      revision: bytesOf(args.rev),
      ...(here && { here }),
      format,
      ...(flags.prefix !== undefined && { prefix: bytesOf(flags.prefix) }),
      onLeftOut: (path) => void this.warn(`${quote(path)} is left out: ${format} cannot hold such a thing`),
      signal: this.signal,
    });
    if (output === undefined) {
      for await (const piece of pieces) await this.print(piece);
      return;
    }
    const file = bytesOf(output);
    const size = await writeWhole(file, pieces);
    if (this.json) return this.document('archive', { format, ...nameFields(file, 'file'), size });
    this.say(`wrote ${quote(file)}: ${formatSize(size)}`);
  }
}
