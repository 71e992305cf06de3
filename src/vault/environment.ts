import type { HostFacts } from '../platform/host.ts';
import { wholeSeconds } from '../platform/portable-stat.ts';

/**
 * What the library takes from its surroundings: it reads no clock, host name or user by itself, so that a caller (and
 * a test) decides. `hostEnvironment` is the usual one.
 */
export interface Environment extends HostFacts {
  /** nanoseconds since 1970, UTC */
  now(): bigint;
  /** milliseconds east of UTC at an instant (milliseconds since 1970): how people mean the times they type */
  zone(epochMs: number): number;
  /** where private caches go when the vault's own index may not be written */
  cacheFolder: string;
}

/** Whole seconds (rounded down, negative before 1970) and nanoseconds 0…999,999,999, as entries and snapshots hold them. */
export function splitTime(ns: bigint): { s: number; ns: number } {
  const [s, rest] = wholeSeconds(ns);
  return { s, ns: rest };
}
