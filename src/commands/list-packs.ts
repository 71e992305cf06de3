import { Exit, Flags } from '../cli/frame/base-command.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { packFields, packText, type ShownListing } from '../cli/render/pack.ts';
import { isVaultError, listPacks, type Repository, summarizePack } from '../index.ts';

export default class ListPacks extends ListingCommand {
  static override summary = 'list the packs';
  static override description =
    `Prints the name of each pack, a line each, in ascending order. With -l it adds SP <bytes> SP <kind> SP <blocks> SP <objects>
SP <bytes of the objects, decoded>; the kind is data (chunks) or meta (everything else). A pack whose table cannot be read has "damaged -
- -" there, and the exit status is 4. In a local vault the pack abcd… is the file objects/ab/cd/abcd….`;
  static override examples = [
    {
      description: 'Check each, four at a time',
      command: 'vault list-packs | xargs -n1 -P4 vault verify-pack',
    },
    { description: 'The largest', command: 'vault list-packs -l | sort -k2 -rn | head -n1' },
  ];
  static override group = 'plumbing' as const;
  static override related = ['show-pack', 'verify-pack', 'count-objects'];
  static override exits = { 4: 'with -l: a pack is damaged' };
  static override flags = {
    ...listingFlags,
    long: Flags.boolean({ char: 'l', summary: 'add size, kind, blocks, objects and decoded size' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ListPacks);
    const vault = await this.openVault();
    const packs = await this.list(this.#rows(vault, flags.long), packFields, (row) => [
      flags.long ? packText(row) : row.pack,
      this.eol,
    ]);
    if (this.json) await this.document('list-packs', { packs });
  }

  async *#rows(vault: Repository, long: boolean): AsyncGenerator<ShownListing> {
    for await (const listed of listPacks(vault)) {
      try {
        yield long ? await summarizePack(vault, listed.pack) : listed;
      } catch (error) {
        if (!isVaultError(error, 'DAMAGED', 'UNKNOWN_FORMAT')) throw error;
        this.warn(error.message);
        this.exitCode = Exit.damage;
        yield listed;
      }
    }
  }
}
