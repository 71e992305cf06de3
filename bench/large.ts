/**
 * A large file that looks like the image of a virtual machine.
 */
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { below, noise, type Random, seeded, textLine } from './random.ts';

const MiB = 1 << 20;
/** So many that a compressor's window seldom holds the same line twice. */
const LINES = 100_000;

/**
 * Makes (once) `work/large-<MB>/live/disk.img` and returns its folder. Runs of 1 to 32 MiB: 25 % written zeros, 15 % holes,
 * 40 % text that zstd makes a third of, 20 % random. No two text or random runs are alike.
 */
export function largeFile(work: string, megabytes: number): string {
  const root = join(work, `large-${megabytes}`, 'live');
  const path = join(root, 'disk.img');
  if (existsSync(path)) return root;
  mkdirSync(root, { recursive: true });
  const size = megabytes * 1e6;
  const random = seeded(3);
  const lines = Array.from({ length: LINES }, () => Buffer.from(textLine(random)));
  const fd = openSync(`${path}.new`, 'w');
  ftruncateSync(fd, size);
  for (let at = 0; at < size; ) {
    const length = Math.min(MiB * (1 + below(random, 32)), size - at);
    const kind = random();
    if (kind < 0.25) writeSync(fd, Buffer.alloc(length), 0, length, at);
    else if (kind < 0.65) writeSync(fd, fill(lines, random, length), 0, length, at);
    else if (kind < 0.85) writeSync(fd, noise(at / 4096, length), 0, length, at);
    at += length;
  }
  closeSync(fd);
  renameSync(`${path}.new`, path);
  return root;
}

function fill(lines: Buffer[], random: Random, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) at += lines[below(random, LINES)]!.copy(bytes, at);
  return bytes;
}
