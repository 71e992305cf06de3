/** What is mounted below a folder that would be moved: it would go along. */
import type { VaultError } from '../../../errors.ts';
import { joinPath } from '../../../objects/names.ts';
import type { Platform } from '../../../platform/platform.ts';
import { firstName, lastName, namesIn, parentOf, ROOT, realOrSame } from './paths.ts';
import { refused } from './refused.ts';

/** What is mounted below a folder that is moved would go along with it, and be the previous state's. */
export function checkNoneMounted(platform: Platform, folder: Buffer, kept: readonly Buffer[]): void {
  const mounts = mountsBelow(platform, folder);
  const mounted = mounts.find((path) => !kept.some((name) => name.equals(firstName(path))));
  if (mounted) throw mountRefused(joinPath(folder, mounted));
}

/** What something is mounted on cannot be moved: better said before half of the names have been, also where no list of mounts tells. */
export function checkNoMounts(platform: Platform, folder: Buffer, kept: readonly Buffer[]): void {
  for (const name of namesIn(platform, folder)) {
    if (kept.some((other) => other.equals(name)) || !platform.isMountPoint(joinPath(folder, name))) continue;
    throw mountRefused(joinPath(folder, name));
  }
}

function mountRefused(path: Buffer): VaultError {
  return refused(
    path,
    'is a mount point, and lies in what would be replaced',
    'unmount it, merge with --conflict=<policy>, or restore elsewhere with --to',
  );
}

/** What is mounted below a folder, which is no symlink, from there. */
export function mountsBelow(platform: Platform, folder: Buffer): Buffer[] {
  const real = folder.equals(ROOT) ? ROOT : joinPath(realOrSame(parentOf(folder)), lastName(folder));
  return platform
    .mountPointsBelow(real)
    .map((path) => path.subarray(real.equals(ROOT) ? 1 : real.length + 1));
}
