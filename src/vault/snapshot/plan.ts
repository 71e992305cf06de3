/** What a snapshot taken now would record. Nothing is stored. Also what `status` shows. */
import type { Snapshot } from '../../objects/model.ts';
import type { Id } from '../../store/id.ts';
import { type Difference, differences } from '../diff/diff.ts';
import { diskSide } from '../diff/disk-side.ts';
import { keptFolder } from '../kept-folder.ts';
import type { ProgressTotal } from '../progress.ts';
import { assertTagFree } from '../refs/tags.ts';
import type { Repository } from '../repository.ts';
import type { ScanResult } from '../scan/scan.ts';
import type { ScanFolderOptions } from '../scan/scan-folder.ts';
import { checkOrigin, originOf } from './line-origin.ts';
import { lineHead } from './line-parents.ts';

export interface PlanOptions extends ScanFolderOptions {
  /** a line other than the folder's own */
  line?: string;
  /** what the snapshot is to be tagged */
  tag?: string;
}

export interface SnapshotPlan {
  /** the folder, absolute */
  root: Buffer;
  line: string;
  /** undefined for the line's first */
  parent: { id: Id; snapshot: Snapshot } | undefined;
  scanned: ScanResult;
  /** bytes of content that the vault does not hold yet */
  newBytes: number;
  /** in walk order, against the parent; everything where there is none */
  changes(): AsyncGenerator<Difference, void, undefined>;
}

/** @throws as `takeSnapshot`, but for what only writing meets */
export async function planSnapshot(repository: Repository, options: PlanOptions): Promise<SnapshotPlan> {
  const { root, line } = keptFolder(repository, options.line);
  if (options.tag !== undefined) await assertTagFree(repository, options.tag);
  if (options.line === undefined) await checkOrigin(repository, line, originOf(repository, root));
  const { parents } = await lineHead(repository, line);
  const parent = parents[0];
  options.progress?.phase('scan', expectedTotal(parent?.snapshot, options));
  const { side, scanned, newBytes } = await diskSide(repository, root, parent?.snapshot.root, {
    ...options,
    ...(parent && { mounts: parent.snapshot.mounts }),
  });
  const old = parent && { root: parent.snapshot.root, reader: repository.store, snapshot: parent.snapshot };
  return { root, line, parent, scanned, newBytes, changes: () => differences(old, side) };
}

/** The last snapshot is the best guess of what the next one meets; none where only some paths are looked at. */
export function expectedTotal(parent: Snapshot | undefined, { paths }: ScanFolderOptions): ProgressTotal {
  if (parent === undefined || (paths?.length ?? 0) > 0) return {};
  const { files, bytes } = parent.stats;
  return { files, bytes, estimated: true };
}
