/** What a plan comes to: how much of each kind, and what becomes of names. */
import { type Entry, Flag, Kind } from '../../../objects/model.ts';

export interface RestorePlan {
  /** what is to be written */
  files: number;
  /** folders, the root included where it is written */
  dirs: number;
  symlinks: number;
  /** char and block devices: only root can make them */
  devices: number;
  /** fifos and sockets */
  others: number;
  /** sum of the files' recorded sizes */
  bytes: number;
  /** files with holes; they may need less room than `bytes` says */
  sparse: number;
  /** names of files that have several */
  linked: number;
  actions: PlannedActions;
}

/** Names, and the destination itself where it gives way. What a folder held that is replaced or deleted is not counted one by one. */
export interface PlannedActions {
  /** nothing is there under the name */
  create: number;
  replace: number;
  /** another content is there and stays */
  keep: number;
  /** what is there is as it was recorded */
  same: number;
  /** written beside what is there */
  beside: number;
  /** not recorded, and removed */
  delete: number;
}

const COUNTED = {
  [Kind.file]: 'files',
  [Kind.dir]: 'dirs',
  [Kind.symlink]: 'symlinks',
  [Kind.fifo]: 'others',
  [Kind.socket]: 'others',
  [Kind.char]: 'devices',
  [Kind.block]: 'devices',
} as const;

export function nothingPlanned(): RestorePlan {
  const actions = { create: 0, replace: 0, keep: 0, same: 0, beside: 0, delete: 0 };
  return { files: 0, dirs: 0, symlinks: 0, devices: 0, others: 0, bytes: 0, sparse: 0, linked: 0, actions };
}

/** Counts what is to be written, but for its action. */
export function countEntry(plan: RestorePlan, { kind, size = 0, flags = 0, nlink = 1 }: Entry): void {
  plan[COUNTED[kind]]++;
  if (kind !== Kind.file) return;
  plan.bytes += size;
  if ((flags & Flag.sparse) !== 0) plan.sparse++;
  if (nlink > 1) plan.linked++;
}
