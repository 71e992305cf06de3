import { Args, Flags } from '../cli/frame/base-command.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { stdinBytes } from '../cli/frame/stdin.ts';
import { contentsAsked, hashedLines, hintBehind } from '../cli/operands/hashed-contents.ts';
import { hashContents, storeContents } from '../index.ts';

export default class HashObject extends ListingCommand {
  static override summary = "print the id of a file's content";
  static override description =
    `Prints the id that each FILE's content has in this vault, one a line, and with -w
stores it. In a plain vault the id of a file of one chunk is its SHA-256, as sha256sum prints it. What -w stores is kept for 14
days unless a tag or snapshot takes it up.`;
  static override related = ['cat-object', 'ls-chunks', 'make-tree'];
  static override examples = [
    {
      description: 'Is this file in the vault?',
      command: 'vault cat-object -e $(vault hash-object photo.jpg)',
    },
    { description: 'Store what a command prints', command: 'pg_dump db | vault hash-object -w --stdin' },
  ];
  static override group = 'plumbing' as const;
  static override strict = false;
  static override args = { file: Args.string({ description: 'files to hash', multiple: true }) };
  static override flags = {
    ...listingFlags,
    write: Flags.boolean({ char: 'w', summary: 'store the contents' }),
    stdin: Flags.boolean({ summary: 'hash standard input first', exclusive: ['stdin-paths'] }),
    'stdin-paths': Flags.boolean({
      summary: 'read the names of the files from standard input, a line each (-z: NUL)',
    }),
    chunks: Flags.boolean({ summary: 'list offset, length and id of each chunk instead' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(HashObject);
    const { signal } = this;
    let known = 0;
    const asked = contentsAsked(argv as string[], flags, {
      input: () => stdinBytes(signal),
      hint: () => hintBehind(known, flags.write, this.json),
    });
    const vault = await this.openVault();
    const contents = await this.list(
      flags.write ? storeContents(vault, asked, { signal }) : hashContents(vault, asked, { signal }),
      (hashed) => {
        known++;
        return hashed;
      },
      (hashed) => {
        known++;
        return hashedLines(hashed, flags.chunks);
      },
    );
    if (this.json) await this.document('hash-object', { contents });
  }
}
