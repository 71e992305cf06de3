/**
 * What a snapshot never takes although no rule says so: vaults, links to them, the store in use wherever it lies, what
 * a restore leaves beside its destination, and the content of cache folders (CACHEDIR.TAG, https://bford.info/cachedir/).
 */
import { realpathSync } from 'node:fs';
import { Kind } from '../../objects/model.ts';
import { joinPath } from '../../objects/names.ts';
import type { Directory, Stat } from '../../platform/platform.ts';
import { getPlatform } from '../../platform/select.ts';
import { readHead } from './read-head.ts';

/** `store`: the store in use, or the root's link to it; `vault`: any other. */
export type ExclusionReason = 'rule' | 'store' | 'vault' | 'restore' | 'cache' | 'file system';

export interface Exclusion {
  path: Buffer;
  reason: ExclusionReason;
}

/** The first 43 bytes of a CACHEDIR.TAG file. */
export const CACHE_SIGNATURE = Buffer.from('Signature: 8a477f597d28d172789f06886806bc55');
export const CACHE_TAG = Buffer.from('CACHEDIR.TAG');

const LINK_NAME = Buffer.from('.vault');
const CONFIG_NAME = Buffer.from('config');
/** How a store's config record begins (format.md, "Records"). */
const CONFIG_HEAD = /^\{"version":\d+,"key":"config",.*"vaultId":"[0-9a-f]{64}"/;
/** A store's top folder has few names; a folder with more is none. */
const MOST_STORE_NAMES = 24;

/** What tells the folder of the store in use from others, by whatever name it is met. */
export type StoreIdentity = Pick<Stat, 'dev' | 'ino'>;

/** Undefined for a store that is no folder. */
export function storeIdentity(folder: Buffer | undefined): StoreIdentity | undefined {
  return folder && getPlatform().lstat(realpathSync.native(folder, { encoding: 'buffer' }));
}

export function isStoreInUse({ dev, ino }: Stat, store: StoreIdentity | undefined): boolean {
  return store !== undefined && dev === store.dev && ino === store.ino;
}

/** A name that restores use for what they keep beside the destination. */
export function isRestoreArtifact(name: Buffer): boolean {
  if (name[0] !== 0x2e && name.at(-1) !== 0x65) return false;
  const text = name.toString('latin1');
  return text.startsWith('.vault_restore') || text.endsWith('.vault_stage');
}

/** True when the open folder really is a store: a user's own folder that merely is called `.vault` is kept. */
export function isStore(folder: Directory, path: Buffer): boolean {
  if (folder.length > MOST_STORE_NAMES) return false;
  for (let i = 0; i < folder.length; i++) {
    if (folder.name(i).equals(CONFIG_NAME)) return hasConfig(path);
  }
  return false;
}

/** True when the folder at `path` holds a store's config. */
export function hasConfig(path: Buffer): boolean {
  return CONFIG_HEAD.test(readHead(joinPath(path, CONFIG_NAME), 512)?.toString('latin1') ?? '');
}

/** True for the `.vault` file of a folder whose store lies elsewhere. */
export function isLink(name: Buffer, stat: Stat, path: Buffer): boolean {
  if (stat.kind !== Kind.file || !name.equals(LINK_NAME)) return false;
  return /^\s*store\s*=/m.test(readHead(path, 4096)?.toString('latin1') ?? '');
}

/** True for a folder that says it is a cache. */
export function isCache(path: Buffer): boolean {
  return readHead(joinPath(path, CACHE_TAG), CACHE_SIGNATURE.length)?.equals(CACHE_SIGNATURE) === true;
}
