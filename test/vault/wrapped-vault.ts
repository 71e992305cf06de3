/** A vault whose storage is wrapped: for tests that fail its operations, or do something in between. */
import { join } from 'node:path';
import { RefStore, type Repository } from '../../src/index.ts';
import type { Backend, BackendEntry } from '../../src/store/backend/backend.ts';
import { plainIds } from '../../src/store/hash/ids.ts';
import { IndexDb } from '../../src/store/index/db.ts';
import { ObjectIndex } from '../../src/store/index/object-index.ts';
import { ObjectStore } from '../../src/store/object-store/object-store.ts';
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
  return replacing(backend, 'create', async (key, parts) => {
    await before(key);
    return backend.create(key, parts);
  });
}

/** The same storage; `before` is awaited before each operation that changes something. */
export function beforeChange(backend: Backend, before: () => Promise<void>): Backend {
  const changing = ['create', 'remove', 'move'] as const;
  return changing.reduce((wrapped, name) => {
    const change = backend[name]?.bind(backend) as ((...args: unknown[]) => Promise<unknown>) | undefined;
    if (!change) return wrapped;
    const delayed = async (...args: unknown[]) => {
      await before();
      return change(...args);
    };
    return replacing(wrapped, name, delayed as never);
  }, backend);
}

/** The same storage with other listings. */
export function wrapList(
  backend: Backend,
  change: (entries: AsyncIterable<BackendEntry>, prefix: string) => AsyncIterable<BackendEntry>,
): Backend {
  return replacing(backend, 'list', (prefix, options) => change(backend.list(prefix, options), prefix));
}

/** A storage of which one operation is another. */
export function replacing<Name extends keyof Backend>(
  backend: Backend,
  replaced: Name,
  by: Backend[Name],
): Backend {
  return new Proxy(backend, {
    get(target, name) {
      if (name === replaced) return by;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
