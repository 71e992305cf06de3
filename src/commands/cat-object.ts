import { Args, BaseCommand, Exit, Flags } from '../cli/base-command.ts';
import { batchFlags } from '../cli/batch-flags.ts';
import { batchOption, runBatch } from '../cli/batch-run.ts';
import { objectFields } from '../cli/object-json.ts';
import { printObject } from '../cli/object-output.ts';
import { objectAsked, readQuestion } from '../cli/object-question.ts';
import { isVaultError, objectSize } from '../index.ts';

export default class CatObject extends BaseCommand {
  static override summary = 'print objects, or what they are';
  static override description =
    `OBJECT is an id, a revision or REV:path. A blob's content is the file's bytes; any other
object is printed as its encoding, or readably with -p. A bare id is looked up among trees and snapshots first; \`cat-object blob ID\`
takes it for a content. With -e nothing is printed: the exit status tells whether it is there.

With --batch and its like, objects are named on standard input. Each is answered by a line in <format> (default:
%(objectname) %(objecttype) %(objectsize)), and by its contents and a line end where they are asked for. An object that is not there gives
"<asked> missing", an abbreviation of several "<asked> ambiguous", one that cannot be read as it was stored "<asked> damaged", and the
batch goes on. Formats know %(objectname) %(objecttype) %(objectsize) %(objectsize:disk) %(sha256) %(pack) %(offset) %(rest);
with %(rest), what follows the first blank of a line is no part of the name.

Answers are written out as soon as nothing else is asked, so that a program may wait for each; with --buffer not before there are
many, or "flush" is said. Objects that other processes store meanwhile are found.`;
  static override examples = [
    { description: 'A file of the last snapshot but one', command: 'vault cat-object blob HEAD~1:notes.txt' },
    {
      description: 'All contents',
      command: 'vault ls-tree -r --object-only HEAD | vault cat-object --batch',
    },
  ];
  static override group = 'plumbing' as const;
  static override related = ['ls-tree', 'list-objects'];
  static override exits = {
    1: 'there is no such object, or several',
    4: 'it is damaged; in a batch: one was',
  };
  static override args = {
    first: Args.string({
      name: 'TYPE',
      description: 'blob, tree, snapshot or changes; left out with -t -s -e -p',
    }),
    second: Args.string({ name: 'OBJECT', description: 'an id, a revision, or REV:path' }),
  };
  static override flags = {
    type: Flags.boolean({ char: 't', summary: 'print the type', exclusive: ['size', 'exists', 'pretty'] }),
    size: Flags.boolean({ char: 's', summary: 'print the size in bytes', exclusive: ['exists', 'pretty'] }),
    exists: Flags.boolean({
      char: 'e',
      summary: 'exit with 0 if it is there, else 1',
      exclusive: ['pretty'],
    }),
    pretty: Flags.boolean({ char: 'p', summary: 'print it readably' }),
    ...batchFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CatObject);
    if (batchOption(flags)) return this.#batch(flags);
    const question = readQuestion(args, flags);
    const vault = await this.openVault();
    try {
      const info = await objectAsked(vault, question);
      if (question.form === 'exists') await objectSize(vault.store, info);
      else if (this.json) this.document('cat-object', await objectFields(vault, info));
      else await printObject(vault, info, question.form, (data) => this.print(data));
    } catch (error) {
      if (question.form !== 'exists' || !isVaultError(error, 'NOT_FOUND', 'MISSING_OBJECT')) throw error;
      this.exitCode = Exit.no;
    }
  }

  async #batch(flags: Parameters<typeof runBatch>[1]): Promise<void> {
    const { signal } = this;
    const vault = await this.openVault();
    const isSound = await runBatch(vault, flags, {
      print: (data) => this.print(data),
      flush: () => this.flush(),
      row: (value) => this.row(value),
      signal,
    });
    if (!isSound) this.exitCode = Exit.damage;
  }
}
