/** The store in use, and other vaults, which a restore neither writes to nor moves. */
import { realpathSync } from 'node:fs';
import { Kind } from '../../../objects/model.ts';
import type { Platform, Stat } from '../../../platform/platform.ts';
import { isLink, isStore } from '../../ignore/exclusions.ts';
import { lastName, lstatOrNone, parentOf, ROOT, realOrSame, sameFile } from './paths.ts';
import { refused } from './refused.ts';

const VAULT_NAME = Buffer.from('.vault');

interface StoreInUse {
  platform: Platform;
  /** folder of the store, if it is a local one */
  store: Buffer | undefined;
}

/** True for `.vault` where it is a store, or links to one. */
export function isVaultAt(platform: Platform, path: Buffer, name: Buffer): boolean {
  if (!VAULT_NAME.equals(name)) return false;
  const stat = lstatOrNone(platform, path);
  if (stat?.kind !== Kind.dir) return stat !== undefined && isLink(name, stat, path);
  const inner = platform.openDirectory(path);
  try {
    return isStore(inner, path);
  } finally {
    inner.close();
  }
}

/**
 * The name in `folder` that is the store in use.
 * @throws REFUSED when the store lies deeper: replacing what is in the folder would move it
 */
export function nameOfStoreIn({ platform, store }: StoreInUse, folder: Buffer): Buffer | undefined {
  if (!store) return undefined;
  const own = platform.lstat(folder);
  let child: Buffer = realpathSync(store, { encoding: 'buffer' });
  for (let depth = 1; !child.equals(ROOT); depth++) {
    const parent = parentOf(child);
    if (sameFile(platform.lstat(parent), own)) {
      if (depth === 1) return lastName(child);
      throw refused(folder, `holds the vault's store, ${store.toString()}`, 'restore elsewhere with --to');
    }
    child = parent;
  }
  return undefined;
}

/** @throws REFUSED when the destination is the store or lies in it */
export function checkOutsideStore(
  { platform, store }: StoreInUse,
  destination: Buffer,
  there: Stat | undefined,
): void {
  if (!store) return;
  const own = platform.lstat(realpathSync(store, { encoding: 'buffer' }));
  let path = there?.kind === Kind.dir ? destination : parentOf(destination);
  while (!path.equals(ROOT) && !lstatOrNone(platform, realOrSame(path))) path = parentOf(path);
  for (path = realOrSame(path); ; path = parentOf(path)) {
    if (sameFile(platform.lstat(path), own)) {
      throw refused(destination, 'lies in the store of the vault', 'restore elsewhere with --to');
    }
    if (path.equals(ROOT)) return;
  }
}
