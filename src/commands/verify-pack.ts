import { Args, Exit, Flags } from '../cli/frame/base-command.ts';
import { listingFlags, progressFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { verificationFields, verificationText } from '../cli/render/pack.ts';
import { type PackVerification, type Repository, resolvePack, verifyPack } from '../index.ts';

export default class VerifyPack extends ListingCommand {
  static override summary = 'read packs whole and check every byte';
  static override description =
    `Reads each PACK, recomputes its name (the SHA-256 of its bytes) and the id of every object in it, and decodes every block.
Of a sound pack nothing is printed; with -v its objects, a line each,
  <id> <type> <length> <offset of the block> <offset in the decoded block>
and then <pack>: ok. Of a damaged one each fault is a line:
  <pack> <kind> <offset of the block, or -> <id of the object, or -> <message>
where the kind is name, header, footer, block or object, so that every object that is hit is named (of 10,000 faults at most). Where the footer is
damaged it cannot be said which they are.`;
  static override examples = [
    { description: 'All packs', command: 'vault list-packs | xargs vault verify-pack' },
    {
      description: 'The objects that a damaged pack has lost',
      command: 'vault verify-pack 3fa9c1 | awk \'$2 == "object" { print $4 }\'',
    },
  ];
  static override group = 'plumbing' as const;
  static override related = ['list-packs', 'show-pack', 'check'];
  static override exits = { 0: 'all are sound', 1: 'there is no such pack, or several', 4: 'one is damaged' };
  static override strict = false;
  static override args = {
    pack: Args.string({
      description: 'the name of a pack, or its first digits, from 4 on',
      required: true,
      multiple: true,
    }),
  };
  static override flags = {
    ...listingFlags,
    ...progressFlags,
    verbose: Flags.boolean({ char: 'v', summary: 'list the objects of sound packs, and say that they are' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(VerifyPack);
    const vault = await this.openVault();
    const names = await Promise.all((argv as string[]).map((text) => resolvePack(vault, text)));
    const packs = await this.list(this.#verify(vault, names), verificationFields, (verified) =>
      verificationText(vault, verified, flags.verbose, this.eol),
    );
    if (this.json) await this.document('verify-pack', { sound: this.exitCode === Exit.ok, packs });
  }

  async *#verify(vault: Repository, packs: readonly string[]): AsyncGenerator<PackVerification> {
    this.progress.phase('check', { files: packs.length });
    for (const pack of packs) {
      const verified = await verifyPack(vault, pack);
      if (verified.faultCount > 0) this.exitCode = Exit.damage;
      this.progress.file(verified.size, false);
      yield verified;
    }
  }
}
