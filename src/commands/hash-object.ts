import { createReadStream } from 'node:fs';
import { stdin } from 'node:process';
import { bytesOf } from '../cli/argv.ts';
import { Args, BaseCommand, Flags } from '../cli/base-command.ts';
import { listingFlags } from '../cli/flags.ts';
import { readNames } from '../cli/read-names.ts';
import { hashContents, storeContents, VaultError } from '../index.ts';

export default class HashObject extends BaseCommand {
  static override summary = "print the id of a file's content";
  static override description =
    `Prints the id that each FILE's content has in this vault, one a line, and with -w
stores it. In a plain vault the id of a file of one chunk is its SHA-256, as sha256sum prints it. What -w stores is kept for 14
days unless a tag or snapshot takes it up.`;
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
    const names = argv as string[];
    if (names.length === 0 && !flags.stdin && !flags['stdin-paths']) {
      throw new VaultError('USAGE', 'name files, or say --stdin or --stdin-paths');
    }
    const vault = await this.openVault();
    const contents = sources(names, flags);
    const all: object[] = [];
    for await (const hashed of flags.write ? storeContents(vault, contents) : hashContents(vault, contents)) {
      if (this.json) all.push(hashed);
      else if (this.jsonLines) await this.row(hashed);
      else if (!flags.chunks) await this.print(`${hashed.id.toString('hex')}\n`);
      else
        for (const { offset, length, id } of hashed.chunks)
          await this.print(`${offset} ${length} ${id.toString('hex')}\n`);
    }
    if (this.json) this.document('hash-object', { contents: all });
  }
}

async function* sources(
  names: readonly string[],
  flags: { stdin: boolean; 'stdin-paths': boolean; null: boolean },
): AsyncGenerator<AsyncIterable<Uint8Array>> {
  if (flags.stdin) yield stdin;
  for (const name of names) yield createReadStream(bytesOf(name));
  if (!flags['stdin-paths']) return;
  for await (const name of readNames(stdin, flags.null)) yield createReadStream(name);
}
