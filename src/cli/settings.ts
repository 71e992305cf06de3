/** What is settled, by the user and by the vault, as `config` shows it. */

import { VaultError } from '../errors.ts';
import type { Repository } from '../index.ts';
import { isUserKey, readUserConfig, USER_KEYS, type UserKey } from './user-config.ts';

export interface Setting {
  key: string;
  value: string | number | boolean | string[];
  origin: 'user' | 'vault';
}

export function userSettings(): Setting[] {
  return Object.entries(readUserConfig()).map(([key, value]) => ({ key, value, origin: 'user' }));
}

/** What was settled when the vault was made and never changes: `vault.<key>`. */
export function vaultSettings({ config }: Pick<Repository, 'config'>): Setting[] {
  const { formatVersion, vaultId, created, chunker, pack, block, compression, cipher, features, shared } =
    config;
  const rows: [key: string, value: Setting['value']][] = [
    ['format', formatVersion],
    ['id', vaultId],
    ['created', created],
    ['chunker.algorithm', chunker.algorithm],
    ['chunker.min', chunker.min],
    ['chunker.avg', chunker.avg],
    ['chunker.max', chunker.max],
    ['chunker.normalization', chunker.normalization],
    ['pack.target', pack.target],
    ['block.target', block.target],
    ['compression.codec', compression.codec],
    ['compression.level', compression.level],
    ['cipher', cipher],
    ['features.read', features.read],
    ['features.write', features.write],
    ['shared', shared],
  ];
  return rows.map(([key, value]) => ({ key: `vault.${key}`, value, origin: 'vault' }));
}

export function isVaultKey(key: string): boolean {
  return key.startsWith('vault.');
}

/** @throws USAGE for a key that cannot be set */
export function settableKey(key: string): UserKey {
  if (isUserKey(key)) return key;
  if (!isVaultKey(key)) throw unknownKey(key, Object.keys(USER_KEYS));
  throw new VaultError('USAGE', `"${key}" was settled when the vault was made and cannot be changed`, {
    hint: `what can be set: ${Object.keys(USER_KEYS).join(', ')}`,
    subject: key,
  });
}

export function unknownKey(key: string, known: readonly string[]): VaultError {
  return new VaultError('USAGE', `"${key}" is no key of the config`, {
    hint: `known keys: ${known.join(', ')}`,
    subject: key,
    details: { known },
  });
}

export function settingText({ value }: Setting): string {
  return Array.isArray(value) ? value.join(' ') : String(value);
}
