/** Opens the vault that a command means. Loaded when it is needed: it brings the library. */
import { hostEnvironment, openVault, type Progress, type Repository } from '../../index.ts';
import { cacheFolder } from '../paths/folders.ts';
import { type FindVaultOptions, findVault } from './find-vault.ts';

export interface OpenOptions extends FindVaultOptions {
  progress: Progress;
  signal: AbortSignal;
}

/** @throws what `findVault` and the library's `openVault` throw */
export function openFoundVault({ progress, signal, ...find }: OpenOptions): Promise<Repository> {
  return openVault({
    ...findVault(find),
    environment: hostEnvironment(cacheFolder()),
    progress,
    signal,
  });
}
