import { Args, BaseCommand, Exit, Flags } from '../cli/frame/base-command.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { refFields } from '../cli/render/ref.ts';
import { printable } from '../cli/text/quoting.ts';
import { listRefs } from '../index.ts';

export default class ShowRef extends BaseCommand {
  static override summary = 'list lines, tags and other refs with what they name';
  static override description =
    `Prints <id> SP refs/<namespace>/<name>, a line each. With PATTERNs, only refs whose name
is one or ends with / and one. Exits with 1 when there is none.`;
  static override examples = [{ description: 'All tags', command: 'vault show-ref --tags' }];
  static override group = 'plumbing' as const;
  static override related = ['for-each-ref', 'rev-parse', 'update-ref'];
  static override exits = { 1: 'there is no such ref' };
  static override strict = false;
  static override args = { pattern: Args.string({ description: 'the end of a ref name', multiple: true }) };
  static override flags = {
    ...listingFlags,
    heads: Flags.boolean({ summary: 'lines only' }),
    tags: Flags.boolean({ summary: 'tags only' }),
    hash: Flags.boolean({ char: 's', summary: 'print ids only' }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(ShowRef);
    const patterns = argv as string[];
    const vault = await this.openVault();
    const found: object[] = [];
    for await (const { ref, record } of listRefs(vault, { patterns: namespaces(flags) })) {
      if (patterns.length > 0 && !patterns.some((pattern) => matches(ref, pattern))) continue;
      found.push(refFields({ ref, record }));
      if (this.jsonLines) await this.row(refFields({ ref, record }));
      else if (!this.json)
        await this.print(`${record.target}${flags.hash ? '' : ` ${printable(ref)}`}${this.eol}`);
    }
    if (this.json) await this.document('show-ref', { refs: found });
    if (found.length === 0) this.exitCode = Exit.no;
  }
}

function matches(ref: string, pattern: string): boolean {
  return ref === pattern || ref.endsWith(`/${pattern}`);
}

/** What is listed; all when empty. */
function namespaces({ heads, tags }: { heads: boolean; tags: boolean }): string[] {
  return [...(heads ? ['refs/heads'] : []), ...(tags ? ['refs/tags'] : [])];
}
