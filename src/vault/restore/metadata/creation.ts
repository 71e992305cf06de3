/** What the file system of a stage makes of new files, found out by making one. */
import { unlessCode } from '../../../platform/errno.ts';
import type { Platform } from '../../../platform/platform.ts';

const PROBE_NAME = Buffer.from('probe');
const LINK_NAME = Buffer.from('probe-link');
const SYMLINK_NAME = Buffer.from('probe-symlink');
/** For who removes what a failed probe has left. */
export const PROBE_NAMES: readonly Buffer[] = [SYMLINK_NAME, LINK_NAME, PROBE_NAME];

const NO_LINKS = ['EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];
const NO_SYMLINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** What fails for want of rights, or because the file system or the kernel does not have such a thing. */
export const TOLERATED = [
  'EPERM',
  'EACCES',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EINVAL',
  'ERANGE',
  'E2BIG',
  'EOVERFLOW',
  'ENODATA',
];
/** Neither what new files get, nor what a mount would give to all of them. */
const MODE = 0o610;
const OWNER = 54_321;
const TIME = { s: 1_000_000_001, ns: 123_456_789 };
const ROOT_USER = 0;

/** What new files get from this process. */
export interface Creation {
  uid: number;
  gid: number;
  /** mode bits that the kernel takes away */
  umask: number;
  /**
   * Owners, modes and times are kept as they are given. False: some are not, or not to the nanosecond, and nobody says so (ntfs-3g,
   * exFAT), so that each has to be looked at again.
   */
  keepsMetadata: boolean;
  /** A further name of a file shows the same inode number; not so by SFTP. */
  sharesInodes: boolean;
  /**
   * Owner and times of a symlink are its own. False where what sets them follows it, as SFTP does: restoring a symlink would change the
   * file that it leads to, whatever that is.
   */
  ownsSymlinks: boolean;
}

/** @param folder an open one, in which a file is made and removed again. @throws errno errors */
export function probeCreation(platform: Platform, folder: number): Creation {
  const path = platform.pathIn(folder, PROBE_NAME);
  const fd = platform.createFile(path, 0o777);
  try {
    const { uid, gid, mode } = platform.fstat(fd);
    const sharesInodes = probeLink(platform, folder, path);
    const ownsSymlinks = probeSymlink(platform, folder);
    const keepsMetadata = probeMetadata(platform, fd);
    return { uid, gid, umask: 0o777 & ~mode, keepsMetadata, sharesInodes, ownsSymlinks };
  } finally {
    platform.close(fd);
    platform.unlink(path);
  }
}

/** What is refused does no harm: then that is said for each file, too. */
function probeMetadata(platform: Platform, fd: number): boolean {
  const isRoot = process.geteuid?.() === ROOT_USER;
  const steps = [
    ...(isRoot && platform.abilities.owners ? [() => platform.fchown(fd, OWNER, OWNER)] : []),
    () => platform.fchmod(fd, MODE),
    () => platform.setTimesFd(fd, TIME.s, TIME.ns),
  ];
  for (const step of steps) {
    if (!unlessCode(TOLERATED, step)) return false;
  }
  const { uid, gid, mode, mtimeS, mtimeNs } = platform.fstat(fd);
  const isOwned = steps.length < 3 || (uid === OWNER && gid === OWNER);
  const isTimed = mtimeS === TIME.s && (mtimeNs === TIME.ns || !platform.abilities.nanoseconds);
  return isOwned && mode === MODE && isTimed;
}

/** Where a file cannot have two names, they need not be alike. */
function probeLink(platform: Platform, folder: number, path: Buffer): boolean {
  const link = platform.pathIn(folder, LINK_NAME);
  if (!unlessCode(NO_LINKS, () => platform.link(path, link))) return true;
  const isSame = platform.lstat(link).ino === platform.lstat(path).ino;
  platform.unlink(link);
  return isSame;
}

/** Where there are no symlinks, none will be followed; where nothing can be set, nothing is tried. */
function probeSymlink(platform: Platform, folder: number): boolean {
  const symlink = platform.pathIn(folder, SYMLINK_NAME);
  if (!unlessCode(NO_SYMLINKS, () => platform.symlink(PROBE_NAME, symlink))) return true;
  try {
    const isSet = unlessCode(TOLERATED, () => platform.setTimes(symlink, TIME.s, TIME.ns));
    // What it leads to may be shown as it was before, from a cache.
    return isSet && platform.lstat(symlink).mtimeS === TIME.s;
  } finally {
    platform.unlink(symlink);
  }
}
