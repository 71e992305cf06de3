/** The folder as it is on disk now, as a side that versions are compared with. */
import type { Entry } from '../../objects/model.ts';
import type { Repository } from '../repository.ts';
import type { ScanResult } from '../scan/scan.ts';
import { type ScanFolderOptions, scanFolder } from '../scan/scan-folder.ts';
import { ScratchWriter } from '../scan/scratch-writer.ts';
import type { Side } from './diff.ts';

export interface DiskSide {
  side: Side;
  scanned: ScanResult;
  /** bytes of content that the vault does not hold */
  newBytes: number;
}

/**
 * Scans the disk without storing anything. The reader of the result also reads what is stored.
 * @param base what the scan may take unread where size, times and inode are the same
 * @throws as `scanFolder`
 */
export async function diskSide(
  repository: Repository,
  folder: Buffer,
  base: Entry | undefined,
  options: ScanFolderOptions,
): Promise<DiskSide> {
  const writer = new ScratchWriter(repository.store);
  const scanned = await scanFolder(repository, writer, folder, base, options);
  const side = { root: scanned.root, reader: writer, disk: folder };
  return { side, scanned, newBytes: writer.totals.newBytes };
}
