/** `$XDG_CONFIG_HOME/vault/config.toml`: what a user has settled for all commands. One key so far. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { VaultError } from '../errors.ts';
import { configFolder, expandHome } from './folders.ts';
import { printableLine } from './quoting.ts';

export interface UserConfig {
  /** the vault that is used where there is none: an absolute path or a URL */
  store?: string;
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
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw error;
  }
  const { store } = parseToml(text, file);
  if (store === undefined) return {};
  if (typeof store !== 'string' || store === '') throw badConfig(file, '"store" must be a path in quotes');
  const expanded = expandHome(store);
  if (!path.isAbsolute(expanded) && !/^\w+:\/\//.test(expanded)) {
    throw badConfig(file, '"store" must be an absolute path');
  }
  return { store: expanded };
}

function parseToml(text: string, file: string): Record<string, unknown> {
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
