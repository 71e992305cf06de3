/** Folders that nobody else may look into, whatever the folder above would have them inherit. */
import { hasCode } from '../../../platform/errno.ts';
import type { Platform } from '../../../platform/platform.ts';

const PRIVATE = 0o700;
const INHERITED_LIST = Buffer.from('system.posix_acl_default');

/** Makes a folder. Neither the set-group-id bit nor an access list of the folder above passes to what is made in it. */
export function makePrivate(platform: Platform, path: Buffer): void {
  platform.mkdir(path, PRIVATE);
  platform.chmod(path, PRIVATE);
  if (!platform.abilities.xattrs) return;
  try {
    platform.removeXattr(path, INHERITED_LIST);
  } catch (error) {
    if (!hasCode(error, 'ENODATA', 'ENOTSUP', 'EOPNOTSUPP')) throw error;
  }
}

export function makeUnlessThere(platform: Platform, path: Buffer): void {
  try {
    makePrivate(platform, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}
