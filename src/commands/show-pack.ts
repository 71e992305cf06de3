import { Args } from '../cli/frame/base-command.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { blockFields, blockText, packFields } from '../cli/render/pack.ts';
import { packBlocks, resolvePack, showPack } from '../index.ts';

export default class ShowPack extends ListingCommand {
  static override summary = 'show what is in a pack';
  static override description =
    `Prints what the pack says of itself, a line each: pack, kind (data or meta), size, objects, blocks, raw-size (bytes of its objects,
decoded) and salt; an empty line; then for each block, in order,
  block <offset> <length> <decoded length> <codec> <objects>
and for each object in it
  object <id> <type> <length> <offset of the block> <offset in the decoded block>
Nothing is decoded or checked: verify-pack does that. With --json-lines the first line is the pack, each further one a block.`;
  static override examples = [
    {
      description: 'The ids of its objects',
      command: 'vault show-pack 3fa9c1 | awk \'$1 == "object" { print $2 }\'',
    },
  ];
  static override group = 'plumbing' as const;
  static override related = ['list-packs', 'verify-pack', 'list-objects'];
  static override exits = { 1: 'there is no such pack, or several', 4: 'its table is damaged' };
  static override args = {
    pack: Args.string({ description: 'the name of a pack, or its first digits, from 4 on', required: true }),
  };
  static override flags = { ...listingFlags };

  async run(): Promise<void> {
    const { args } = await this.parse(ShowPack);
    const vault = await this.openVault();
    const { salt, ...summary } = await showPack(vault, await resolvePack(vault, args.pack));
    const head = { ...packFields(summary), salt };
    const { pack, kind, size, objects, blocks, rawSize } = summary;
    const lines = Object.entries({
      pack,
      kind,
      size,
      objects,
      blocks,
      'raw-size': rawSize,
      salt: salt.toString('hex'),
    });
    if (this.jsonLines) await this.row(head);
    else if (!this.json)
      for (const [key, value] of [...lines, ['', '']])
        await this.print(`${key}${key && ' '}${value}${this.eol}`);
    const shown = await this.list(packBlocks(vault, pack), blockFields, (block) =>
      blockText(block, this.eol),
    );
    if (this.json) await this.document('show-pack', { ...head, content: shown });
  }
}
