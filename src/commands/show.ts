import { Args } from '../cli/frame/base-command.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { hereIn } from '../cli/operands/operands.ts';
import { bytesOf } from '../cli/paths/argv.ts';
import { changeFields } from '../cli/render/change.ts';
import { changeLine, entryLine, shownFields, snapshotText } from '../cli/render/show.ts';
import { painter } from '../cli/text/colour.ts';
import { entryFields } from '../cli/text/json-entry.ts';
import { show, type Walked } from '../index.ts';

export default class Show extends ListingCommand {
  static override summary = 'show a snapshot, or a folder or file in one';
  static override description =
    `Prints what REV names (HEAD unless given): of a snapshot its head and what it changed of
its parent, a letter and a name a line (nothing of a first one, in which everything is new); of REV:PATH the names in a
folder, or the content of a file.`;
  static override examples = [
    { description: 'What the last snapshot changed', command: 'vault show' },
    { description: 'A file as a tag has it', command: 'vault show v1:thesis.tex' },
  ];
  static override related = ['log', 'diff', 'ls', 'cat'];
  static override args = {
    rev: Args.string({ description: 'REV or REV:PATH; HEAD unless given', default: 'HEAD' }),
  };
  static override flags = { ...listingFlags };

  async run(): Promise<void> {
    const { args } = await this.parse(Show);
    const vault = await this.openVault();
    const here = hereIn(vault);
    const shown = await show(vault, bytesOf(args.rev), here ? { here } : {});
    const paint = painter(1);
    if (shown.kind === 'blob') {
      if (this.speaksJson) return this.document('show', shownFields(shown));
      for await (const bytes of shown.bytes) {
        this.signal.throwIfAborted();
        await this.print(bytes);
      }
      return;
    }
    if (shown.kind === 'tree') {
      const fields = ({ path, entry }: Walked) => entryFields(path, entry);
      const entries = await this.list(shown.entries, fields, (row) => entryLine(row, this.names));
      return this.json ? this.document('show', { ...shownFields(shown), entries }) : undefined;
    }
    if (shown.kind === 'snapshot' && !this.speaksJson) await this.print(snapshotText(shown, paint));
    const changes = await this.list(shown.changes, changeFields, (change) =>
      changeLine(change, paint, this.names),
    );
    if (this.json) await this.document('show', { ...shownFields(shown), changes });
  }
}
