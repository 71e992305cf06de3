/**
 * What gc means to remove: pure but for reading packs' tables. A proposal; only the second mark decides.
 *
 * - A pack without anything alive that does not also lie in another, kept pack goes.
 * - One of which less than half is alive goes too: what is alive is copied.
 * - Packs under 4 MiB are merged when there are many of them, or when together they have 4 MiB.
 */
import { VaultError } from '../../errors.ts';
import type { LiveSet } from '../../store/live-set.ts';
import { type Space, spaceOfPack } from '../../store/space.ts';
import { MAX_GC_PACKS } from '../../store/transaction/gc-records.ts';
import type { Repository } from '../repository.ts';
import { contentsIfWhole, eachRow, type SurveyedPack, survey } from './survey.ts';

/** A pack with a smaller share alive is copied and removed. */
const LEAST_ALIVE = 0.5;
/** Smaller packs are merged … */
const SMALL_BYTES = 4 * 1024 * 1024;
/** … when so many are there, or they have `SMALL_BYTES` together: so a byte is not copied at each gc. */
const MANY_SMALL = 8;
/** The share of packs whose loss is believed without `force`. */
const MOST_REMOVED = 0.3;

/** Why a pack goes. */
export type Reason =
  | 'dead' // nothing in it is alive
  | 'duplicate' // what is alive in it also lies in packs that stay
  | 'sparse' // little of it is alive
  | 'small';

export interface CondemnedPack extends SurveyedPack {
  reason: Reason;
}

export interface GcPlan {
  /** packs that are present, and their bytes */
  packs: number;
  bytes: number;
  objects: number;
  liveObjects: number;
  /** at most `MAX_GC_PACKS`; the rest is for the next gc */
  condemned: CondemnedPack[];
  /** packs that the next gc will condemn */
  postponed: number;
  /** packs with a damaged table: they stay */
  unreadable: string[];
}

/**
 * @param packs those that exist, with their bytes
 * @throws MISSING_OBJECT when something alive lies in none of them
 * @param live afterwards the objects of packs that stay are noted as found
 */
export async function planGc(
  repository: Repository,
  packs: ReadonlyMap<string, number>,
  live: LiveSet,
): Promise<GcPlan> {
  const plan: GcPlan = {
    packs: packs.size,
    bytes: 0,
    objects: 0,
    liveObjects: live.size,
    condemned: [],
    postponed: 0,
    unreadable: [],
  };
  const surveyed: SurveyedPack[] = [];
  for (const [pack, size] of packs) {
    plan.bytes += size;
    const contents = await contentsIfWhole(repository, pack, size);
    if (!contents) {
      plan.unreadable.push(pack);
      continue;
    }
    const found = survey(pack, contents, live);
    eachRow(contents, (at) => live.find(found.space, contents.objects, at));
    plan.objects += found.objects;
    surveyed.push(found);
  }
  assertNothingLost(live);
  const smallGo = new Set(mergeable(surveyed));
  const condemned = surveyed.flatMap((pack) => {
    const reason = reasonOf(pack, smallGo);
    return reason ? [{ ...pack, reason }] : [];
  });
  const names = new Set(condemned.map(({ pack }) => pack));
  const staying = surveyed.filter(({ pack }) => !names.has(pack));
  condemned.push(...(await noteStaying(repository, staying, live)));
  // What costs nothing goes first.
  condemned.sort((a, b) => ORDER[a.reason] - ORDER[b.reason] || (a.pack < b.pack ? -1 : 1));
  plan.condemned = condemned.slice(0, MAX_GC_PACKS);
  plan.postponed = condemned.length - plan.condemned.length;
  return plan;
}

const ORDER: Record<Reason, number> = { dead: 0, duplicate: 1, sparse: 2, small: 3 };

function reasonOf(pack: SurveyedPack, smallGo: ReadonlySet<SurveyedPack>): Reason | undefined {
  if (pack.liveObjects === 0) return 'dead';
  if (pack.liveRaw < pack.raw * LEAST_ALIVE) return 'sparse';
  return smallGo.has(pack) ? 'small' : undefined;
}

function mergeable(surveyed: readonly SurveyedPack[]): SurveyedPack[] {
  return (['meta', 'chunk'] as Space[]).flatMap((space) => {
    const small = surveyed.filter(
      (pack) => pack.space === space && pack.size < SMALL_BYTES && pack.liveRaw >= pack.raw * LEAST_ALIVE,
    );
    const bytes = small.reduce((sum, { size }) => sum + size, 0);
    const pays = small.length >= MANY_SMALL || (small.length > 1 && bytes >= SMALL_BYTES);
    return pays ? small : [];
  });
}

/**
 * Notes in `live` what lies in packs that stay, the largest first. One that adds little to those before it does not stay: two
 * gcs at once, or a gc that was killed, leave copies of the same objects.
 */
async function noteStaying(
  repository: Repository,
  staying: readonly SurveyedPack[],
  live: LiveSet,
): Promise<CondemnedPack[]> {
  const redundant: CondemnedPack[] = [];
  live.forgetFound();
  for (const { pack, size } of staying.toSorted((a, b) => b.size - a.size)) {
    const contents = await contentsIfWhole(repository, pack, size);
    if (!contents) continue;
    const space = spaceOfPack(contents.kind);
    const adding = survey(pack, contents, live, (at) => !live.isFound(space, contents.objects, at));
    if (adding.liveRaw >= adding.raw * LEAST_ALIVE) {
      eachRow(contents, (at) => live.find(space, contents.objects, at));
    } else redundant.push({ ...adding, reason: adding.liveObjects === 0 ? 'duplicate' : 'sparse' });
  }
  return redundant;
}

/** @throws MISSING_OBJECT when something alive was not found */
export function assertNothingLost(live: LiveSet): void {
  if (live.lost === 0) return;
  const first = live.firstLost()!;
  throw new VaultError(
    'MISSING_OBJECT',
    live.lost === 1
      ? `an object that is in use lies in no pack, ${first}…; gc stops`
      : `${live.lost} objects that are in use lie in no pack, ${first}… among them; gc stops`,
    { hint: 'run `vault check` to see what is affected; nothing was removed', subject: first },
  );
}

/**
 * A mistake in what is taken for alive would show as very much being dead.
 * @throws REFUSED when more than 30 % of the packs lose something
 */
export function assertModest({ condemned, packs }: GcPlan): void {
  const losing = condemned.filter(({ reason }) => reason === 'dead' || reason === 'sparse').length;
  if (losing <= packs * MOST_REMOVED) return;
  throw new VaultError(
    'REFUSED',
    `gc would remove ${losing} of ${packs} packs, more than 30 %; nothing was removed`,
    { hint: 'look at `vault gc --dry-run` and `vault log --all`; if that is meant, run `vault gc --force`' },
  );
}
