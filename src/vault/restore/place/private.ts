/** Folders that nobody else may look into, whatever the folder above would have them inherit. */
import { unlessCode } from '../../../platform/errno.ts';
import type { Platform, Stat } from '../../../platform/platform.ts';

const PRIVATE = 0o700;
const OTHERS_WRITE = 0o022;
const INHERITED_LIST = Buffer.from('system.posix_acl_default');
const NO_LIST = ['ENODATA', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** What chmod(2) is answered where there are no modes (FAT and its like), or for somebody else's folder. */
export const NO_MODES = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];

/**
 * Makes a folder. Neither the set-group-id bit nor an access list of the folder above passes to what is made in it. Where the file
 * system has no modes it is as private as all else there: `isPrivate` tells.
 */
export function makePrivate(platform: Platform, path: Buffer): void {
  platform.mkdir(path, PRIVATE);
  unlessCode(NO_MODES, () => platform.chmod(path, PRIVATE));
  // Where that did nothing, there is no list either, and who does not own the folder may not ask.
  if (!platform.abilities.xattrs || !isPrivate(platform.lstat(path))) return;
  unlessCode(NO_LIST, () => platform.removeXattr(path, INHERITED_LIST));
}

/** A folder is this user's, and nobody else may write to it. */
export function isPrivate({ uid, mode }: Stat): boolean {
  const own = process.geteuid?.();
  return (own === undefined || uid === own) && (mode & OTHERS_WRITE) === 0;
}

/** Two folders have one owner and mode, as all have where the file system keeps neither. */
export function areAlike(one: Stat, other: Stat): boolean {
  return one.uid === other.uid && one.mode === other.mode;
}

export function makeUnlessThere(platform: Platform, path: Buffer): void {
  unlessCode(['EEXIST'], () => makePrivate(platform, path));
}
