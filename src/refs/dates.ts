/**
 * Times as people write them, and as records hold them.
 *
 * A time is nanoseconds since 1970-01-01T00:00Z as a BigInt. What a person writes is a *period*: `2026-01` is the
 * whole month, `3 days ago` one nanosecond. `--since` takes its start, `--until` and `X@{…}` its end, so that
 * `main@{2026-01-31}` is the line as that day left it. Clock and time zone come from the caller.
 */
import { VaultError } from '../errors.ts';
import type { Snapshot } from '../objects/model.ts';

/** Milliseconds east of UTC at an instant (milliseconds since 1970). */
export type Zone = (epochMs: number) => number;

/** Both ends are inside. */
export interface Period {
  start: bigint;
  end: bigint;
}

/** A date and a time of day as a wall clock shows them; months and days count from 1. */
export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

type Unit = keyof Wall;

const UNITS: readonly Unit[] = ['year', 'month', 'day', 'hour', 'minute', 'second'];
const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;
const MAX_LENGTH = 64;
/** Where the calendar of the JavaScript engine begins. */
const FIRST_TIME = -8_640_000_000_000_000n * NS_PER_MS;

export const utc: Zone = () => 0;

/** The zone of this process, as the JavaScript engine knows it. */
export const localZone: Zone = (epochMs) => {
  const date = new Date(epochMs);
  const wall = Date.UTC(
    date.getFullYear(),
    date.getMonth(),
    date.getDate(),
    date.getHours(),
    date.getMinutes(),
    date.getSeconds(),
    date.getMilliseconds(),
  );
  return wall - epochMs;
};

/**
 * Reads `2026`, `2026-01`, `2026-01-31`, `2026-01-31T10`, `…T10:20`, `…T10:20:30`, `…T10:20:30.5` (a space may stand
 * for the T; from the hour on `Z` or `+01:00` may follow, else the zone counts), `now`, `today`, `yesterday`, and
 * `N seconds|minutes|hours|days|weeks|months|years ago` (`.` may stand for a space).
 * @throws USAGE
 */
export function parseDate(text: string, now: bigint, zone: Zone): Period {
  const words = text.trim().toLowerCase();
  if (words.length <= MAX_LENGTH) {
    const period = named(words, now, zone) ?? ago(words, now, zone) ?? absolute(words, zone);
    if (period) return period;
  }
  throw new VaultError('USAGE', `${JSON.stringify(text)} is no date`, {
    hint: 'write 2026-01-31, 2026-01-31T10:20, yesterday, or 3 days ago',
    subject: text,
  });
}

/** Joins the two numbers that objects and file systems use: the inverse of `splitTime`. */
export function nanoseconds(seconds: number, ns: number): bigint {
  return BigInt(seconds) * NS_PER_SECOND + BigInt(ns);
}

/** When a snapshot was taken. */
export function snapshotTime({ timeS, timeNs }: Pick<Snapshot, 'timeS' | 'timeNs'>): bigint {
  return nanoseconds(timeS, timeNs);
}

/** RFC 3339 in UTC with nine digits of fraction: `2026-01-31T10:20:30.000000000Z`. Years 0 to 9999. */
export function formatTime(ns: bigint): string {
  const fraction = fractionOf(ns);
  const ms = Number((ns - fraction) / NS_PER_MS);
  return `${new Date(ms).toISOString().slice(0, 19)}.${String(fraction).padStart(9, '0')}Z`;
}

/** The inverse of `formatTime`; undefined for anything else. */
export function parseTime(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z$/.exec(text);
  if (!match) return undefined;
  const ms = Date.parse(`${match[1]}Z`);
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== match[1]) return undefined;
  return BigInt(ms) * NS_PER_MS + BigInt(match[2]!);
}

/** A length of time by the calendar: `1y6m` is as long as it is when it is counted back from a day. */
export type Span = readonly (readonly [n: number, unit: Unit | 'week'])[];

const SPAN_UNITS: Record<string, Unit | 'week'> = {
  h: 'hour',
  d: 'day',
  w: 'week',
  m: 'month',
  y: 'year',
};

/** Reads `36h`, `7d`, `2w`, `6m` (months), `1y6m`, and the units in words: `30 days`. @throws USAGE */
export function parseSpan(text: string): Span {
  const words = text.trim().toLowerCase();
  const span: [number, Unit | 'week'][] = [];
  if (
    words.length <= MAX_LENGTH &&
    /^(?:\d{1,6} *(?:h|d|w|m|y|hours?|days?|weeks?|months?|years?) *)+$/.test(words)
  ) {
    for (const [, n, letter] of words.matchAll(/(\d+) *([hdwmy])[a-z]*/g)) {
      span.push([Number(n), SPAN_UNITS[letter!]!]);
    }
  }
  if (span.some(([n]) => n > 0)) return span;
  throw new VaultError('USAGE', `${JSON.stringify(text)} is no length of time`, {
    hint: 'write 36h, 7d, 2w, 6m (months), 1y or 1y6m',
    subject: text,
  });
}

/** The time that lies a span before `now`. */
export function spanBefore(span: Span, now: bigint, zone: Zone): bigint {
  let at = now;
  for (const [n, unit] of span) at = back(n, unit, at, zone) ?? FIRST_TIME;
  return at;
}

/** Nanoseconds behind the whole second, also before 1970. */
function fractionOf(ns: bigint): bigint {
  return ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
}

function named(words: string, now: bigint, zone: Zone): Period | undefined {
  if (words === 'now') return { start: now, end: now };
  if (words !== 'today' && words !== 'yesterday') return undefined;
  const { year, month, day } = wallAt(now, zone);
  return periodOf({ year, month, day: words === 'today' ? day : day - 1 }, zone);
}

function ago(words: string, now: bigint, zone: Zone): Period | undefined {
  const match = /^(\d{1,6})[ .]+(second|minute|hour|day|week|month|year)s?[ .]+ago$/.exec(words);
  if (!match) return undefined;
  const at = back(Number(match[1]), match[2] as Unit | 'week', now, zone);
  return at === undefined ? undefined : { start: at, end: at };
}

/** Seconds to hours are exact; days and more keep the time of day, months and years end no later than their month. */
function back(n: number, unit: Unit | 'week', now: bigint, zone: Zone): bigint | undefined {
  if (unit === 'second') return now - BigInt(n) * NS_PER_SECOND;
  if (unit === 'minute') return now - BigInt(n * 60) * NS_PER_SECOND;
  if (unit === 'hour') return now - BigInt(n * 3600) * NS_PER_SECOND;
  const wall = wallAt(now, zone);
  if (unit === 'day' || unit === 'week') wall.day -= unit === 'week' ? n * 7 : n;
  else {
    const months = wall.year * 12 + wall.month - 1 - (unit === 'year' ? n * 12 : n);
    wall.year = Math.floor(months / 12);
    wall.month = months - wall.year * 12 + 1;
    wall.day = Math.min(wall.day, daysIn(wall.year, wall.month));
  }
  const ms = instant(wall, zone);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * NS_PER_MS + fractionOf(now);
}

const ABSOLUTE =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[t ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(z|[+-]\d\d:\d\d)?)?)?)?$/;

function absolute(words: string, zone: Zone): Period | undefined {
  const match = ABSOLUTE.exec(words);
  if (!match) return undefined;
  const given: Partial<Wall> = {};
  UNITS.forEach((unit, i) => {
    if (match[i + 1] !== undefined) given[unit] = Number(match[i + 1]);
  });
  const offset = match[8];
  if (!inRange(given) || (offset !== undefined && !offsetInRange(offset))) return undefined;
  const period = periodOf(given, offset === undefined ? zone : fixedZone(offset));
  return match[7] === undefined ? period : narrow(period, match[7]);
}

function inRange(given: Partial<Wall>): boolean {
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = given;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return false;
  return hour < 24 && minute < 60 && second < 60;
}

function offsetInRange(offset: string): boolean {
  return offset === 'z' || (Number(offset.slice(1, 3)) < 24 && Number(offset.slice(4)) < 60);
}

function fixedZone(offset: string): Zone {
  if (offset === 'z') return utc;
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4));
  const ms = (offset[0] === '-' ? -minutes : minutes) * 60_000;
  return () => ms;
}

/** From the first instant of the smallest given unit to the last one. */
function periodOf(given: Partial<Wall>, zone: Zone): Period {
  const smallest = UNITS.findLast((unit) => given[unit] !== undefined)!;
  const wall: Wall = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, ...given };
  const start = instant(wall, zone);
  wall[smallest]++;
  const end = instant(wall, zone);
  return { start: BigInt(start) * NS_PER_MS, end: BigInt(end) * NS_PER_MS - 1n };
}

/** The part of one second that the digits after its point name. */
function narrow(second: Period, digits: string): Period {
  const unit = 10n ** BigInt(9 - digits.length);
  const start = second.start + BigInt(digits) * unit;
  return { start, end: start + unit - 1n };
}

/** What a wall clock of the zone shows at a time (nanoseconds since 1970). */
export function wallAt(now: bigint, zone: Zone): Wall {
  const ms = Number((now - fractionOf(now)) / NS_PER_MS);
  const date = new Date(ms + zone(ms));
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/**
 * The instant of a wall-clock time, fields outside their ranges carried over. Of two (clocks set back) the earlier;
 * a time that clocks skipped counts as if they had not been set.
 */
function instant(wall: Wall, zone: Zone): number {
  const date = new Date(0);
  date.setUTCFullYear(wall.year, wall.month - 1, wall.day);
  date.setUTCHours(wall.hour, wall.minute, wall.second, 0);
  const local = date.getTime();
  const before = local - zone(local - 86_400_000);
  const after = local - zone(local + 86_400_000);
  const fits = [before, after].filter((ms) => ms + zone(ms) === local);
  return fits.length > 0 ? Math.min(...fits) : before;
}

function daysIn(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 0);
  return date.getUTCDate();
}
