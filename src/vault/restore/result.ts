/** What a restore has done. */
import type { RestoreFailure, Unfaithful } from './journal/report.ts';
import type { Place } from './place/place.ts';
import type { RestorePlan } from './plan/counts.ts';

export interface RestoreResult {
  /** `already there`: the copy beside the file is there since an earlier restore; nothing was written */
  outcome: 'restored' | 'already there' | 'planned';
  /** how it takes its place */
  way: Place['way'];
  /** where it is, or would be */
  destination: Buffer;
  isFolder: boolean;
  /** where what was replaced is kept; of a dry run, where a run of its name would keep it */
  previous: Buffer | undefined;
  run: string;
  plan: RestorePlan;
  /** where the artifacts are */
  artifacts: Buffer | undefined;
  /** names of the destination that were changed */
  changes: number;
  /** names that are left out, mostly since their contents are missing: then it is not whole */
  failureCount: number;
  /** the first 100 */
  failures: RestoreFailure[];
  /** all of them, by kind */
  leftOut: Unfaithful[];
  /** files that were to be written and are left out, and the sum of their recorded sizes */
  lost: { files: number; bytes: number };
  /** what could not be set or made here, by kind */
  unfaithful: Unfaithful[];
}
