/** What a restore is about to write: counted from the tree alone, before anything is touched. */
import { type Entry, Flag, Kind } from '../objects/model.ts';
import type { ObjectReader } from '../store/store.ts';
import { RestoreWalk } from './restore-walk.ts';

export interface RestorePlan {
  files: number;
  /** folders, the root included */
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

/**
 * Walks once over all that `root` is or holds.
 * @throws REFUSED for a tree that no restore may follow, and what reading a tree throws
 */
export async function planRestore(
  reader: ObjectReader,
  root: Entry,
  signal?: AbortSignal,
): Promise<RestorePlan> {
  const plan: RestorePlan = {
    files: 0,
    dirs: 0,
    symlinks: 0,
    devices: 0,
    others: 0,
    bytes: 0,
    sparse: 0,
    linked: 0,
  };
  const walk = new RestoreWalk(reader, root);
  for (;;) {
    const visit = walk.next();
    if (visit === undefined) return plan;
    if (visit === 'load') {
      signal?.throwIfAborted();
      await walk.load();
    } else if (visit.type !== 'leave') count(plan, visit.entry);
  }
}

function count(plan: RestorePlan, entry: Entry): void {
  plan[COUNTED[entry.kind]]++;
  if (entry.kind !== Kind.file) return;
  plan.bytes += entry.size ?? 0;
  if (((entry.flags ?? 0) & Flag.sparse) !== 0) plan.sparse++;
  if ((entry.nlink ?? 1) > 1) plan.linked++;
}
