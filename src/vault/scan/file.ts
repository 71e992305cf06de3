/**
 * One name that is no folder: taken over from the parent snapshot, given to the sealer, or made an entry at once.
 *
 * Source of the reuse rule: git's index (Documentation/technical/racy-git), with ctime and inode added.
 */
import type { EntryView } from '../../objects/entry-view.ts';
import { Kind } from '../../objects/model.ts';
import { joinPath } from '../../objects/names.ts';
import type { Stat } from '../../platform/platform.ts';
import { isLink } from '../ignore/exclusions.ts';
import type { Progress } from '../progress.ts';
import type { CarryOver } from './carry-over.ts';
import type { EntryMaker } from './entries.ts';
import type { FindingsCollector } from './findings.ts';
import type { Met, ScannedFolder } from './scanned-folder.ts';
import type { Sealer, SealOutcome } from './sealer.ts';
import type { Row } from './tree-assembly.ts';

interface Parts {
  sealer: Sealer;
  entries: EntryMaker;
  findings: FindingsCollector;
  carryOver: CarryOver;
  progress: Progress;
  /** seconds since 1970 */
  now(): number;
}

export class FileScan {
  readonly #sealer: Sealer;
  readonly #entries: EntryMaker;
  readonly #findings: FindingsCollector;
  readonly #carryOver: CarryOver;
  readonly #progress: Progress;
  readonly #now: () => number;

  constructor({ sealer, entries, findings, carryOver, progress, now }: Parts) {
    this.#sealer = sealer;
    this.#entries = entries;
    this.#findings = findings;
    this.#carryOver = carryOver;
    this.#progress = progress;
    this.#now = now;
  }

  /** Its row is added now, or reserved and filled later. */
  visit(
    folder: ScannedFolder,
    name: Buffer,
    stat: Stat,
    fs: number,
    previous: EntryView | undefined,
  ): Promise<void> | undefined {
    if (!folder.isImage && previous?.isUnchanged(stat, fs)) {
      this.#findings.count(stat.kind, stat.size);
      this.#progress.file(stat.size, true);
      folder.node.add(previous, folder.rank);
      return undefined;
    }
    const met = { name, stat, fs, previous };
    return stat.kind === Kind.file ? this.#seal(folder, met) : this.#make(folder, met);
  }

  #seal(folder: ScannedFolder, met: Met): Promise<void> | undefined {
    const { name, stat } = met;
    const path = joinPath(folder.path, name);
    if (isLink(name, stat, path)) {
      return this.#findings.exclude(joinPath(folder.relative, name), folder.depth === 0 ? 'store' : 'vault');
    }
    const row = folder.node.reserve(folder.rank);
    // Before it is read. When its worker is done, a last change in the tick of the reading would no longer look racy.
    const metAt = this.#now();
    return this.#sealer.add(path, stat, (outcome) => this.#sealed(folder, met, row, metAt, outcome));
  }

  #sealed(folder: ScannedFolder, met: Met, row: Row, metAt: number, outcome: SealOutcome): void {
    if ('error' in outcome) {
      this.#carryOver.unsealed(folder, met, row, outcome.error);
      return;
    }
    const { sealed } = outcome;
    const { name, stat, fs } = met;
    const read = sealed.stat ?? stat;
    if (sealed.unstable) {
      const path = joinPath(folder.relative, name);
      this.#findings.warn({
        path,
        code: 'CHANGED',
        message: 'changed while it was read, twice: stored as read',
      });
    }
    this.#findings.count(Kind.file, read.size);
    this.#progress.file(read.size, false);
    folder.node.fill(row, this.#entries.file(name, read, fs, sealed, metAt));
  }

  /** Symlinks, fifos, sockets and devices. */
  async #make(folder: ScannedFolder, { name, stat, fs, previous }: Met): Promise<void> {
    try {
      const entry = await this.#entries.other(name, stat, fs, joinPath(folder.path, name));
      this.#findings.count(stat.kind, 0);
      folder.node.add(entry);
    } catch (error) {
      await this.#carryOver.unreadable(folder, name, previous, error);
    }
  }
}
