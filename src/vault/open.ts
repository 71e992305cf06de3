/** Opens a vault: storage, config, index and refs behind one handle. */
import { join } from 'node:path';
import { RefStore } from '../refs/ref-store.ts';
import type { Backend, BackendSpec } from '../store/backend/backend.ts';
import { openBackend } from '../store/backend/open.ts';
import { type Config, readConfig } from '../store/config.ts';
import { plainIds } from '../store/hash/ids.ts';
import { IndexDb, type IndexPlace } from '../store/index/db.ts';
import { ObjectIndex } from '../store/index/object-index.ts';
import type { RefreshProgress } from '../store/index/refresh.ts';
import { ObjectStore } from '../store/object-store/object-store.ts';
import { guarded } from '../store/transaction/guarded-backend.ts';
import type { Environment } from './environment.ts';
import { EMBEDDED_LINE, VAULT_NAME } from './init.ts';
import { type Progress, silentProgress } from './progress.ts';
import type { Repository } from './repository.ts';

/** Where a vault is and which folder it keeps; `src/cli/vault/find-vault.ts` finds it for a user, a program says it. */
export interface VaultPlace {
  /** absolute path of the store */
  store: string;
  /** absolute path of the folder that is kept; absent for a bare store */
  root?: Buffer;
  /** absent: `main` in an embedded vault, else none */
  line?: string;
}

export interface OpenVaultOptions extends VaultPlace {
  environment: Environment;
  /** tells of the index being rebuilt */
  progress?: Progress;
  signal?: AbortSignal;
  /** bytes of decoded blocks to keep; 32 MiB unless given */
  cacheBytes?: number;
}

/**
 * @throws NO_VAULT when there is none, UNKNOWN_FORMAT for a newer one, PERMISSION, DAMAGED, IO
 */
export async function openVault(options: OpenVaultOptions): Promise<Repository> {
  const { store: path, root, environment } = options;
  const spec: BackendSpec = { type: 'fs', path };
  let storage = await openBackend(spec);
  const config = await configOf(storage);
  if (config.readOnly) {
    await storage.close();
    storage = await openBackend(spec, { readOnly: 'a newer version of vault keeps it' });
  }
  const backend = guarded(storage);
  const embedded = root !== undefined && path === join(root.toString(), VAULT_NAME);
  const index = new ObjectIndex(
    new IndexDb({
      places: indexPlaces(path, backend.abilities.writable, config, environment),
      vaultId: config.vaultId,
      ...(options.signal && { signal: options.signal }),
    }),
    backend,
    refreshOptions(options),
  );
  const store = new ObjectStore({
    backend,
    index,
    ids: plainIds,
    settings: config,
    ...(options.cacheBytes !== undefined && { cacheBytes: options.cacheBytes }),
  });
  return {
    backend,
    config,
    store,
    refs: new RefStore(backend),
    environment,
    spec,
    folder: Buffer.from(path),
    root,
    embedded,
    line: options.line ?? (embedded ? EMBEDDED_LINE : undefined),
    async close() {
      await store.close();
      await backend.close();
    },
  };
}

/** As `readConfig`; closes a storage that holds no vault. */
async function configOf(storage: Backend): Promise<Config> {
  try {
    return await readConfig(storage);
  } catch (error) {
    await storage.close();
    throw error;
  }
}

/** The vault's own index where it may be written, else a private one in the cache folder. */
function indexPlaces(
  path: string,
  writable: boolean,
  config: Config,
  { cacheFolder }: Environment,
): IndexPlace[] {
  const own: IndexPlace = { path: join(path, 'index'), tmp: join(path, 'tmp') };
  const folder = join(cacheFolder, config.vaultId);
  const cached: IndexPlace = { path: join(folder, 'index'), tmp: join(folder, 'tmp') };
  return writable ? [own, cached] : [cached];
}

/** Fewer packs of other writers are recorded in no time; a rebuild is told in any case. */
const MANY_PACKS = 16;

/** What is worth telling of a refresh. */
function refreshOptions({ progress = silentProgress, signal }: OpenVaultOptions) {
  return {
    onProgress: ({ done, total, rebuild }: RefreshProgress) => {
      if (!rebuild && total < MANY_PACKS) return;
      if (done === 0) progress.phase('index', { files: total });
      else progress.file(0, false);
    },
    ...(signal && { signal }),
  };
}
