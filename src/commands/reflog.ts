import { atMost } from '../cli/frame/at-most.ts';
import { Args, Flags } from '../cli/frame/base-command.ts';
import { integer, listingFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { REFLOG_FORMAT, ReflogPrinter, reflogFields, reflogOperand } from '../cli/refs/reflog-format.ts';
import { reflog } from '../index.ts';

export default class Reflog extends ListingCommand {
  static override summary = 'list what a ref has named';
  static override description =
    `Prints a line for each move of REF (HEAD unless given), the newest first: <short id> SP <ref>@{<n>}: <message>, and in
parentheses who did it where and when. REF is HEAD, a tag, a line, or a whole name; one that was removed has its history still. Where it was removed, the id
is zeros. Every snapshot that a line ever named stays in the vault, unless it is forgotten, so that update-ref brings back any of them. "show" before REF may be
left out.

Formats know %(objectname) %(objectname:short) %(objecttype) %(refname) %(selector), which is <ref>@{<n>}, %(message) %(who) %(host) and %(time), also as
%(time:unix), :iso-strict, :short and :relative.`;
  static override examples = [
    { description: 'What the current line has been', command: 'vault reflog' },
    {
      description: 'Back to where it was yesterday',
      command: "vault update-ref refs/heads/main 'main@{yesterday}'",
    },
  ];
  static override group = 'plumbing' as const;
  static override related = ['update-ref', 'for-each-ref', 'log'];
  static override exits = { 1: 'there never was such a ref' };
  static override usage = '[<options>] [show] [REF]';
  static override args = {
    first: Args.string({ name: 'REF', description: 'HEAD, a tag, a line, or refs/…' }),
    second: Args.string({ hidden: true }),
  };
  static override flags = {
    ...listingFlags,
    'max-count': integer({ char: 'n', summary: 'at most so many', helpValue: '<n>' }),
    format: Flags.string({ summary: 'print each move so', helpValue: '<format>', default: REFLOG_FORMAT }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Reflog);
    const name = reflogOperand(args.first, args.second);
    const vault = await this.openVault();
    const printer = new ReflogPrinter(vault, name, flags.format, flags.null);
    const moves = atMost(reflog(vault, name), flags['max-count']);
    const eol = this.eol;
    const entries = await this.list(moves, reflogFields, async function* (entry) {
      yield await printer.text(entry);
      yield eol;
    });
    if (this.json) await this.document('reflog', { entries });
  }
}
