/** A place for folders that tests make anew many times. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** In memory where there is such a place: each vault syncs dozens of times. */
export const FAST_FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
