/**
 * Which vault a command means, in this order:
 *   1. `--vault`, 2. `VAULT_DIR`: a store, a folder that holds `.vault`, or a link file;
 *   3. the nearest `.vault` upward from the first PATH, or from the current folder where there is none:
 *      a folder is the store itself, a file is a link (store, line);
 *   4. `store` in the user's config.
 * With PATHs, all of them must lie in the folder that was found.
 */
import { isUtf8 } from 'node:buffer';
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { VaultError } from '../../errors.ts';
import { readLink, type VaultPlace } from '../../index.ts';
import { bytesOf } from '../paths/argv.ts';
import { currentFolder } from '../paths/current-folder.ts';
import { pathInside, realPath } from '../paths/inside.ts';
import { joinBytes, parentOf, resolveBytes } from '../paths/path-bytes.ts';
import { quote } from '../text/quoting.ts';
import { readUserConfig } from '../user-config/user-config.ts';

const NAME = '.vault';
/** A new store has the first two. One that lost some is still meant; a user's own folder called `.vault` is not. */
const STORE_NAMES = ['config', 'tmp', 'objects', 'refs'];
const ENOUGH_STORE_NAMES = 2;

export interface FindVaultOptions {
  /** `--vault` */
  vault?: string | undefined;
  /** operands that name files of the vault's folder, as they were typed */
  paths?: readonly string[];
}

/** @throws NO_VAULT, PERMISSION where one may be that cannot be looked into, BAD_PATH when a PATH lies outside, UNKNOWN_FORMAT for a `.vault` file that is no link */
export function findVault({ vault, paths = [] }: FindVaultOptions = {}): VaultPlace {
  const here = currentFolder();
  const absolute = paths.map((path) => resolveBytes(here, bytesOf(path)));
  const named = vault ?? (process.env.VAULT_DIR || undefined);
  const place =
    named === undefined
      ? (searchUpward(absolute[0] ?? here) ?? defaultPlace(absolute[0] ? parentOf(absolute[0]) : here))
      : namedPlace(named, here);
  for (const path of absolute) checkInside(path, place);
  return place;
}

function namedPlace(name: string, here: Buffer): VaultPlace {
  if (/^\w+:\/\//.test(name)) {
    throw new VaultError('USAGE', `${name}: only vaults in folders are supported`, {
      hint: 'name a folder',
      subject: name,
    });
  }
  const path = resolveBytes(here, bytesOf(name));
  const stat = statOf(path);
  if (stat?.isFile()) return linkedPlace(path);
  const own = stat?.isDirectory() ? (storePlace(path) ?? placeIn(path)) : undefined;
  if (own !== undefined) return own;
  for (const closed of [path, joinBytes(path, NAME)]) if (isClosed(closed)) throw notPermitted(closed);
  const what = stat === undefined ? 'does not exist' : 'is not a vault and holds none';
  throw new VaultError('NO_VAULT', `${quote(path)} ${what}`, {
    hint: 'name a store, or a folder that holds .vault; "vault init" makes one',
    subject: quote(path),
  });
}

/** The nearest `.vault` from `start` (a folder, a file, or gone) upward. */
function searchUpward(start: Buffer): VaultPlace | undefined {
  for (let folder = start; ; folder = parentOf(folder)) {
    const place = placeIn(folder);
    if (place !== undefined || folder.length === 1) return place;
  }
}

function placeIn(folder: Buffer): VaultPlace | undefined {
  const path = joinBytes(folder, NAME);
  const stat = statOf(path);
  if (stat?.isFile()) return linkedPlace(path);
  return stat?.isDirectory() ? storePlace(path) : undefined;
}

/** `path` itself as a store; one called `.vault` keeps the folder it lies in. */
function storePlace(path: Buffer): VaultPlace | undefined {
  const found = STORE_NAMES.filter((name) => statOf(joinBytes(path, name)) !== undefined);
  if (found.length < ENOUGH_STORE_NAMES) return undefined;
  if (!path.equals(joinBytes(parentOf(path), NAME))) return { store: textOf(path) };
  const root = realRoot(path);
  return { store: textOf(joinBytes(root, NAME)), root };
}

/** A scan does not follow the root itself, so it must be no symlink. */
function realRoot(path: Buffer): Buffer {
  const folder = parentOf(path);
  return realPath(folder) ?? folder;
}

function linkedPlace(path: Buffer): VaultPlace {
  const { store, line } = readLink(path, quote(path));
  const root = realRoot(path);
  return { store: textOf(resolveBytes(root, Buffer.from(store))), root, line };
}

/** @param searched where none was found */
function defaultPlace(searched: Buffer): VaultPlace {
  const { store } = readUserConfig();
  if (store !== undefined) return namedPlace(store, searched);
  for (let folder = searched; ; folder = parentOf(folder)) {
    const path = joinBytes(folder, NAME);
    if (isClosed(path)) throw notPermitted(path);
    if (folder.length === 1) break;
  }
  throw new VaultError('NO_VAULT', `no vault in ${quote(searched)} or above it`, {
    hint: 'run "vault init" in the folder to keep, or name a vault with --vault',
    subject: quote(searched),
  });
}

/** A folder that this user may not look into: whether it is a vault cannot be told. */
function isClosed(path: Buffer): boolean {
  if (!statOf(path)?.isDirectory()) return false;
  try {
    accessSync(path, constants.R_OK | constants.X_OK);
    return false;
  } catch {
    return true;
  }
}

function notPermitted(path: Buffer): VaultError {
  return new VaultError('PERMISSION', `no permission to look into ${quote(path)}`, {
    hint: 'run as a user who may read it, or name another vault with --vault',
    subject: quote(path),
  });
}

function checkInside(path: Buffer, { root, store }: VaultPlace): void {
  if (root === undefined || pathInside(path, root)) return;
  throw new VaultError(
    'BAD_PATH',
    `${quote(path)} lies outside ${quote(root)}, the folder of the vault ${store}`,
    {
      hint: 'name paths of one vault, or the vault with --vault',
      subject: quote(path),
    },
  );
}

function textOf(path: Buffer): string {
  if (isUtf8(path)) return path.toString();
  throw new VaultError('BAD_PATH', `${quote(path)}: a store's own path must be UTF-8`, {
    hint: 'keep the store elsewhere: "vault init --store PATH"',
    subject: quote(path),
  });
}

/** Undefined for what is not there or may not be looked at. */
function statOf(path: Buffer): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
