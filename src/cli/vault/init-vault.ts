/** Makes a vault where the user means one. Loaded when it is needed: it brings the library. */
import { isUtf8 } from 'node:buffer';
import { hostEnvironment, type InitResult, initVault, VaultError } from '../../index.ts';
import { bytesOf } from '../paths/argv.ts';
import { currentFolder } from '../paths/current-folder.ts';
import { cacheFolder } from '../paths/folders.ts';
import { resolveBytes } from '../paths/path-bytes.ts';
import { quote } from '../text/quoting.ts';

export interface InitRequest {
  /** the folder to keep, as it was typed */
  folder: string;
  /** `--store` */
  store?: string | undefined;
  line?: string | undefined;
  shared?: boolean;
}

/** @throws USAGE for a store that is no path and for an empty path, BAD_PATH for a name that is not UTF-8, and as `initVault` */
export function initVaultAt({ folder, store, line, shared = false }: InitRequest): Promise<InitResult> {
  if (store !== undefined && /^\w+:\/\//.test(store)) {
    throw new VaultError('USAGE', `${store}: only stores in folders are supported`, {
      hint: 'name a folder',
    });
  }
  return initVault({
    folder: absolute(folder),
    ...(store !== undefined && { store: absolute(store) }),
    ...(line !== undefined && { line }),
    shared,
    environment: hostEnvironment(cacheFolder()),
  });
}

/** Told once, of what `initVault` calls exposed. */
export function othersMayOpen(store: string): string {
  return `others may open ${store}: its file system keeps no modes; whom it lets in is decided where it is mounted`;
}

function absolute(operand: string): string {
  const path = resolveBytes(currentFolder(), bytesOf(operand));
  if (isUtf8(path)) return path.toString();
  throw new VaultError('BAD_PATH', `${quote(path)}: a vault cannot be made where a name is not UTF-8`, {
    hint: 'make it in a folder above, or rename the folder',
    subject: quote(path),
  });
}
