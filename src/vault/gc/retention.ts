/**
 * Which snapshots a policy keeps, and why: a pure function of the snapshots, the policy and the clock. The order in which
 * snapshots come does not matter, a rule that keeps more never drops what a smaller one kept, and what is protected stays.
 */
import { invariant, VaultError } from '../../errors.ts';
import { type Span, spanBefore, type Wall, wallAt, type Zone } from '../../refs/dates.ts';
import { matchesGlob } from '../../refs/glob.ts';

/** The periods of which the newest snapshot each is kept, from short to long. */
export const PERIODS = ['hourly', 'daily', 'weekly', 'monthly', 'quarterly', 'yearly'] as const;
export type RetentionPeriod = (typeof PERIODS)[number];

/** All numbers count within a group. Absent rules keep nothing; without any rule that keeps, all is kept but for `maximumAge`. */
export interface RetentionPolicy extends Partial<Record<RetentionPeriod, number>> {
  /** the newest so many */
  last?: number;
  /** all that are at most so much older than the group's newest (a host that is switched off loses nothing) */
  within?: Span;
  /** shell patterns: what a tag of such a name names */
  tags?: readonly string[];
  /** the newest so many stay even when they are older than `maximumAge` */
  minimum?: number;
  /** counted back from now: what is older goes although a rule keeps it */
  maximumAge?: Span;
}

export interface RetentionSnapshot {
  /** hex */
  id: string;
  /** nanoseconds since 1970 */
  time: bigint;
  /** names of the groups it belongs to, at least one; it stays when one of them keeps it */
  groups: readonly string[];
  /** names of the tags that name it */
  tags: readonly string[];
  /** why no policy drops it: `newest of main` */
  protectedBy: readonly string[];
}

export interface Decision<S extends RetentionSnapshot = RetentionSnapshot> {
  snapshot: S;
  keep: boolean;
  /** why it is kept; or why it is dropped although a rule keeps it; empty when no rule keeps it */
  reasons: string[];
}

/** What a policy may count up to: more snapshots than anybody has. */
export const MOST_KEPT = 1_000_000;

/**
 * One decision a snapshot, newest first (by time, then by id).
 * @param now nanoseconds since 1970
 * @param zone in which days and years begin
 * @throws USAGE for a policy that says nothing
 */
export function decideRetention<S extends RetentionSnapshot>(
  snapshots: Iterable<S>,
  policy: RetentionPolicy,
  now: bigint,
  zone: Zone,
): Decision<S>[] {
  assertPolicy(policy);
  const ordered = [...snapshots].sort(newestFirst);
  const reasons = new Map<string, string[]>(ordered.map(({ id }) => [id, []]));
  const groups = groupsOf(ordered);
  for (const [name, members] of groups) {
    for (const { id, why } of keptInGroup(members, policy, zone)) {
      reasons.get(id)!.push(groups.size > 1 ? `${why} of ${name}` : why);
    }
  }
  const always = newestOfEach(groups, policy.minimum ?? 0);
  const oldest = policy.maximumAge && spanBefore(policy.maximumAge, now, zone);
  return ordered.map((snapshot) => decide(snapshot, reasons.get(snapshot.id)!, always, oldest));
}

/** Whether a policy has a rule at all that decides something. */
function saysNothing(policy: RetentionPolicy): boolean {
  return !hasKeepRule(policy) && !policy.maximumAge;
}

function assertPolicy(policy: RetentionPolicy): void {
  for (const name of ['last', 'minimum', ...PERIODS] as const) {
    const n = policy[name] ?? 0;
    invariant(Number.isInteger(n) && n >= 0 && n <= MOST_KEPT, `a policy that keeps ${n}`);
  }
  if (!saysNothing(policy)) return;
  throw new VaultError('USAGE', 'the policy has no rule that says what to keep; nothing was dropped', {
    hint: 'give a rule such as --keep-daily 7 or --max-age 1y, or settle one: vault config set forget keep-daily=7',
  });
}

function hasKeepRule(policy: RetentionPolicy): boolean {
  const { last = 0, within, tags = [] } = policy;
  return (
    last > 0 || within !== undefined || tags.length > 0 || PERIODS.some((name) => (policy[name] ?? 0) > 0)
  );
}

function decide<S extends RetentionSnapshot>(
  snapshot: S,
  rules: string[],
  always: ReadonlyMap<string, string>,
  oldest: bigint | undefined,
): Decision<S> {
  const { id, time, tags, protectedBy } = snapshot;
  const shields = [...protectedBy, ...tags.map((tag) => `tag ${tag}`)];
  const minimum = always.get(id);
  if (minimum !== undefined) shields.push(minimum);
  if (shields.length > 0) return { snapshot, keep: true, reasons: [...new Set([...shields, ...rules])] };
  if (oldest !== undefined && time < oldest)
    return { snapshot, keep: false, reasons: ['older than the maximum age'] };
  return { snapshot, keep: rules.length > 0, reasons: rules };
}

function newestFirst(a: RetentionSnapshot, b: RetentionSnapshot): number {
  if (a.time !== b.time) return a.time > b.time ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Members keep the order, newest first. */
function groupsOf<S extends RetentionSnapshot>(ordered: readonly S[]): Map<string, S[]> {
  const groups = new Map<string, S[]>();
  for (const snapshot of ordered) {
    invariant(snapshot.groups.length > 0, `snapshot ${snapshot.id} is in no group`);
    for (const name of snapshot.groups) {
      const members = groups.get(name) ?? [];
      groups.set(name, members);
      members.push(snapshot);
    }
  }
  return groups;
}

/** The ids that `minimum` shields, each with the words for it. */
function newestOfEach(
  groups: ReadonlyMap<string, RetentionSnapshot[]>,
  minimum: number,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const members of groups.values()) {
    for (const { id } of members.slice(0, minimum)) found.set(id, 'minimum count');
  }
  return found;
}

interface Kept {
  id: string;
  why: string;
}

/** @param members newest first */
function* keptInGroup(
  members: readonly RetentionSnapshot[],
  policy: RetentionPolicy,
  zone: Zone,
): Generator<Kept> {
  if (!hasKeepRule(policy)) {
    for (const { id } of members) yield { id, why: 'not too old' };
    return;
  }
  for (const { id } of members.slice(0, policy.last ?? 0)) yield { id, why: 'last' };
  for (const name of PERIODS) yield* newestOfPeriods(members, name, policy[name] ?? 0, zone);
  if (policy.within) {
    const from = spanBefore(policy.within, members[0]!.time, zone);
    for (const { id, time } of members) if (time >= from) yield { id, why: 'within' };
  }
  for (const { id, tags } of members) {
    if (tags.some((tag) => policy.tags?.some((pattern) => matchesGlob(pattern, tag))))
      yield { id, why: 'tag rule' };
  }
}

/** The newest snapshot of each of the newest `count` periods that have one. */
function* newestOfPeriods(
  members: readonly RetentionSnapshot[],
  name: RetentionPeriod,
  count: number,
  zone: Zone,
): Generator<Kept> {
  let last: string | undefined;
  let found = 0;
  for (const { id, time } of count > 0 ? members : []) {
    const period = periodOf(name, wallAt(time, zone));
    if (period === last) continue;
    if (++found > count) return;
    last = period;
    yield { id, why: name };
  }
}

const MS_PER_DAY = 86_400_000;

/** What all times of one period have in common. A week begins on Monday; days and hours are those of the wall clock. */
function periodOf(name: RetentionPeriod, { year, month, day, hour }: Wall): string {
  switch (name) {
    case 'hourly':
      return `${year}-${month}-${day}-${hour}`;
    case 'daily':
      return `${year}-${month}-${day}`;
    case 'weekly': {
      const days = Math.floor(Date.UTC(year, month - 1, day) / MS_PER_DAY);
      return String(Math.floor((days + 3) / 7)); // 1970-01-01 was a Thursday
    }
    case 'monthly':
      return `${year}-${month}`;
    case 'quarterly':
      return `${year}-${Math.floor((month - 1) / 3)}`;
    case 'yearly':
      return String(year);
  }
}
