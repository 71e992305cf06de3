import { Args, BaseCommand } from '../cli/frame/base-command.ts';
import { integer } from '../cli/frame/flags.ts';
import { resolveHere } from '../cli/operands/operands.ts';
import { objectFields } from '../cli/render/object-json.ts';
import { assertBlob, infoOf, objectBytes } from '../index.ts';

export default class Cat extends BaseCommand {
  static override summary = "print a file's content as a snapshot has it";
  static override description =
    `Writes the bytes of REV:path to standard output. An --offset behind the end prints
nothing; a --length that reaches behind it prints what there is. With --json the document says what the whole content is,
and holds no bytes.`;
  static override related = ['show', 'ls', 'cat-object', 'rev-parse'];
  static override examples = [
    { description: 'A file as it was three snapshots ago', command: 'vault cat HEAD~3:thesis.tex' },
    { description: 'Its first kilobyte', command: 'vault cat --length 1024 HEAD:thesis.tex' },
  ];
  static override args = { file: Args.string({ description: 'REV:path', required: true }) };
  static override flags = {
    offset: integer({ summary: 'begin at this byte', helpValue: '<bytes>', default: 0 }),
    length: integer({ summary: 'print at most so many bytes', helpValue: '<bytes>' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Cat);
    const vault = await this.openVault();
    const info = infoOf(await resolveHere(vault, args.file, { snapshotsOnly: true }));
    assertBlob(info, args.file);
    if (this.json) return this.document('cat', await objectFields(vault, info));
    const range = { offset: flags.offset, ...(flags.length !== undefined && { length: flags.length }) };
    for await (const bytes of objectBytes(vault.store, info, range)) {
      this.signal.throwIfAborted();
      await this.print(bytes);
    }
  }
}
