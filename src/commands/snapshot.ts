import { Args, BaseCommand, Exit } from '../cli/frame/base-command.ts';
import { progressFlags } from '../cli/frame/flags.ts';
import { keepHeapModest } from '../cli/frame/small-heap.ts';
import { stdinBytes } from '../cli/frame/stdin.ts';
import { pathsInVault } from '../cli/operands/operands.ts';
import { SNAPSHOT_MANUAL, snapshotFlags, snapshotOptions } from '../cli/options/snapshot.ts';
import { restoreRecords } from '../cli/paths/folders.ts';
import { exclusionText, scanWarnings } from '../cli/render/scan.ts';
import { noTagText, resultFields, resultText, showPlan } from '../cli/render/snapshot.ts';
import { initOrOpen } from '../cli/vault/init-or-open.ts';
import { othersMayOpen } from '../cli/vault/init-vault.ts';
import { planSnapshot, snapshotLimits, takeSnapshot, takeStreamSnapshot } from '../index.ts';

export default class Snapshot extends BaseCommand {
  static override summary = 'take a snapshot of the folder';
  static override description = SNAPSHOT_MANUAL.description;
  static override examples = SNAPSHOT_MANUAL.examples;
  static override related = ['log', 'status', 'diff', 'restore', 'init'];
  static override exits = {
    3: 'the snapshot was taken, but something could not be read',
    8: 'the tag exists, or the line is that of another folder: no snapshot was taken',
  };
  static override strict = false;
  static override args = { path: Args.string({ description: 'store only these', multiple: true }) };
  static override flags = { ...snapshotFlags, ...progressFlags };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Snapshot);
    keepHeapModest();
    const operands = argv as string[];
    const vault = await initOrOpen(() => this.openVault(operands), {
      isWanted: flags.init && !flags['dry-run'] && this.vaultOption === undefined,
      paths: operands,
      onInit: ({ store, exposed }) => {
        this.say(`made a vault in ${store}`);
        if (exposed) this.warn(othersMayOpen(store));
      },
    });
    const { progress, signal } = this;
    const restores = restoreRecords(vault.config.vaultId);
    const options = { ...snapshotOptions(flags, pathsInVault(vault, operands)), restores, progress, signal };
    if (flags['dry-run']) {
      const plan = await planSnapshot(vault, options);
      this.#tell(plan.scanned);
      const shown = await showPlan(plan, flags);
      return typeof shown === 'string' ? await this.print(shown) : this.document('snapshot-plan', shown);
    }
    const began = performance.now();
    const [path] = flags.stdin ? pathsInVault(vault, [flags.name!]) : [];
    const result = path
      ? await takeStreamSnapshot(vault, stdinBytes(signal), { ...options, path })
      : await takeSnapshot(vault, options);
    this.#tell(result, path ? undefined : snapshotLimits());
    if (!result.id && flags.tag !== undefined) this.warn(noTagText(flags.tag, result));
    if (this.json) return this.document('snapshot', resultFields(result));
    await this.print(resultText(result, this.quiet ? undefined : performance.now() - began));
  }

  /** What was not stored, and why. */
  #tell(scanned: Parameters<typeof scanWarnings>[0], limits?: string): void {
    if (scanned.problemCount > 0) this.exitCode = Exit.partial;
    const left = exclusionText(scanned);
    if (left !== undefined) this.say(left);
    for (const line of [...scanWarnings(scanned), ...(limits === undefined ? [] : [limits])]) this.warn(line);
  }
}
