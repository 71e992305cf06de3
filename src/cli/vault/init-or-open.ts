/** `--init`: the vault that is there, else a new one. */
import { lstatSync, type Stats } from 'node:fs';
import { type InitResult, isVaultError, VaultError } from '../../index.ts';
import { bytesOf } from '../paths/argv.ts';
import { currentFolder } from '../paths/current-folder.ts';
import { pathInside } from '../paths/inside.ts';
import { resolveBytes } from '../paths/path-bytes.ts';
import { quote } from '../text/quoting.ts';
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
 * @throws as `open` and `initVaultAt`, BAD_PATH for a PATH that the new vault would not keep
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

/** @throws BAD_PATH where the vault would not keep what is named: none is left behind for a slip of the pen */
function folderOf(paths: readonly string[]): string {
  const [only] = paths;
  if (paths.length === 1 && statOf(only!)?.isDirectory()) return only!;
  for (const path of paths) {
    const isKept =
      statOf(path) !== undefined && pathInside(resolveBytes(currentFolder(), bytesOf(path)), currentFolder());
    if (isKept) continue;
    throw new VaultError(
      'BAD_PATH',
      `${quote(bytesOf(path))} is not in the current folder; no vault was made`,
      {
        hint: 'name one folder that is there, to keep that, or what is in the current folder',
        subject: quote(bytesOf(path)),
      },
    );
  }
  return '.';
}

function statOf(path: string): Stats | undefined {
  return lstatSync(bytesOf(path), { throwIfNoEntry: false });
}
