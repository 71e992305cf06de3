/** A folder for one test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FAST_FOLDER } from '../support/fast-folder.ts';

export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(FAST_FOLDER, 'vault-test-'));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
