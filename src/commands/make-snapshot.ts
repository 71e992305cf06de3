import { Args, BaseCommand, Flags } from '../cli/frame/base-command.ts';
import { resolveHere } from '../cli/operands/operands.ts';
import { bytesOf } from '../cli/paths/argv.ts';
import { makeSnapshot, parseDate, resolveSnapshot } from '../index.ts';

export default class MakeSnapshot extends BaseCommand {
  static override summary = 'make a snapshot of a tree';
  static override description =
    `Stores a snapshot whose tree is TREE and prints its id. No line and no tag moves: update-ref and tag do
that; until then it is kept for 14 days. Where TREE names a snapshot, or REV:, the metadata of its root folder is taken over, too.`;
  static override examples = [
    {
      description: 'The newest snapshot once more, with another message',
      command: "vault make-snapshot HEAD: -p HEAD~1 -m 'what I meant'",
    },
    {
      description: 'A folder from anywhere as the next snapshot of a line',
      command: 'vault update-ref refs/heads/main $(vault make-snapshot $(vault write-tree out) -p HEAD)',
    },
  ];
  static override group = 'plumbing' as const;
  static override related = ['write-tree', 'make-tree', 'update-ref', 'tag'];
  static override exits = { 1: 'the tree or a parent is not there' };
  static override args = {
    tree: Args.string({ description: 'a tree, a snapshot, or REV:folder', required: true }),
  };
  static override flags = {
    parent: Flags.string({
      char: 'p',
      summary: 'it descends from this snapshot (repeatable; its changes are against the first)',
      helpValue: '<rev>',
      multiple: true,
    }),
    message: Flags.string({ char: 'm', summary: 'say what it is', helpValue: '<text>' }),
    time: Flags.string({ summary: 'when it was: 2026-01-31T10:20:30Z, yesterday; now', helpValue: '<time>' }),
    host: Flags.string({ summary: 'where it was; this host', helpValue: '<name>' }),
    author: Flags.string({ summary: 'whose work it is', helpValue: '<name>' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(MakeSnapshot);
    const vault = await this.openVault();
    const { environment } = vault;
    const tree = await resolveHere(vault, args.tree);
    const parents: Buffer[] = [];
    for (const parent of flags.parent ?? []) parents.push(await resolveSnapshot(vault, bytesOf(parent)));
    const id = await makeSnapshot(vault, tree, args.tree, {
      parents,
      ...(flags.message !== undefined && { message: flags.message }),
      ...(flags.host !== undefined && { host: flags.host }),
      ...(flags.author !== undefined && { author: flags.author }),
      ...(flags.time !== undefined && {
        time: parseDate(flags.time, environment.now(), environment.zone).start,
      }),
    });
    if (this.json) return this.document('make-snapshot', { id });
    await this.print(`${id.toString('hex')}\n`);
  }
}
