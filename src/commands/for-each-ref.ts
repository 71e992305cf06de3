import { atMost } from '../cli/frame/at-most.ts';
import { Args, Flags } from '../cli/frame/base-command.ts';
import { integer, listingFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { resolveHere } from '../cli/operands/operands.ts';
import { FOR_EACH_REF_MANUAL, REF_FORMAT, RefPrinter } from '../cli/refs/ref-format.ts';
import { sortRefs } from '../cli/refs/ref-sort.ts';
import { refFields } from '../cli/render/ref.ts';
import { infoOf, listRefs } from '../index.ts';

export default class ForEachRef extends ListingCommand {
  static override summary = 'list refs in a format';
  static override description = FOR_EACH_REF_MANUAL.description;
  static override examples = FOR_EACH_REF_MANUAL.examples;
  static override group = 'plumbing' as const;
  static override related = ['show-ref', 'update-ref', 'reflog'];
  static override strict = false;
  static override args = { glob: Args.string({ description: 'only these refs', multiple: true }) };
  static override flags = {
    ...listingFlags,
    format: Flags.string({ summary: 'print each ref so', helpValue: '<format>', default: REF_FORMAT }),
    sort: Flags.string({
      summary:
        'by refname, objectname, objecttype or creatordate; -<key> turns it round (repeatable, the last counts most)',
      helpValue: '<key>',
      multiple: true,
    }),
    count: integer({ summary: 'at most so many', helpValue: '<n>' }),
    'points-at': Flags.string({ summary: 'only refs that name this object', helpValue: '<object>' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(ForEachRef);
    const vault = await this.openVault();
    const printer = new RefPrinter(vault, flags.format, flags.null);
    const object = flags['points-at'];
    const pointsAt = object === undefined ? {} : { pointsAt: infoOf(await resolveHere(vault, object)).id };
    const refs = sortRefs(
      vault,
      listRefs(vault, { patterns: argv as string[], ...pointsAt }),
      flags.sort ?? [],
    );
    const eol = this.eol;
    const rows = await this.list(atMost(refs, flags.count), refFields, async function* (listed) {
      yield await printer.text(listed);
      yield eol;
    });
    if (this.json) await this.document('for-each-ref', { refs: rows });
  }
}
