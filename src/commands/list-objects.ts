import { objectLine, objectRow } from '../cli/batch/list-objects-line.ts';
import { BATCH_FORMAT } from '../cli/batch/output.ts';
import { Flags } from '../cli/frame/base-command.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { allObjects, ObjectType, type ObjectTypeName } from '../index.ts';

const TYPES = Object.keys(ObjectType) as ObjectTypeName[];

export default class ListObjects extends ListingCommand {
  static override summary = 'list the objects of the vault as they are stored';
  static override description =
    `Prints <id> SP <type> SP <size> for each object in the packs, by id, whether a snapshot leads to it or not (rev-list
--objects lists those). Types are those of storage: a file's content is a chunk, or a list of chunks; the size is that of the stored
object, for a list that of its encoding. An object that lies in several packs comes once; with --all each copy comes, in the order of the packs.

--format knows %(objectname) %(objecttype) %(objectsize) %(objectsize:disk) %(sha256) %(pack) %(offset) %(rest): the size on disk is the object's
share of its compressed block, the offset that of the block in the pack, the SHA-256 that of the content that a chunk or list stands for,
and rest is empty.`;
  static override examples = [
    {
      description: 'All snapshots, also those no line leads to',
      command: 'vault list-objects --type snapshot',
    },
    {
      description: 'The largest chunks on disk',
      command:
        "vault list-objects --type chunk --format='%(objectsize:disk) %(objectname)' | sort -rn | head",
    },
  ];
  static override group = 'plumbing' as const;
  static override related = ['cat-object', 'show-pack', 'count-objects', 'rev-list'];
  static override flags = {
    ...listingFlags,
    all: Flags.boolean({ summary: 'every copy of an object that lies in several packs' }),
    type: Flags.option({ options: TYPES, helpValue: '<type>', multiple: true, summary: 'only these' })(),
    format: Flags.string({ summary: 'print each object so', helpValue: '<format>', default: BATCH_FORMAT }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ListObjects);
    const vault = await this.openVault();
    const line = objectLine(vault, flags.format, this.eol);
    const types = flags.type?.map((name) => ObjectType[name]);
    const objects: object[] = [];
    for await (const group of allObjects(vault, { copies: flags.all })) {
      const wanted = types ? group.filter(({ type }) => types.includes(type)) : group;
      objects.push(...(await this.list(wanted, objectRow, line)));
    }
    if (this.json) await this.document('list-objects', { objects });
  }
}
