/** `$XDG_CONFIG_HOME/vault/config.toml`: what a user has settled for all commands. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { VaultError } from '../../errors.ts';
import { configFolder, expandHome } from '../paths/folders.ts';
import { printableLine } from '../text/quoting.ts';
import { policyFault } from './retention-policy.ts';

export interface UserConfig {
  /** the vault that is used where there is none: an absolute path or a URL */
  store?: string;
  /** options of a policy for `forget` */
  forget?: string;
}

export type UserKey = keyof UserConfig;

/** The one list of keys: what each is for, an example, and what is wrong with a value as it stands in the file. */
export const USER_KEYS: Record<
  UserKey,
  { summary: string; example: string; fault(value: unknown): string | undefined }
> = {
  store: {
    summary:
      'the vault that is used where neither --vault nor VAULT_DIR names one and no folder above has one',
    example: '/mnt/backup/vault',
    fault(value) {
      if (typeof value !== 'string' || value === '') return 'must be a path in quotes';
      const expanded = expandHome(value);
      return path.isAbsolute(expanded) || /^\w+:\/\//.test(expanded) ? undefined : 'must be an absolute path';
    },
  },
  forget: {
    summary: 'the policy of `vault forget` where none is given: its options',
    example: 'keep-within=2d,keep-daily=7,keep-weekly=5,keep-monthly=12',
    fault: policyFault,
  },
};

export function isUserKey(name: string): name is UserKey {
  return Object.hasOwn(USER_KEYS, name);
}

export function userConfigPath(): string {
  return path.join(configFolder(), 'config.toml');
}

/**
 * Empty when there is no such file. Unknown keys are left alone: another version may know them.
 * @throws USAGE for what is no TOML or a key of another type, PERMISSION and IO as the file system says
 */
export function readUserConfig(): UserConfig {
  const file = userConfigPath();
  const fields = parseUserConfig(readConfigText(file) ?? '', file);
  const config: UserConfig = {};
  for (const key of Object.keys(USER_KEYS) as UserKey[]) {
    const value = fields[key];
    if (value === undefined) continue;
    const fault = USER_KEYS[key].fault(value);
    if (fault !== undefined) throw badConfig(file, `"${key}" ${fault}`);
    config[key] = expandHome(value as string);
  }
  return config;
}

/** Undefined when there is no such file. */
export function readConfigText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** @throws USAGE, with the line, for what is no TOML */
export function parseUserConfig(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n', 1)[0]!.replace('Invalid TOML document: ', '');
    throw badConfig(file, `line ${error.line}: ${printableLine(reason)}`, error);
  }
}

function badConfig(file: string, reason: string, cause?: unknown): VaultError {
  return new VaultError('USAGE', `${file}: ${reason}`, {
    hint: 'correct the file or move it away; no vault was touched',
    subject: file,
    cause,
  });
}
