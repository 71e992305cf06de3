import { Args, Flags } from '../cli/frame/base-command.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { resolveHere } from '../cli/operands/operands.ts';
import { type Line, TreeListing } from '../cli/render/tree-listing.ts';
import { longLine } from '../cli/text/long-line.ts';
import { type EntryView, Kind, listTreeRuns, parentPath, treeRoot, viewOf } from '../index.ts';

export default class Ls extends TreeListing {
  static override summary = 'list a folder as a snapshot has it';
  static override description =
    `Lists what is in REV, or in the folder REV:PATH; a file is listed itself. Folders end
with / on a terminal and in a pipe alike; use ls-tree in scripts.`;
  static override related = ['ls-tree', 'show', 'cat', 'rev-parse'];
  static override examples = [
    { description: 'The folder src as it is in the newest snapshot', command: 'vault ls -l HEAD:src' },
    { description: 'Everything that a tag holds', command: 'vault ls -r v1' },
  ];
  static override args = {
    rev: Args.string({ description: 'REV or REV:PATH; HEAD unless given', default: 'HEAD' }),
  };
  static override flags = {
    ...listingFlags,
    long: Flags.boolean({ char: 'l', summary: 'show mode, owner, size and time' }),
    recursive: Flags.boolean({ char: 'r', summary: 'go into folders' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Ls);
    const vault = await this.openVault();
    const resolved = await resolveHere(vault, args.rev, { snapshotsOnly: true });
    const isFile = resolved.kind === 'path' && resolved.entry.kind !== Kind.dir;
    const runs = isFile
      ? [{ folder: parentPath(resolved.path), entries: [viewOf(resolved.entry)] }]
      : listTreeRuns(vault.store, await treeRoot(vault.store, resolved, args.rev), {
          recursive: flags.recursive,
          trees: true,
        });
    const entries = await this.listRuns(runs, (entry, path) => this.#line(entry, path, flags.long));
    if (this.json) await this.document('ls', { entries });
  }

  #line(view: EntryView, path: string | Buffer, long: boolean): Line {
    const mark = view.kind === Kind.dir ? '/' : '';
    if (!long) return typeof path === 'string' ? path + mark + this.eol : [path, mark, this.eol];
    const entry = view.entry();
    const target = entry.target ? [' -> ', this.name(entry.target)] : [];
    return [longLine(entry), path, mark, ...target, this.eol];
  }
}
