/**
 * Permission bits of what a store is made of, set whatever the umask, and file systems that keep none.
 */
import { errnoOf } from './fs-error.ts';

export interface Modes {
  folder: number;
  file: number;
}

export const PRIVATE_MODES: Modes = { folder: 0o700, file: 0o400 };
export const SHARED_MODES: Modes = { folder: 0o2770, file: 0o440 };

/** What `setMode` needs of a file handle, or of a path. */
export interface HasMode {
  chmod(mode: number): Promise<unknown>;
  stat(): Promise<{ mode: number }>;
}

/** `chmod` fails with one of these where the file system keeps no modes, or not all of their bits. */
const NO_MODES = new Set(['EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

const ACCESS = 0o777;

/**
 * Sets the mode of what this process has just made. FAT, exFAT and some network mounts refuse, and show bits that were chosen when they were
 * mounted: these do as long as they let in everybody whom `mode` lets in. Whom else they let in is not the store's to decide.
 * @throws Node's errors
 */
export async function setMode(made: HasMode, mode: number): Promise<void> {
  try {
    await made.chmod(mode);
  } catch (error) {
    if (!NO_MODES.has(errnoOf(error) ?? '')) throw error;
    const wanted = mode & ACCESS;
    if (((await made.stat()).mode & wanted) !== wanted) throw error;
  }
}
