/**
 * What the library takes from its surroundings: it reads no clock, host name or user by itself, so that a caller (and
 * a test) decides. `hostEnvironment` in `src/platform/host.ts` is the usual one.
 */
export interface Environment {
  host: string;
  /** tells hosts apart although they share a name: the machine id, hashed */
  hostId: string;
  /** of the running kernel: tells whether a process id can still be that process */
  bootId: string;
  user: string;
  pid: number;
  /** of this process, in clock ticks since boot as a string: tells processes with one pid apart */
  startTime: string;
  /** nanoseconds since 1970, UTC */
  now(): bigint;
  /** milliseconds east of UTC at an instant (milliseconds since 1970): how people mean the times they type */
  zone(epochMs: number): number;
  /** where private caches go when the vault's own index may not be written */
  cacheFolder: string;
}

const NS = 1_000_000_000n;

/** Whole seconds (rounded down, negative before 1970) and nanoseconds 0…999,999,999, as entries and snapshots hold them. */
export function splitTime(ns: bigint): { s: number; ns: number } {
  const fraction = ((ns % NS) + NS) % NS;
  return { s: Number((ns - fraction) / NS), ns: Number(fraction) };
}

/** The inverse of `splitTime`. */
export function joinTime(s: number, ns: number): bigint {
  return BigInt(s) * NS + BigInt(ns);
}
