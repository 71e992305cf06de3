/**
 * Makes the folder of a new store.
 */
import fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { VaultError } from '../../errors.ts';
import { errnoOf, ioError } from './fs-error.ts';
import { isFolderSyncUnknown } from './fs-folders.ts';
import { PRIVATE_MODES, SHARED_MODES, setMode } from './fs-modes.ts';
import { TMP_FOLDER } from './key.ts';

/**
 * Makes `path` (and what is missing above it) for a store, or takes an empty folder for one; a folder that holds a
 * store already is left as it is.
 * @throws REFUSED when something else is there
 */
export async function makeStoreFolder(path: string, shared: boolean): Promise<void> {
  try {
    const made = await fs.mkdir(path, { recursive: true, mode: 0o777 });
    const names = made === undefined ? await fs.readdir(path) : [];
    if (names.includes('config')) return;
    // An interrupted `init` leaves tmp/ behind.
    if (names.some((name) => name !== TMP_FOLDER)) throw somethingElse(path, 'is not empty');
    await setFolderMode(path, made !== undefined, (shared ? SHARED_MODES : PRIVATE_MODES).folder);
    await syncUpTo(path, dirname(made ?? path));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST' || errno === 'ENOTDIR')
      throw somethingElse(path, 'or a part of its path is a file');
    throw ioError(error, 'make the folder', path);
  }
}

/** Takes back what `makeStoreFolder` made, as far as nothing has been stored there. */
export async function discardStoreFolder(path: string): Promise<void> {
  for (const folder of [join(path, TMP_FOLDER), path]) await fs.rmdir(folder).catch(() => undefined);
}

/** Whether others than the owner may open the store's folder: meant by `shared`, else the file system keeps no modes. */
export async function letsOthersIn(path: string): Promise<boolean> {
  return ((await fs.stat(path)).mode & 0o077) !== 0;
}

/** A folder of somebody else's has to take the mode: what it shows may be its owner's will, and not the file system's. */
async function setFolderMode(path: string, made: boolean, mode: number): Promise<void> {
  const chmod = () => fs.chmod(path, mode);
  const isOurs = made || (await fs.stat(path)).uid === process.geteuid?.();
  await (isOurs ? setMode({ chmod, stat: () => fs.stat(path) }, mode) : chmod());
}

/** Syncs `path` and the folders above it, up to `last`. */
async function syncUpTo(path: string, last: string): Promise<void> {
  const handle = await fs.open(path, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!isFolderSyncUnknown(error)) throw error;
  } finally {
    await handle.close();
  }
  if (path !== last && path !== dirname(path)) await syncUpTo(dirname(path), last);
}

function somethingElse(path: string, why: string): VaultError {
  const hint = 'name a folder that is empty or does not exist yet';
  return new VaultError('REFUSED', `cannot make a store of ${path}: it ${why}`, { hint, subject: path });
}
