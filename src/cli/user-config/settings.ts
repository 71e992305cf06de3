/** What is settled, by the user and by the vault, as `config` shows it. */

import { isVaultError, VaultError } from '../../errors.ts';
import type { Repository } from '../../index.ts';
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
function vaultSettings({ config }: Pick<Repository, 'config'>): Setting[] {
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

/**
 * What one key is set to: one setting, or none.
 * @param ofVault opens the vault, where it is asked
 * @throws USAGE for a key that there is not
 */
export async function settingsOf(key: string, ofVault: () => Promise<Repository>): Promise<Setting[]> {
  if (isUserKey(key)) return userSettings().filter((one) => one.key === key);
  if (!isVaultKey(key)) throw unknownKey(key, Object.keys(USER_KEYS));
  const settings = vaultSettings(await ofVault());
  const found = settings.filter((one) => one.key === key);
  if (found.length === 0) {
    throw unknownKey(
      key,
      settings.map((one) => one.key),
    );
  }
  return found;
}

/** @param isNamed somebody named a vault: else it need not be there */
export async function allSettings(ofVault: () => Promise<Repository>, isNamed: boolean): Promise<Setting[]> {
  try {
    return [...userSettings(), ...vaultSettings(await ofVault())];
  } catch (error) {
    if (isVaultError(error, 'NO_VAULT') && !isNamed) return userSettings();
    throw error;
  }
}

function isVaultKey(key: string): boolean {
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

function unknownKey(key: string, known: readonly string[]): VaultError {
  return new VaultError('USAGE', `"${key}" is no key of the config`, {
    hint: `known keys: ${known.join(', ')}`,
    subject: key,
    details: { known },
  });
}

export function settingText({ value }: Setting): string {
  return Array.isArray(value) ? value.join(' ') : String(value);
}
