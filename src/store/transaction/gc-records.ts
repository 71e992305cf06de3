/**
 * What gc has decided so far (`docs/format.md`, "Transactions and gc"): `gc/<n>/condemn` names the packs that gc number n means to remove,
 * `gc/<n>/sweep` those that it does. There is no condemn n before sweep n − 1. Whoever loses the create of a record goes on
 * with the one that stands, so both are always read back.
 */
import { invariant, isVaultError } from '../../errors.ts';
import type { Backend } from '../backend/backend.ts';
import { GC_PREFIX, type GcPart, gcKey, isPackName, parseGcKey } from '../layout.ts';
import { assertRecord, createRecord, type RecordSeal, readRecord, untilAnswered } from '../record.ts';

/** Packs in one condemn, and so in one sweep: 67 bytes each in a record of at most 1 MiB. */
export const MAX_GC_PACKS = 15_000;

/** The body of both records. */
export interface GcRecord {
  /** names of packs, 64 hex digits each */
  packs: string[];
}

/** A condemn or a sweep as it was read from the storage. */
export interface StandingGcRecord {
  n: number;
  packs: readonly string[];
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
 * @param known an earlier view, whose sweeps are not read again: they never change
 * @throws DAMAGED when a record is, or when a condemn has no sweep before it
 */
export async function readGcRecords(backend: Backend, seal?: RecordSeal, known?: GcView): Promise<GcView> {
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
  const swept = new Set<string>(known?.swept);
  const read = new Set(known?.sweeps);
  for (const n of sweeps) if (!read.has(n)) addAll(swept, await readPacks(backend, gcKey(n, 'sweep'), seal));
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

/** @throws DAMAGED when it is, or is not there */
export async function readGcRecord(
  backend: Backend,
  n: number,
  part: GcPart,
  seal?: RecordSeal,
): Promise<StandingGcRecord> {
  return { n, packs: await readPacks(backend, gcKey(n, part), seal) };
}

/**
 * Creates the next condemn, unless somebody else is first; gives the one that stands.
 * @param view read before the packs were chosen, without an open condemn
 */
export async function createCondemn(
  backend: Backend,
  view: GcView,
  packs: readonly string[],
  seal?: RecordSeal,
): Promise<StandingGcRecord> {
  const last = view.condemns.at(-1) ?? 0;
  const isSwept = last === 0 || (await backend.size(gcKey(last, 'sweep'))) !== undefined;
  invariant(isSwept && !view.openCondemn, `condemn ${last + 1} before sweep ${last}`);
  invariant(packs.length > 0 && packs.length <= MAX_GC_PACKS, `a condemn of ${packs.length} packs`);
  invariant(!packs.some((pack) => view.swept.has(pack)), 'a swept pack is condemned again');
  return createGcRecord(backend, last + 1, 'condemn', packs, seal);
}

/** Creates the sweep of a condemn, unless somebody else is first; gives the one that stands. */
export async function createSweep(
  backend: Backend,
  condemn: StandingGcRecord,
  packs: readonly string[],
  seal?: RecordSeal,
): Promise<StandingGcRecord> {
  const condemned = new Set(condemn.packs);
  invariant(
    packs.every((pack) => condemned.has(pack)),
    `sweep ${condemn.n} has packs that were not condemned`,
  );
  return createGcRecord(backend, condemn.n, 'sweep', packs, seal);
}

async function createGcRecord(
  backend: Backend,
  n: number,
  part: GcPart,
  packs: readonly string[],
  seal?: RecordSeal,
): Promise<StandingGcRecord> {
  const key = gcKey(n, part);
  return untilAnswered(async () => {
    await createRecord(backend, key, { packs }, seal);
    return readGcRecord(backend, n, part, seal);
  });
}

async function readPacks(backend: Backend, key: string, seal?: RecordSeal): Promise<string[]> {
  const { packs } = await readRecord<GcRecord>(backend, key, seal).catch((error: unknown) => {
    assertRecord(!isVaultError(error, 'NOT_FOUND'), key, 'file: it is missing');
    throw error;
  });
  assertRecord(Array.isArray(packs) && packs.every(isPackName), key, 'list of packs');
  return packs;
}

function addAll(set: Set<string>, packs: string[]): void {
  for (const pack of packs) set.add(pack);
}

function ascending(a: number, b: number): number {
  return a - b;
}
