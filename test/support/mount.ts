/** Real file systems for tests that have the right to mount. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

export const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

/** @param how arguments of mount(8) before the place */
export async function withMount<T>(how: string[], place: string, body: () => Promise<T>): Promise<T> {
  mkdirSync(place, { recursive: true });
  execFileSync('mount', [...how, place]);
  try {
    return await body();
  } finally {
    execFileSync('umount', [place]);
  }
}
