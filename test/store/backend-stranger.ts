/**
 * Uses a store as a user who does not own it: `node backend-stranger.ts <store> <key> <unreadable key>`, begun by root.
 * Prints what came of it as JSON.
 */
import { VaultError } from '../../src/errors.ts';
import { openBackend } from '../../src/store/backend/open.ts';

const NOBODY = 65534;

const [path, key, secret] = process.argv.slice(2) as [string, string, string];
process.setgroups!([]);
process.setgid!(NOBODY);
process.setuid!(NOBODY);
const backend = await openBackend({ type: 'fs', path });

async function outcome(act: () => Promise<unknown>): Promise<unknown> {
  return act().catch((error: unknown) => (error instanceof VaultError ? error.code : String(error)));
}

async function list(): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of backend.list('')) keys.push(entry.key);
  return keys;
}

console.log(
  JSON.stringify({
    writable: backend.abilities.writable,
    read: await outcome(async () => (await backend.read(key)).toString()),
    secret: await outcome(() => backend.read(secret)),
    create: await outcome(() => backend.create('a/new', [])),
    remove: await outcome(() => backend.remove(key)),
    size: await outcome(() => backend.size(key)),
    list: await outcome(list),
  }),
);
