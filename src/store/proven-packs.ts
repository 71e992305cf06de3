/**
 * When each pack was last read whole and found sound, remembered on this host: a file of lines `<pack> <seconds since 1970>`
 * in the cache folder. It only says what is to be read next; losing it costs reading again.
 */
import fs from 'node:fs/promises';
import { replaceCacheFile } from './cache-file.ts';

const HEAD = 'packs proven sound 1';
/** A line has 76 bytes at most; more packs than this nobody has. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Pack → seconds since 1970; empty when there is no such file, or another one. */
export async function readProven(path: string): Promise<Map<string, number>> {
  const proven = new Map<string, number>();
  let lines: string[];
  try {
    if ((await fs.stat(path)).size > MAX_BYTES) return proven;
    lines = (await fs.readFile(path, 'latin1')).split('\n');
  } catch {
    return proven;
  }
  if (lines[0] !== HEAD) return proven;
  for (const line of lines) {
    const match = /^([0-9a-f]{64}) ([0-9]{1,12})$/.exec(line);
    if (match) proven.set(match[1]!, Number(match[2]));
  }
  return proven;
}

/** Replaces the file as a whole. Errors are Node's. */
export async function writeProven(path: string, proven: ReadonlyMap<string, number>): Promise<void> {
  const lines = [HEAD, ...[...proven].map(([pack, seconds]) => `${pack} ${seconds}`), ''];
  await replaceCacheFile(path, lines.join('\n'));
}

/**
 * The packs to read next: those never proven, then those proven longest ago, until they have `percent` of all bytes. So
 * each of 100 / percent runs reads at least its share, and together they read everything.
 */
export function nextToProve(
  packs: readonly { pack: string; size: number }[],
  proven: ReadonlyMap<string, number>,
  percent: number,
): Set<string> {
  const order = packs
    .map(({ pack, size }) => ({ pack, size, at: proven.get(pack) ?? -1 }))
    .sort((a, b) => a.at - b.at || (a.pack < b.pack ? -1 : 1));
  const total = order.reduce((sum, { size }) => sum + size, 0);
  const chosen = new Set<string>();
  let left = (total * percent) / 100;
  for (const { pack, size } of order) {
    if (left <= 0) break;
    chosen.add(pack);
    left -= size;
  }
  return chosen;
}
