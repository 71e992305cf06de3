/** The user's own folders, by the XDG base directory specification: a variable that is not absolute does not count. */
import { homedir } from 'node:os';
import path from 'node:path';

/** For what can be made again: compiled code, indexes of vaults that we may not write. */
export function cacheFolder(): string {
  return path.join(xdg('XDG_CACHE_HOME', '.cache'), 'vault');
}

export function configFolder(): string {
  return path.join(xdg('XDG_CONFIG_HOME', '.config'), 'vault');
}

/** For what one host knows of what it has done: runs of restores. */
function stateFolder(): string {
  return path.join(xdg('XDG_STATE_HOME', '.local/state'), 'vault');
}

/** Where this host keeps the records of a vault's restores. */
export function restoreRecords(vaultId: string): Buffer {
  return Buffer.from(path.join(stateFolder(), vaultId, 'restore'));
}

function xdg(variable: string, otherwise: string): string {
  const value = process.env[variable];
  return value !== undefined && path.isAbsolute(value) ? value : path.join(homedir(), otherwise);
}

/** `~` and `~/…` of a config file, which no shell has expanded. */
export function expandHome(text: string): string {
  return text === '~' || text.startsWith('~/') ? path.join(homedir(), text.slice(1)) : text;
}
