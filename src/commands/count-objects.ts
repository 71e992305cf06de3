import { BaseCommand, Flags } from '../cli/frame/base-command.ts';
import { countFields, countLines } from '../cli/render/counts.ts';
import { countObjects } from '../index.ts';

export default class CountObjects extends BaseCommand {
  static override summary = 'count the objects and what they take on disk';
  static override description =
    `Prints "<objects> objects, <kibibytes> kilobytes", as git does: how many objects there are, and what all packs take. With -v it prints
lines <key>: <value> instead: in-pack (objects, each once) and the same by type; copies (further copies of objects that lie in several packs); packs,
data-packs, meta-packs; size-pack and size-raw (all objects and copies, decoded), in KiB; damaged (packs whose table cannot be read); garbage and
size-garbage (files among the packs that are none). With --json sizes are in bytes.`;
  static override examples = [{ description: 'For a person', command: 'vault count-objects -v -H' }];
  static override group = 'plumbing' as const;
  static override related = ['list-objects', 'list-packs', 'stats'];
  static override flags = {
    verbose: Flags.boolean({ char: 'v', summary: 'all figures' }),
    'human-readable': Flags.boolean({ char: 'H', summary: 'sizes for people' }),
    null: Flags.boolean({ char: 'z', summary: 'lines end with a NUL byte' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(CountObjects);
    const vault = await this.openVault();
    const counts = await countObjects(vault, { signal: this.signal });
    if (this.json) return this.document('count-objects', countFields(counts));
    const lines = countLines(counts, { verbose: flags.verbose, human: flags['human-readable'] });
    for (const line of lines) await this.print(`${line}${this.eol}`);
  }
}
