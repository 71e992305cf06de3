import { objectAsked } from '../cli/batch/object-question.ts';
import { Args } from '../cli/frame/base-command.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { assertBlob, contentChunks, ObjectType } from '../index.ts';

export default class LsChunks extends ListingCommand {
  static override summary = 'list the chunks of a content';
  static override description =
    `Prints <offset> SP <length> SP <id> for each chunk of a file's content, in order, a line each; of the empty content
nothing. The chunks' bytes one after the other are the content, and each can be had with cat-object blob ID. What hash-object --chunks
prints of the file is the same.`;
  static override examples = [
    { description: 'Where a file was cut', command: 'vault ls-chunks HEAD:disk.img' },
    {
      description: 'How many chunks two files share',
      command:
        "for f in a b; do vault ls-chunks HEAD:$f | cut -d' ' -f3 | sort -u; done | sort | uniq -d | wc -l",
    },
  ];
  static override group = 'plumbing' as const;
  static override related = ['cat-object', 'hash-object', 'list-objects'];
  static override exits = { 1: 'there is no such object, or several', 2: 'it is a tree or a snapshot' };
  static override args = {
    object: Args.string({ description: 'an id, a revision, or REV:path', required: true }),
  };
  static override flags = { ...listingFlags };

  async run(): Promise<void> {
    const { args } = await this.parse(LsChunks);
    const vault = await this.openVault();
    const info = await objectAsked(vault, { form: 'raw', type: undefined, text: args.object });
    assertBlob(info, args.object);
    const chunks = await this.list(
      contentChunks(vault.store, info.id, info.stored === ObjectType.list),
      ({ offset, length, id }) => ({ offset, length, id }),
      ({ offset, length, id }) => [`${offset} ${length} ${id.toString('hex')}${this.eol}`],
    );
    if (this.json) await this.document('ls-chunks', { id: info.id, chunks });
  }
}
