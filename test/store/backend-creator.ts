/**
 * A process that creates one key: `node backend-creator.ts <store> <key> [shared] [wait]`. With `wait` it says when it is
 * ready and goes on at the first byte of its input, so that many begin together. Prints `true`, `false` or the error's code.
 */
import { once } from 'node:events';
import { VaultError } from '../../src/errors.ts';
import { openBackend } from '../../src/store/backend/open.ts';

const [path, key, ...options] = process.argv.slice(2) as [string, string, ...string[]];
const shared = options.includes('shared');
const backend = await openBackend({ type: 'fs', path, shared }, { create: true });
const body = [Buffer.alloc(50_000, String(process.pid)), Buffer.from(`\n${process.pid}\n`)];
if (options.includes('wait')) {
  process.stderr.write('ready\n');
  await once(process.stdin, 'data');
}
try {
  console.log(await backend.create(key, body));
} catch (error) {
  console.log(error instanceof VaultError ? `${error.code} ${error.message}` : error);
}
process.stdin.destroy();
