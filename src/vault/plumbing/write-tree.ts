/** A folder stored as a tree, without a snapshot: `write-tree`. */
import { realpathSync } from 'node:fs';
import { VaultError } from '../../errors.ts';
import { quote } from '../../objects/names.ts';
import type { Id } from '../../store/id.ts';
import type { Repository } from '../repository.ts';
import type { ScanResult } from '../scan/scan.ts';
import { type ScanFolderOptions, scanFolder } from '../scan/scan-folder.ts';
import { storeByHand } from '../transaction/stored-by-hand.ts';

export type WriteTreeOptions = Omit<ScanFolderOptions, 'paths' | 'mounts'>;

export interface WrittenTree extends ScanResult {
  id: Id;
}

/**
 * Any folder will do. The same is left out as of a snapshot; what cannot be read is listed in `problems` and missing in the tree.
 * @throws BAD_PATH when it is no folder, and as `takeSnapshot`
 */
export async function writeTree(
  repository: Repository,
  folder: Buffer,
  options: WriteTreeOptions,
): Promise<WrittenTree> {
  const root = realFolder(folder);
  const { scanned } = await storeByHand(repository, async ({ writer }) => {
    const scanned = await scanFolder(repository, writer, root, undefined, options);
    return { scanned, ids: [scanned.root.id] };
  });
  return { ...scanned, id: scanned.root.id };
}

function realFolder(folder: Buffer): Buffer {
  try {
    if (folder.length === 0) throw new Error('an empty path names nothing'); // else it would be the root of all
    return realpathSync.native(Buffer.concat([folder, Buffer.from('/.')]), { encoding: 'buffer' });
  } catch (cause) {
    throw new VaultError('BAD_PATH', `${quote(folder)} is no folder that can be read`, {
      hint: 'nothing was stored',
      subject: folder.toString(),
      cause,
    });
  }
}
