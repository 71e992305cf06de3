/** The folder that a vault keeps, and the line its snapshots go to. */
import { VaultError } from '../errors.ts';
import type { Repository } from './repository.ts';

export interface KeptFolder {
  /** absolute */
  root: Buffer;
  line: string;
}

/**
 * @param wanted a line other than the folder's own
 * @throws NO_VAULT for a bare store
 */
export function keptFolder(repository: Repository, wanted?: string): KeptFolder {
  const { root, line = wanted } = repository;
  if (root !== undefined && line !== undefined) return { root, line: wanted ?? line };
  throw new VaultError('NO_VAULT', 'this vault is a bare store: it belongs to no folder', {
    hint: 'link a folder to it with `vault init DIR --store …`, then work in DIR',
    subject: repository.backend.location,
  });
}
