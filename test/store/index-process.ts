/**
 * Another process at one index: `node index-process.ts <folder> <act> [argument]`, with the store in <folder>/store and
 * its index in <folder>/index. Prints `ready`, waits for a byte of input, acts, and prints JSON.
 *
 *     fill SEED       stores chunks and trees of this seed, and reads them back
 *     read ROUNDS     opens, reads one object and closes, so many times; the milliseconds of each
 *     hold MS         keeps one slice for so long; `{}` at once
 *     abort           ends as LevelDB's assertions end a process, with the index open
 *     stranger CACHE  reads as a user who may not write, with a private index in CACHE
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { VaultError } from '../../src/errors.ts';
import { openBackend } from '../../src/store/backend/open.ts';
import { plainIds } from '../../src/store/hash/ids.ts';
import { ObjectType } from '../../src/store/id.ts';
import { IndexDb } from '../../src/store/index/db.ts';
import { bytesOf, fillStore, openStore, VAULT_ID } from './store-rig.ts';

const NOBODY = 65534;

const [folder, act, argument] = process.argv.slice(2) as [string, string, string];
if (act === 'stranger') {
  process.setgroups!([]);
  process.setgid!(NOBODY);
  process.setuid!(NOBODY);
}
const backend = await openBackend({ type: 'fs', path: `${folder}/store` });

const acts: Record<string, () => Promise<unknown>> = {
  async fill() {
    const store = openStore(folder, { backend, packTarget: 20_000 });
    const { chunks, trees } = await fillStore(store, argument, 100);
    for (const [id, bytes] of chunks)
      if (!(await store.readChunk(id)).equals(bytes)) throw new Error('other bytes');
    for (const id of trees.keys()) await store.readMeta(id, ObjectType.tree);
    await store.close();
    return { stored: chunks.size + trees.size };
  },
  async read() {
    const id = plainIds.chunk(bytesOf('first chunk 0', 500));
    const times: number[] = [];
    for (let i = 0; i < Number(argument); i++) {
      const store = openStore(folder, { backend });
      const start = performance.now();
      await store.readChunk(id);
      times.push(performance.now() - start);
      await store.close();
    }
    return { times };
  },
  async hold() {
    const store = openStore(folder, { backend });
    await store.index.db.read(async () => {
      console.log('{}');
      await delay(Number(argument));
    });
    await store.close();
    return {};
  },
  async abort() {
    await openStore(folder, { backend }).index.db.read(() => process.abort());
  },
  async stranger() {
    const places = [
      { path: `${folder}/index`, tmp: `${folder}/tmp` },
      { path: `${argument}/index`, tmp: `${argument}/tmp` },
    ];
    const db = new IndexDb({ places, vaultId: VAULT_ID });
    await db.read(() => undefined);
    const only = new IndexDb({ places: places.slice(0, 1), vaultId: VAULT_ID });
    const refused = await only
      .read(() => 'read')
      .catch((error) => (error instanceof VaultError ? error.code : error));
    const { path } = db;
    await db.close();
    return { path, refused };
  },
};

console.log('ready');
await once(process.stdin, 'data');
process.stdin.destroy();
console.log(JSON.stringify(await acts[act]!()));
