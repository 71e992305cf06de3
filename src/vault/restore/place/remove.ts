/** Removing what restores have made or kept: all that is in a folder, without ever following a symlink or leaving its file system. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { VaultError } from '../../../errors.ts';
import { joinPath } from '../../../objects/names.ts';
import { hasCode, unlessCode } from '../../../platform/errno.ts';
import type { Platform } from '../../../platform/platform.ts';
import { lastName, parentOf } from './paths.ts';
import { NO_MODES } from './private.ts';

/** Names removed between two turns of the event loop. */
const NAMES_PER_TURN = 512;
const PARENT = Buffer.from('..');
const HERE = Buffer.from('.');
const OPEN = 0o700;

/**
 * Removes the folder `name` of the open folder `above`, and all that is in it. What is gone already, or no folder, is no error. Folders
 * are opened one at a time, however deep they lie, and made writable where they are not.
 * @throws REFUSED for a folder that something is mounted on: that is none of what was made or kept here
 */
export async function removeTree(platform: Platform, above: number, name: Buffer): Promise<void> {
  const pending: Buffer[][] = [[name]];
  const path: Buffer[] = [];
  let held = above;
  const hold = (fd: number) => {
    if (held !== above) platform.close(held);
    held = fd;
  };
  let removed = 0;
  try {
    while (pending.length > 0) {
      const folder = pending.at(-1)!.pop();
      if (folder) {
        const opened = openOwn(platform, platform.pathIn(held, folder), () => [...path, folder]);
        if (opened === undefined) continue;
        hold(opened);
        path.push(folder);
        const { folders, count } = removeNames(platform, held);
        pending.push(folders);
        removed += count;
        if (removed >= NAMES_PER_TURN) {
          await nextTurn();
          removed = 0;
        }
        continue;
      }
      pending.pop();
      const empty = path.pop();
      if (!empty) continue;
      const parent = path.length === 0 ? above : platform.openFolder(platform.pathIn(held, PARENT));
      hold(parent);
      unlessCode(['ENOENT'], () => platform.rmdir(platform.pathIn(held, empty)));
    }
  } finally {
    hold(above);
  }
}

/** Removes what `path` names, be it a folder with all that is in it or not one at all. What is gone already is no error. */
export async function removePath(platform: Platform, path: Buffer): Promise<void> {
  const above = platform.openFolder(joinPath(parentOf(path), HERE));
  const name = lastName(path);
  try {
    if (removeName(platform, above, name)) await removeTree(platform, above, name);
  } finally {
    platform.close(above);
  }
}

/** Removes a folder if it is one and empty. */
export function removeIfEmpty(platform: Platform, path: Buffer): void {
  try {
    platform.rmdir(path);
  } catch {
    // it is not empty, not a folder, or was never made
  }
}

/** Removes what is no folder; the names of the rest. */
function removeNames(platform: Platform, folder: number): { folders: Buffer[]; count: number } {
  const directory = platform.openDirectory(platform.pathIn(folder, Buffer.from('.')));
  const folders: Buffer[] = [];
  try {
    for (let i = 0; i < directory.length; i++) {
      const name = Buffer.from(directory.name(i));
      if (removeName(platform, folder, name)) folders.push(name);
    }
    return { folders, count: directory.length };
  } finally {
    directory.close();
  }
}

/** Removes what is no folder. @returns whether it is one */
function removeName(platform: Platform, folder: number, name: Buffer): boolean {
  try {
    platform.unlink(platform.pathIn(folder, name));
  } catch (error) {
    // unlink(2): EISDIR on Linux, EPERM by POSIX.
    if (hasCode(error, 'EISDIR', 'EPERM')) return true;
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  return false;
}

/** Opens a folder to empty it; a recorded mode may have taken our own rights away. Undefined for what is none. */
function openOwn(platform: Platform, path: Buffer, names: () => Buffer[]): number | undefined {
  try {
    if (platform.isMountPoint(path)) throw mounted(names().reduce(joinPath).toString());
    unlessCode(NO_MODES, () => platform.chmod(path, OPEN));
    return platform.openFolder(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

function mounted(path: string): VaultError {
  return new VaultError('REFUSED', `${path} is a mount point; what is mounted there is untouched`, {
    hint: 'unmount it, then try again',
    subject: path,
  });
}
