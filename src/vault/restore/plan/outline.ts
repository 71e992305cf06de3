/**
 * The folders of a tree that is restored as a whole, made before any file is.
 *
 * An ext4 without a journal looks at every inode that was deleted in the last minutes before it takes one
 * (bench/README.md); with the folders in a few groups of inodes it meets fewer of them. Measured there after the removal of such a
 * tree (78,579 files in 5,096 folders, three turns): 30, 27 and 35 s where each folder was made when it was come to 39, 44 and 49.
 * On an ext4 with a journal and on tmpfs it makes no difference.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { HeldFolders } from '../metadata/folders.ts';

/** Folders that are noted, at about 150 bytes each; the others are made when they are come to. */
const MOST_FOLDERS = 65_536;
/** Folders between two looks at the signal. */
const TURN = 256;

interface Folder {
  name: Buffer;
  /** folders above it in the tree */
  depth: number;
}

/** In the order of the walk: a folder before those in it. */
export class FolderOutline {
  readonly folders: Folder[] = [];

  /** @param depth 0 for the root of what is restored */
  add(name: Buffer, depth: number): void {
    if (this.folders.length < MOST_FOLDERS) this.folders.push({ name, depth });
  }
}

export interface MakeFoldersOptions {
  /** at the top, and there again afterwards */
  held: HeldFolders;
  /** what the root is called there */
  root: Buffer;
  /** Makes one in the held folder; false where the fault is the name's. */
  make: (name: Buffer) => boolean;
  signal: AbortSignal | undefined;
}

/**
 * Makes the first folders of the outline.
 * @returns how many: it ends at the first whose name is at fault, which who comes to it will see again
 * @throws what `make` and the signal do
 */
export async function makeFolders(
  { folders }: FolderOutline,
  { held, root, make, signal }: MakeFoldersOptions,
): Promise<number> {
  const nameOf = (i: number) => (i === 0 ? root : folders[i]!.name);
  let made = 0;
  for (; made < folders.length; made++) {
    if (made % TURN === 0) await nextTurn();
    signal?.throwIfAborted();
    const { depth } = folders[made]!;
    while (held.depth > depth) held.leave();
    if (held.depth < depth) held.enter(nameOf(made - 1));
    if (!make(nameOf(made))) break;
  }
  while (held.depth > 0) held.leave();
  return made;
}
