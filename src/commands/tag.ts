import { Args, Flags } from '../cli/frame/base-command.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { resolveHere } from '../cli/operands/operands.ts';
import { tagAction, tagFields, tagLine } from '../cli/render/tag.ts';
import { deleteTag, infoOf, listTags, setTag } from '../index.ts';

export default class Tag extends ListingCommand {
  static override summary = 'name a snapshot, list tags, remove one';
  static override description =
    `Gives REV (HEAD unless given) the name NAME, which revisions can use from then on.
REV may be a snapshot, or REV:PATH for a folder or file in one. A tag that names something else is moved only with --force; all that it
ever named stays in its history (NAME@{1}). Without NAME, or with --list, the tags are listed; GLOB is a shell pattern.`;
  static override examples = [
    { description: 'Name the newest snapshot', command: 'vault tag submitted -m "as sent to the journal"' },
    { description: 'The tags of this year', command: "vault tag --list '2026-*'" },
  ];
  static override related = ['log', 'show', 'show-ref'];
  static override exits = {
    1: 'there is no such tag or revision',
    8: 'the tag exists and --force is not given',
  };
  static override usage = 'NAME [REV] [-m <text>] [--force] | [--list] [GLOB] | --delete NAME';
  static override args = {
    name: Args.string({ description: "the tag's name; with --list a pattern" }),
    rev: Args.string({ description: 'what it names; HEAD unless given' }),
  };
  static override flags = {
    ...listingFlags,
    message: Flags.string({ char: 'm', summary: 'say what it is', helpValue: '<text>' }),
    force: Flags.boolean({ char: 'f', summary: 'let an existing tag name something else' }),
    list: Flags.boolean({ char: 'l', summary: 'list tags', exclusive: ['delete', 'force', 'message'] }),
    delete: Flags.boolean({ char: 'd', summary: 'remove the tag', exclusive: ['force', 'message'] }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Tag);
    const { action, name, rev } = tagAction(args, flags);
    const vault = await this.openVault();
    if (action === 'list') {
      const tags = await this.list(listTags(vault, name), tagFields, (tag) =>
        tagLine(tag, this.quiet, this.eol),
      );
      return this.json ? this.document('tags', { tags }) : undefined;
    }
    if (action === 'delete') {
      const gone = await deleteTag(vault, name);
      if (this.json) return this.document('tag', { deleted: true, ...tagFields(gone) });
      return this.say(`deleted tag ${name}, which named ${gone.target.slice(0, 8)}`);
    }
    const target = infoOf(await resolveHere(vault, rev, { snapshotsOnly: true }));
    const options = { move: flags.force, ...(flags.message !== undefined && { message: flags.message }) };
    const record = await setTag(vault, name, target, options);
    if (this.json) return this.document('tag', { deleted: false, ...tagFields(record) });
    this.say(
      `tag ${name} names ${target.type === 'snapshot' ? '' : `${target.type} `}${record.target.slice(0, 8)}`,
    );
  }
}
