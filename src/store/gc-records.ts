/**
 * What gc has decided so far, as writers must know it (DESIGN section 4): `gc/<n>/condemn` names the packs that gc
 * number n means to remove, `gc/<n>/sweep` those that it did. There is no condemn n before sweep n − 1.
 */
import { isVaultError } from '../errors.ts';
import type { Backend } from './backend/backend.ts';
import { GC_PREFIX, gcKey, parseGcKey } from './layout.ts';
import { assertRecord, type RecordSeal, readRecord } from './record.ts';

/** The body of both records. */
export interface GcRecord {
  /** names of packs, 64 hex digits each */
  packs: string[];
}

export interface GcView {
  /** numbers, ascending */
  condemns: number[];
  sweeps: number[];
  /** gc is under way: the last condemn has no sweep yet */
  openCondemn: boolean;
  /** packs of that condemn */
  condemned: ReadonlySet<string>;
  /** packs of every sweep ever made */
  swept: ReadonlySet<string>;
}

/**
 * Lists and reads the gc records. What is decided after the listing began may be missing.
 * @throws DAMAGED when a record is, or when a condemn has no sweep before it
 */
export async function readGcRecords(backend: Backend, seal?: RecordSeal): Promise<GcView> {
  const numbers = { condemn: new Set<number>(), sweep: new Set<number>() };
  for await (const { key } of backend.list(GC_PREFIX)) {
    const parsed = parseGcKey(key);
    if (parsed) numbers[parsed.part].add(parsed.n);
  }
  const condemns = [...numbers.condemn].sort(ascending);
  const last = condemns.at(-1);
  // A listing is not atomic: a sweep made while it ran may be missing although the next condemn was seen.
  for (const n of condemns) if (n !== last) numbers.sweep.add(n);
  const sweeps = [...numbers.sweep].sort(ascending);
  const swept = new Set<string>();
  for (const n of sweeps) addAll(swept, await readPacks(backend, gcKey(n, 'sweep'), seal));
  const openCondemn = last !== undefined && !numbers.sweep.has(last);
  const condemned = new Set(openCondemn ? await readPacks(backend, gcKey(last, 'condemn'), seal) : []);
  return { condemns, sweeps, openCondemn, condemned, swept };
}

/**
 * Whether a pack exists, for writers and gc alike: it is present, in no sweep ever made, and not in a condemn that
 * has no sweep yet.
 */
export function packExists(view: GcView, pack: string, present: boolean): boolean {
  return present && !view.swept.has(pack) && !view.condemned.has(pack);
}

async function readPacks(backend: Backend, key: string, seal?: RecordSeal): Promise<string[]> {
  const { packs } = await readRecord<GcRecord>(backend, key, seal).catch((error: unknown) => {
    assertRecord(!isVaultError(error, 'NOT_FOUND'), key, 'file: it is missing');
    throw error;
  });
  assertRecord(Array.isArray(packs) && packs.every(isPack), key, 'list of packs');
  return packs;
}

function isPack(value: unknown): boolean {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function addAll(set: Set<string>, packs: string[]): void {
  for (const pack of packs) set.add(pack);
}

function ascending(a: number, b: number): number {
  return a - b;
}
