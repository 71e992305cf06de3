import { Args, BaseCommand } from '../cli/frame/base-command.ts';
import { stdinBytes } from '../cli/frame/stdin.ts';
import { runRefTransactions } from '../cli/refs/ref-transactions.ts';
import { operandUpdate, UPDATE_REF_MANUAL, updateRefFlags } from '../cli/refs/ref-updates.ts';
import { updatedFields } from '../cli/render/ref.ts';
import { updateRefs } from '../index.ts';

export default class UpdateRef extends BaseCommand {
  static override summary = 'set or remove a ref, if it still is what it was';
  static override description = UPDATE_REF_MANUAL.description;
  static override examples = UPDATE_REF_MANUAL.examples;
  static override group = 'plumbing' as const;
  static override related = ['for-each-ref', 'reflog', 'rev-parse', 'make-snapshot', 'tag'];
  static override exits = {
    1: 'a revision names nothing, or several',
    2: 'a line cannot be read or is out of place, or an object is of the wrong type; nothing was changed',
    7: 'a ref is not what was expected; the message says what was changed',
    8: 'that cannot be the name of a ref; nothing was changed',
  };
  static override usage = '[-m <text>] (REF NEW [OLD] | -d REF [OLD] | --stdin [-z])';
  static override strict = false;
  static override args = {
    ref: Args.string({ description: 'a whole name: refs/heads/main' }),
    new: Args.string({ description: 'what it is to name: a revision' }),
    old: Args.string({ description: 'what it must name now' }),
  };
  static override flags = updateRefFlags;

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(UpdateRef);
    const operands = argv as string[];
    const vault = await this.openVault();
    const options = flags.message === undefined ? {} : { message: flags.message };
    const updated =
      flags.stdin && operands.length === 0
        ? await runRefTransactions(vault, stdinBytes(this.signal), {
            ...options,
            nul: flags.null,
            reply: (verb) => this.#reply(verb),
          })
        : await updateRefs(
            vault,
            await operandUpdate(vault, flags.stdin ? [] : operands, flags.delete),
            options,
          );
    if (this.json) await this.document('update-ref', { refs: updated.map(updatedFields) });
  }

  async #reply(verb: string): Promise<void> {
    if (this.json) return;
    await this.print(`${verb}: ok\n`);
    await this.flush();
  }
}
