/** A place for folders that tests make anew many times. */
import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
/** More than the tests take that run at a time; a container may have 64 MB. */
const NEEDED_BYTES = 2 ** 30;

/** In memory where there is such a place: each vault syncs dozens of times. What is of a real disk is tested on one. */
export const FAST_FOLDER = hasRoom(MEMORY) ? MEMORY : tmpdir();

function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= NEEDED_BYTES;
}
