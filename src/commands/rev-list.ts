import { Args } from '../cli/frame/base-command.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { forgottenText } from '../cli/options/forgotten.ts';
import {
  listedFields,
  listedText,
  REV_LIST_MANUAL,
  revListFlags,
  revListOptions,
} from '../cli/options/rev-list.ts';
import { bytesOf } from '../cli/paths/argv.ts';
import { type Id, revList } from '../index.ts';

export default class RevList extends ListingCommand {
  static override summary = 'list the snapshots that revisions lead to';
  static override description = REV_LIST_MANUAL.description;
  static override examples = REV_LIST_MANUAL.examples;
  static override group = 'plumbing' as const;
  static override related = ['rev-parse', 'log', 'cat-object', 'list-objects'];
  static override exits = { 1: 'a revision names nothing, or several', 2: 'a revision names no snapshot' };
  static override strict = false;
  static override args = {
    rev: Args.string({ description: 'a revision, ^REV for what is left out, or A..B', multiple: true }),
  };
  static override flags = revListFlags;

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(RevList);
    const vault = await this.openVault();
    const options = revListOptions(vault, (argv as string[]).map(bytesOf), flags);
    const onForgotten = (id: Id) => void this.warn(`${forgottenText(id)}; --forgotten lists it`);
    const listed = revList(vault, { ...options, onForgotten });
    if (flags.count) {
      let count = 0;
      for await (const _ of listed) count++;
      return this.speaksJson ? this.document('rev-list', { count }) : this.print(`${count}\n`);
    }
    const rows = await this.list(listed, listedFields, (row) => listedText(row, flags.parents, this.names));
    if (this.json) await this.document('rev-list', { rows });
  }
}
