/** A file in the cache folder of this host, which only saves work. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes the file anew, private to this user. Who reads meets the old one or the new one, never a part. Nothing is synced: what a power loss
 * takes is found out again. Errors are Node's.
 */
export async function replaceCacheFile(path: string, text: string): Promise<void> {
  await fs.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await fs.writeFile(aside, text, { mode: 0o600, flag: 'wx' });
    await fs.rename(aside, path);
  } finally {
    await fs.rm(aside, { force: true });
  }
}
