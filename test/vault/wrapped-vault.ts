/** A vault whose storage is wrapped: for tests that fail its operations, or do something in between. */
import { join } from 'node:path';
import { RefStore, type Repository } from '../../src/index.ts';
import type { Backend } from '../../src/store/backend/backend.ts';
import { plainIds } from '../../src/store/ids.ts';
import { IndexDb } from '../../src/store/index-db.ts';
import { ObjectIndex } from '../../src/store/object-index.ts';
import { ObjectStore } from '../../src/store/object-store.ts';
import type { Kept } from './kept.ts';

/** The kept folder's vault, opened anew; closing it closes its storage. */
export async function openWrapped(
  kept: Kept,
  wrap: (backend: Backend) => Backend,
  store = join(kept.root, '.vault'),
): Promise<Repository> {
  const vault = await kept.open({ store });
  const backend = wrap(vault.backend);
  const db = new IndexDb({
    places: [{ path: join(store, 'index'), tmp: join(store, 'tmp') }],
    vaultId: vault.config.vaultId,
  });
  const objects = new ObjectStore({
    backend,
    index: new ObjectIndex(db, backend),
    ids: plainIds,
    settings: vault.config,
  });
  return {
    ...vault,
    backend,
    store: objects,
    refs: new RefStore(backend),
    async close() {
      await objects.close();
    },
  };
}

/** The same storage; `before` is awaited before each key is created. */
export function beforeCreate(backend: Backend, before: (key: string) => Promise<void>): Backend {
  return new Proxy(backend, {
    get(target, name) {
      if (name === 'create') {
        return async (key: string, parts: readonly Uint8Array[]) => {
          await before(key);
          return target.create(key, parts);
        };
      }
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
