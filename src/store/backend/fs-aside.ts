/** Clears `tmp/` of what killed processes have left there. It counts for nothing, so here clocks may decide. */
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { TMP_FOLDER } from './key.ts';

const HOUR_MS = 3_600_000;
/** A file is written in seconds, an index made in minutes. */
const MOST_HOURS = 24;

/** `<pid>-<hex>`: a file that is written; `index-<hex>`: an index that is made, or was broken; `probe-<hex>`. */
const OURS = /^(?:([0-9]+)-[0-9a-f]{16}|index-[0-9a-f]{16}|probe-[0-9a-f]+)$/;

/**
 * Removes what is older than an hour and whose process does not run here, and what is older than a day.
 * @param store the store's folder
 * @returns how many there were
 */
export async function clearAside(
  store: string,
  { now, isRunning }: { now: number; isRunning(pid: number): boolean },
): Promise<number> {
  let cleared = 0;
  const folder = join(store, TMP_FOLDER);
  for (const name of await fs.readdir(folder).catch(() => [])) {
    const match = OURS.exec(name);
    if (!match) continue;
    const path = join(folder, name);
    const stat = await fs.lstat(path).catch(() => undefined);
    const hours = stat ? (now - stat.mtimeMs) / HOUR_MS : 0;
    const isDead = match[1] !== undefined && !isRunning(Number(match[1]));
    if (hours < (isDead ? 1 : MOST_HOURS)) continue;
    try {
      await fs.rm(path, { recursive: true, force: true });
      cleared++;
    } catch {
      // the next gc tries again
    }
  }
  return cleared;
}
