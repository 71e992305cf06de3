import { bytesOf } from '../cli/argv.ts';
import { Args, BaseCommand, Flags } from '../cli/base-command.ts';
import { listingFlags } from '../cli/flags.ts';
import { entryFields } from '../cli/json-entry.ts';
import { longLine } from '../cli/long-line.ts';
import { Kind, listTree, resolve, treeRoot } from '../index.ts';

export default class Ls extends BaseCommand {
  static override summary = 'list a folder as a snapshot has it';
  static override description =
    `Lists what is in REV, or in the folder REV:PATH; a file is listed itself. Folders end
with / on a terminal and in a pipe alike; use ls-tree in scripts.`;
  static override examples = [
    { description: 'The folder src as it is in the newest snapshot', command: 'vault ls -l HEAD:src' },
    { description: 'Everything that a tag holds', command: 'vault ls -r v1' },
  ];
  static override args = { rev: Args.string({ description: 'REV or REV:PATH', default: 'HEAD' }) };
  static override flags = {
    ...listingFlags,
    long: Flags.boolean({ char: 'l', summary: 'show mode, owner, size and time' }),
    recursive: Flags.boolean({ char: 'r', summary: 'go into folders' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Ls);
    const vault = await this.openVault();
    const resolved = await resolve(vault, bytesOf(args.rev), { snapshotsOnly: true });
    const isFile = resolved.kind === 'path' && resolved.entry.kind !== Kind.dir;
    const rows = isFile
      ? [{ path: resolved.path, entry: resolved.entry }]
      : listTree(vault.store, await treeRoot(vault.store, resolved, args.rev), {
          recursive: flags.recursive,
          trees: true,
        });
    const all: object[] = [];
    for await (const { path, entry } of rows) {
      this.signal.throwIfAborted();
      if (this.json) all.push(entryFields(path, entry));
      else if (this.jsonLines) await this.row(entryFields(path, entry));
      else {
        if (flags.long) await this.print(longLine(entry));
        await this.print(this.name(path));
        if (entry.kind === Kind.dir) await this.print('/');
        if (flags.long && entry.target) await this.print(` -> ${this.name(entry.target)}`);
        await this.print(this.eol);
      }
    }
    if (this.json) this.document('ls', { entries: all });
  }
}
