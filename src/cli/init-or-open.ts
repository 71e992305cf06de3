/** `--init`: the vault that is there, else a new one. */
import { lstatSync } from 'node:fs';
import { type InitResult, isVaultError } from '../index.ts';
import { bytesOf } from './argv.ts';
import { initVaultAt } from './init-vault.ts';

export interface InitOrOpenOptions {
  /** false: only opens */
  isWanted: boolean;
  /** operands of the command */
  paths: readonly string[];
  onInit(made: InitResult): void;
}

/**
 * Opens; where there is no vault makes one first: in the one PATH that is a folder, else in the current folder.
 * @throws as `open` and `initVaultAt`
 */
export async function initOrOpen<T>(open: () => Promise<T>, options: InitOrOpenOptions): Promise<T> {
  try {
    return await open();
  } catch (error) {
    // Somebody who names a vault does not mean a new one elsewhere.
    const isNamed = Boolean(process.env.VAULT_DIR);
    if (!options.isWanted || isNamed || !isVaultError(error, 'NO_VAULT')) throw error;
  }
  options.onInit(await initVaultAt({ folder: folderOf(options.paths) }));
  return open();
}

function folderOf(paths: readonly string[]): string {
  const [path] = paths;
  if (path === undefined || paths.length > 1) return '.';
  return lstatSync(bytesOf(path), { throwIfNoEntry: false })?.isDirectory() ? path : '.';
}
