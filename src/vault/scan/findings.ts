/** What a scan finds besides the tree: how much there is, what could not be read, what was left out. Lists have a bound; the rest is counted. */
import { Kind, type Problem } from '../../objects/model.ts';
import { MAX_PROBLEMS } from '../../objects/snapshot.ts';
import type { Exclusion, ExclusionReason } from '../ignore/exclusions.ts';

export interface ScanFindings {
  /** of the snapshot, what was taken over from the parent included; bytes are the sizes of files */
  counts: { files: number; dirs: number; others: number; bytes: number };
  problemCount: number;
  /** the first 100, unless more were asked for */
  problems: Problem[];
  /** what was stored, but not as it should be: the first 100 */
  warnings: Problem[];
  excludedCount: number;
  excludedBy: Partial<Record<ExclusionReason, number>>;
  /** the first 100, unless more were asked for */
  excluded: Exclusion[];
}

/** Its fields are the findings. */
export class FindingsCollector implements ScanFindings {
  readonly counts = { files: 0, dirs: 0, others: 0, bytes: 0 };
  problemCount = 0;
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  excludedCount = 0;
  readonly excludedBy: Partial<Record<ExclusionReason, number>> = {};
  readonly excluded: Exclusion[] = [];
  readonly #mostExcluded: number;
  readonly #mostProblems: number;

  /** @param most how many are kept with their paths; 100 unless given */
  constructor(most: { mostExcluded: number | undefined; mostProblems: number | undefined }) {
    this.#mostExcluded = most.mostExcluded ?? MAX_PROBLEMS;
    this.#mostProblems = most.mostProblems ?? MAX_PROBLEMS;
  }

  count(kind: Kind, size: number): void {
    const { counts } = this;
    if (kind === Kind.file) {
      counts.files++;
      counts.bytes += size;
    } else if (kind === Kind.dir) counts.dirs++;
    else counts.others++;
  }

  exclude(path: Buffer, reason: ExclusionReason): undefined {
    this.excludedCount++;
    this.excludedBy[reason] = (this.excludedBy[reason] ?? 0) + 1;
    if (this.excluded.length < this.#mostExcluded) this.excluded.push({ path, reason });
  }

  problem(problem: Problem): void {
    this.problemCount++;
    if (this.problems.length < this.#mostProblems) this.problems.push(problem);
  }

  warn(warning: Problem): void {
    if (this.warnings.length < MAX_PROBLEMS) this.warnings.push(warning);
  }
}
