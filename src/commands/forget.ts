import { Args, Flags } from '../cli/frame/base-command.ts';
import { Exit } from '../cli/frame/exit-codes.ts';
import { listingFlags } from '../cli/frame/flags.ts';
import { ListingCommand } from '../cli/frame/listing-command.ts';
import { FORGET_MANUAL, forgetPlan, policyFlags, undoTakesNone } from '../cli/options/forget.ts';
import { decisionFields, forgetTable, summaryText } from '../cli/render/forget.ts';
import { painter } from '../cli/text/colour.ts';
import { formatCounted } from '../cli/text/format.ts';
import { POLICY_OPTIONS } from '../cli/user-config/retention-policy.ts';
import { recoverInterrupted } from '../cli/vault/interrupted-restores.ts';
import { applyForget, type Repository, undoForget } from '../index.ts';

export default class Forget extends ListingCommand {
  static override summary = 'decide which snapshots stay, by a policy or by name';
  static override description = FORGET_MANUAL.description;
  static override examples = FORGET_MANUAL.examples;
  static override related = ['log', 'tag', 'gc', 'config'];
  static override exits = {
    1: 'there is no such snapshot, it is forgotten already, or gc has removed what --undo would keep',
    3: 'with --undo: of some snapshots gc has removed a part for good, all others are kept again',
    7: 'somebody else forgot snapshots meanwhile; nothing was changed',
    8: 'a REV is protected',
  };
  static override usage = '[<policy>] [--all] [--apply] | REV… [--apply] | --undo';
  static override strict = false;
  static override args = { rev: Args.string({ description: 'snapshots to drop by name' }) };
  static override flags = {
    ...policyFlags,
    ...listingFlags,
    all: Flags.boolean({ summary: 'of all lines, not only this folder’s', default: false }),
    undo: Flags.boolean({ summary: 'take the last run back', exclusive: [...POLICY_OPTIONS] }),
    apply: Flags.boolean({ summary: 'do it; without, it is only shown', default: false }),
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Forget);
    const vault = await this.openVault();
    if (flags.undo) return this.#undo(vault, argv);
    const plan = await forgetPlan(vault, argv as string[], flags, this.signal);
    if (flags.apply) {
      await recoverInterrupted(vault, (line) => this.warn(line));
      await applyForget(vault, plan);
    }
    const { decisions, dropped } = plan;
    const snapshots = this.speaksJson ? await this.list(decisions, decisionFields, () => []) : [];
    const counts = { dropped: dropped.length, kept: decisions.length - dropped.length };
    if (this.json) return this.document('forget', { applied: flags.apply, ...counts, snapshots });
    if (!this.speaksJson && !this.quiet) {
      for (const line of forgetTable(decisions, painter(1), this.eol)) await this.print(line);
    }
    this.say(summaryText(plan, flags.apply));
  }

  async #undo(vault: Repository, argv: readonly unknown[]): Promise<void> {
    if (argv.length > 0) throw undoTakesNone();
    const { time, message, kept, gone } = await undoForget(vault, { signal: this.signal });
    for (const { error } of gone) this.warn(`not kept again: ${error.message}`);
    if (gone.length > 0) this.exitCode = Exit.partial;
    const ids = { kept: kept.map(({ id }) => id), gone: gone.map(({ id }) => id) };
    if (this.json) return this.document('forget-undo', { time, message, ...ids });
    this.say(`took back what was forgotten ${message}: ${formatCounted(kept.length, 'snapshot')} kept again`);
  }
}
