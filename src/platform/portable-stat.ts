/** Node's `Stats` with BigInts as a `Stat`. */
import type { BigIntStats } from 'node:fs';
import { kindOfMode } from './kind.ts';
import type { Stat } from './platform.ts';

const SECOND = 1_000_000_000n;

export function portableStat(stat: BigIntStats): Stat {
  const mode = Number(stat.mode);
  const [mtimeS, mtimeNs] = wholeSeconds(stat.mtimeNs);
  const [ctimeS, ctimeNs] = wholeSeconds(stat.ctimeNs);
  const [btimeS, btimeNs] = wholeSeconds(stat.birthtimeNs);
  const known = stat.birthtimeNs !== 0n; // libuv's answer where it is not recorded
  const [rdevMajor, rdevMinor] = splitDevice(stat.rdev);
  return {
    kind: kindOfMode(mode),
    mode: mode & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: Number(stat.size),
    mtimeS,
    mtimeNs,
    ctimeS,
    ctimeNs,
    btimeS: known ? btimeS : undefined,
    btimeNs: known ? btimeNs : undefined,
    ino: stat.ino <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(stat.ino) : stat.ino,
    dev: Number(stat.dev),
    nlink: Number(stat.nlink),
    rdevMajor,
    rdevMinor,
    allocated: Number(stat.blocks) * 512,
  };
}

/** Whole seconds, rounded down so that what is left is never negative, and that. */
export function wholeSeconds(nanoseconds: bigint): [seconds: number, nanoseconds: number] {
  const rest = ((nanoseconds % SECOND) + SECOND) % SECOND;
  return [Number((nanoseconds - rest) / SECOND), Number(rest)];
}

/** makedev(3): glibc's encoding on Linux, 8 and 24 bits on macOS. */
function splitDevice(device: bigint): [major: number, minor: number] {
  if (process.platform === 'darwin') return [Number((device >> 24n) & 0xffn), Number(device & 0xffffffn)];
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn);
  return [Number(major), Number(minor & 0xffffffffn)];
}
