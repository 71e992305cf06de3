/**
 * Whether what is there may be moved away, as promotion moves it: what a dry run can foresee of it beside the rights of the folder. Files that may
 * only be appended to (`chattr +a`) show in the run itself.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { Kind } from '../../objects/model.ts';
import { hasCode } from '../../platform/errno.ts';
import type { Platform, Stat } from '../../platform/platform.ts';
import { lstatOrNone } from './place/paths.ts';

const STICKY = 0o1000;

/**
 * Whether a folder keeps us from moving what belongs to others, as /tmp does: it has the sticky bit and another owner. Root may.
 * Throws errno errors.
 */
export function guardsNames(folder: Buffer): boolean {
  const user = process.geteuid?.();
  if (user === undefined || user === 0) return false;
  const { mode, uid } = statSync(folder);
  return (mode & STICKY) !== 0 && uid !== user;
}

/**
 * @param isGuarded what `guardsNames` says of its folder
 * @throws EPERM, EACCES where moving it would fail
 */
export function checkMovable(platform: Platform, path: Buffer, isGuarded: boolean): void {
  const stat = lstatOrNone(platform, path);
  if (!stat) return;
  if (isGuarded && !isOurs(stat)) throw notPermitted('it is not yours, and its folder has the sticky bit');
  // A symlink would be followed.
  if (stat.kind === Kind.symlink) return;
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    // The kernel says EPERM of what is immutable (chattr +i), to root, too; EACCES counts where `..` changes and we may not allow it.
    const isHeld = hasCode(error, 'EPERM') || (stat.kind === Kind.dir && !isOurs(stat));
    if (isHeld && hasCode(error, 'EPERM', 'EACCES')) throw error;
  }
}

function isOurs({ uid }: Stat): boolean {
  return process.geteuid?.() === uid;
}

function notPermitted(why: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`operation not permitted (${why})`), { code: 'EPERM' });
}
