import { bytesOf } from '../cli/argv.ts';
import { Args, BaseCommand, Exit, Flags } from '../cli/base-command.ts';
import { type ObjectQuestion, printObject } from '../cli/object-output.ts';
import { infoOf, isVaultError, objectSize, resolve, VaultError } from '../index.ts';

const TYPES = ['blob', 'tree', 'snapshot', 'changes'];

export default class CatObject extends BaseCommand {
  static override summary = 'print an object, or what it is';
  static override description =
    `OBJECT is an id, a revision or REV:path. A blob's content is the file's bytes; any
other object is printed as its encoding, or readably with -p. A bare id is looked up among trees and snapshots first;
\`cat-object blob ID\` takes it for a content. With -e nothing is printed: the exit status tells whether it is there.`;
  static override examples = [
    { description: 'A file of the last snapshot but one', command: 'vault cat-object blob HEAD~1:notes.txt' },
    { description: 'What an id names', command: 'vault cat-object -t 3fa9c1d2' },
  ];
  static override group = 'plumbing' as const;
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
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CatObject);
    const question = questionOf(flags);
    const [wanted, text] = question ? [undefined, args.first] : [args.first, args.second];
    if (
      text === undefined ||
      (question && args.second !== undefined) ||
      (wanted && !TYPES.includes(wanted))
    ) {
      throw new VaultError(
        'USAGE',
        'say one of -t -s -e -p or a type (blob, tree, snapshot, changes), then the object',
        {
          hint: 'see `vault help cat-object`',
        },
      );
    }
    const vault = await this.openVault();
    try {
      const info = infoOf(await resolve(vault, bytesOf(text), { contentOnly: wanted === 'blob' }));
      if (wanted && info.type !== wanted) {
        throw new VaultError('WRONG_TYPE', `${text} is a ${info.type}, not a ${wanted}`, { subject: text });
      }
      if (question === 'exists') await objectSize(vault.store, info);
      else await printObject(vault, info, question ?? 'raw', (data) => this.print(data));
    } catch (error) {
      if (question !== 'exists' || !isVaultError(error, 'NOT_FOUND', 'MISSING_OBJECT')) throw error;
      this.exitCode = Exit.no;
    }
  }
}

function questionOf(flags: Record<ObjectQuestion | 'exists', boolean>): ObjectQuestion | 'exists' | undefined {
  return (['type', 'size', 'exists', 'pretty'] as const).find((name) => flags[name]);
}
