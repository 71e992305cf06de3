/**
 * The step by which a file that was written aside gets its name, and which fails where the name exists.
 *
 * By a hard link. Where the file system has none (FAT, exFAT, some network mounts), by a rename that replaces nothing. Where it
 * has neither, not at all: between a look and an ordinary rename a second writer would win as well, and what is written under
 * its own name is there by half after a crash.
 */
import fsp from 'node:fs/promises';
import { VaultError } from '../../errors.ts';
import type { RenameNew } from '../../platform/rename-new.ts';
import { errnoOf } from './fs-error.ts';

/** `link` fails with one of these where the file system has no hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** A rename that shall replace nothing fails with one of these where the file system, or the kernel, does not know how. */
const NO_RENAME_NEW = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Paths. Both names are in the store. */
export interface Naming {
  store: string;
  aside: string;
  target: string;
}

/**
 * Gives the file `aside` the name `target`.
 * @param loadRename asked only where there are no hard links; resolves undefined where the system has no such rename
 * @returns whether `aside` is another name of it still
 * @throws REFUSED where the file system cannot do it in one step; else Node's errors, of which EEXIST says that `target` exists
 */
export async function giveName(
  { store, aside, target }: Naming,
  loadRename: () => Promise<RenameNew | undefined>,
): Promise<'linked' | 'moved'> {
  try {
    await fsp.link(aside, target);
    return 'linked';
  } catch (error) {
    if (!NO_LINKS.has(errnoOf(error) ?? '')) throw error;
  }
  const rename = await loadRename();
  if (rename === undefined) throw unfit(store);
  try {
    rename(aside, target);
    return 'moved';
  } catch (error) {
    throw NO_RENAME_NEW.has(errnoOf(error) ?? '') ? unfit(store, error) : error;
  }
}

function unfit(store: string, cause?: unknown): VaultError {
  const why =
    'its file system, as it is mounted here, has neither hard links nor a rename that replaces nothing';
  return new VaultError('REFUSED', `${store} cannot be written: ${why}`, {
    hint: 'what is stored there can be read; keep the vault on a file system that has one of them: ext4, xfs, btrfs, NTFS',
    subject: store,
    cause,
  });
}
