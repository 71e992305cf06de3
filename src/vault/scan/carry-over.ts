/** What stays as the parent snapshot has it: what is not looked at, and what cannot be read, which is a problem. */
import type { EntryView } from '../../objects/entry-view.ts';
import { Kind } from '../../objects/model.ts';
import { joinPath } from '../../objects/names.ts';
import { walkTree } from '../../objects/walk.ts';
import type { ObjectReader } from '../../store/store.ts';
import { isGone } from './errors.ts';
import type { FindingsCollector } from './findings.ts';
import type { ScanPace } from './pace.ts';
import type { ParentRows } from './parent-rows.ts';
import type { Met, ScannedFolder } from './scanned-folder.ts';
import type { Row } from './tree-assembly.ts';

export class CarryOver {
  readonly #reader: ObjectReader;
  readonly #findings: FindingsCollector;
  readonly #pace: ScanPace;

  constructor(reader: ObjectReader, findings: FindingsCollector, pace: ScanPace) {
    this.#reader = reader;
    this.#findings = findings;
    this.#pace = pace;
  }

  /** The rows before `name` that were not asked for; without a name all that are left. */
  async rows(folder: ScannedFolder, rows: ParentRows, name?: Buffer): Promise<void> {
    for await (const row of rows.before(name)) {
      await this.#count(row);
      folder.node.add(row, rows.rank);
      if (this.#pace.isDue(rows.rank)) await this.#pace.breathe(folder.node);
    }
  }

  /** A name that cannot be read keeps what the parent snapshot has of it; one that is gone is simply not there. */
  unreadable(
    folder: ScannedFolder,
    name: Buffer,
    previous: EntryView | undefined,
    error: unknown,
  ): Promise<void> | undefined {
    const { code = 'EIO', message, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    if (isGone(code)) return undefined;
    this.#findings.problem({ path: joinPath(folder.relative, name), code, message });
    if (!previous) return undefined;
    folder.node.add(previous, folder.rank);
    return this.#count(previous);
  }

  /** The same of a file that could not be read after all, when its row was reserved. */
  unsealed(
    folder: ScannedFolder,
    { name, previous }: Met,
    row: Row,
    { code, message }: { code: string; message: string },
  ): void {
    if (isGone(code)) {
      folder.node.fill(row, null);
      return;
    }
    this.#findings.problem({ path: joinPath(folder.relative, name), code, message });
    if (previous) this.#findings.count(previous.kind, previous.entry().size ?? 0);
    folder.node.fill(row, previous ?? null, previous !== undefined);
  }

  async #count(row: EntryView): Promise<void> {
    const taken = row.entry();
    this.#findings.count(taken.kind, taken.size ?? 0);
    if (taken.kind !== Kind.dir) return;
    for await (const { entry } of walkTree(this.#reader, taken))
      this.#findings.count(entry.kind, entry.size ?? 0);
  }
}
