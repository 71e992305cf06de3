/**
 * What a revision's first part names, with its `@{…}`: an id, HEAD, `refs/…`, a tag, a line, an abbreviated id, in
 * this order.
 */
import { VaultError } from '../errors.ts';
import { EMPTY_CONTENT, type Id, ObjectType, userType } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import { type Kept, nearestKept } from './ancestors.ts';
import { parseDate, type Zone } from './dates.ts';
import { FORGOTTEN, HEADS, isValidName, splitFullName, TAGS } from './names.ts';
import { ambiguous, noCurrentLine, noSnapshotYet, noSuchRevision, quoted } from './not-found.ts';
import { isLive, type LiveRef, type RefRecord, targetOf } from './ref-record.ts';
import type { RefStore } from './ref-store.ts';
import type { Revision, Selector } from './revision.ts';
import { MIN_DIGITS } from './short-id.ts';

export interface ResolveContext {
  refs: RefStore;
  reader: ObjectReader;
  /** What HEAD means; `main`, if there is one, unless given. */
  currentLine?: string;
  /** Nanoseconds since 1970, for relative dates. */
  now: bigint;
  zone: Zone;
  kept: Kept;
  /** The current folder from the root of the vault's folder, for `X:./path`; absent when it lies elsewhere. */
  here?: readonly Buffer[];
  /** In porcelain an abbreviated id is always that of a snapshot. */
  snapshotsOnly?: boolean;
  /** Look for an id among contents only: for a chunk that has the id of a tree. */
  contentOnly?: boolean;
  /** Told of each snapshot that is named, before anything in it is looked up. */
  onSnapshot?: (id: Id) => void;
}

/** The record that gave the value. */
export interface RefOrigin {
  namespace: string;
  name: string;
  seq: number;
}

export interface Base {
  id: Id;
  type: ObjectType;
  ref?: RefOrigin;
}

/** Abbreviated ids that are told apart; four digits of ten million objects have 153. */
const MAX_COMPLETIONS = 4096;

/** @param text the whole revision, for messages */
export async function findBase(revision: Revision, text: string, context: ResolveContext): Promise<Base> {
  const { base, selector } = revision;
  if (/^[0-9a-f]{64}$/i.test(base)) return wholeId(base, selector, text, context);
  const newest = base === 'HEAD' ? await head(context) : await namedRef(base, selector, context);
  if (newest) return valueOfRef(newest, selector, text, context);
  if (selector || !isPrefix(base)) throw await namesNothing(base, text, context);
  const snapshotsOnly = context.snapshotsOnly || revision.path !== undefined || revision.steps.length > 0;
  return abbreviated(base.toLowerCase(), text, snapshotsOnly, context);
}

/** Whether a revision's first part names something, ambiguous or not; what is behind it may still fail. */
export async function baseExists({ base, selector }: Revision, context: ResolveContext): Promise<boolean> {
  if (base === 'HEAD') return true;
  if (/^[0-9a-f]{64}$/i.test(base)) {
    return (await typeOf(context.reader, Buffer.from(base, 'hex'), context.contentOnly)) !== undefined;
  }
  if (await namedRef(base, selector, context)) return true;
  if (selector || !isPrefix(base)) return false;
  const found = await context.reader.complete(base.toLowerCase(), MAX_COMPLETIONS);
  return found.some(({ type }) => type === ObjectType.snapshot);
}

function isPrefix(base: string): boolean {
  return base.length >= MIN_DIGITS && /^[0-9a-f]{1,63}$/i.test(base);
}

async function wholeId(
  base: string,
  selector: Selector | undefined,
  text: string,
  context: ResolveContext,
): Promise<Base> {
  if (selector) throw noReflog(text);
  const id = Buffer.from(base, 'hex');
  const type = await typeOf(context.reader, id, context.contentOnly);
  if (type !== undefined) return { id, type };
  throw new VaultError('NOT_FOUND', `no object has the id ${base.toLowerCase()}`, {
    hint: '`vault log` lists the snapshots',
    subject: base.toLowerCase(),
  });
}

/** A list lies among metadata, so content is looked for there too. */
async function typeOf(reader: ObjectReader, id: Id, contentOnly = false): Promise<ObjectType | undefined> {
  if (id.equals(EMPTY_CONTENT)) return ObjectType.chunk;
  const meta = await reader.locate(id);
  if (!contentOnly || meta?.type === ObjectType.list) return meta?.type;
  return (await reader.locate(id, 'chunk'))?.type;
}

async function head({ refs, currentLine }: ResolveContext): Promise<LiveRef> {
  const record = await refs.current(HEADS, currentLine ?? 'main');
  if (isLive(record)) return record;
  throw currentLine === undefined ? await noCurrentLine(refs) : noSnapshotYet(`line ${currentLine}`);
}

/** The current line is there for the user before its first snapshot is. */
async function namesNothing(
  base: string,
  text: string,
  { refs, currentLine }: ResolveContext,
): Promise<VaultError> {
  const name = base.replace(/^refs\/heads\//, '');
  if (name === currentLine && !(await refs.current(HEADS, name))) return noSnapshotYet(`line ${name}`);
  return noSuchRevision(refs, text, base.replace(/^refs\/[^/]*\//, ''));
}

/** The newest record of the ref that is meant. A removed one counts only when its history is asked for. */
async function namedRef(
  base: string,
  selector: Selector | undefined,
  { refs }: ResolveContext,
): Promise<RefRecord | undefined> {
  const found = await findRef(refs, base);
  return selector || isLive(found) ? found : undefined;
}

/** The newest record of `refs/…`, of a tag, or of a line, in this order; of one that was removed only where there is no other. */
export async function findRef(refs: RefStore, text: string): Promise<RefRecord | undefined> {
  const name = text.normalize('NFC');
  const whole = splitFullName(name);
  const places = whole ? [whole] : [TAGS, HEADS].map((namespace) => ({ namespace, name }));
  let removed: RefRecord | undefined;
  for (const place of places) {
    if (!isValidName(place.name) || place.namespace === FORGOTTEN) continue;
    const record = await refs.current(place.namespace, place.name);
    if (isLive(record)) return record;
    removed ??= record;
  }
  return removed;
}

async function valueOfRef(
  newest: RefRecord,
  selector: Selector | undefined,
  text: string,
  context: ResolveContext,
): Promise<Base> {
  const record = selector ? await earlier(newest, selector, text, context) : newest;
  if (!isLive(record)) {
    throw new VaultError('NOT_FOUND', `${quoted(text)}: the ref was removed then (${record.time})`, {
      hint: `\`vault reflog refs/${record.namespace}/${record.name}\` lists its values`,
      subject: text,
    });
  }
  const { namespace, name, seq } = record;
  const { id: target, stored: type } = targetOf(record);
  const ref = { namespace, name, seq };
  if (selector || namespace !== HEADS || type !== ObjectType.snapshot) return { id: target, type, ref };
  // What was forgotten is hidden from lines; a selector or a tag still names it.
  const id = await nearestKept(context.reader, target, context.kept);
  if (!id) throw noSnapshotYet(`line ${name}`);
  return { id, type: ObjectType.snapshot, ref };
}

async function earlier(
  newest: RefRecord,
  selector: Selector,
  text: string,
  { refs, now, zone }: ResolveContext,
): Promise<RefRecord> {
  const { namespace, name } = newest;
  if (selector.kind === 'nth') {
    if (selector.n <= newest.seq) return refs.record(namespace, name, newest.seq - selector.n);
    throw tooEarly(text, `refs/${namespace}/${name} has ${earlierValues(newest.seq)}`, newest);
  }
  const { end } = parseDate(selector.text, now, zone);
  const record = await refs.valueAt(namespace, name, end);
  if (record) return record;
  const first = await refs.record(namespace, name, 0);
  throw tooEarly(text, `the first value of refs/${namespace}/${name} is of ${first.time}`, newest);
}

async function abbreviated(
  prefix: string,
  text: string,
  snapshotsOnly: boolean,
  context: ResolveContext,
): Promise<Base> {
  const all = await context.reader.complete(prefix, MAX_COMPLETIONS);
  const fitting = snapshotsOnly ? all.filter(({ type }) => type === ObjectType.snapshot) : all;
  // Of a metadata object and a chunk with one id the first counts, as for a whole id.
  const found = fitting.filter(({ id }, i) => i === 0 || !id.equals(fitting[i - 1]!.id));
  const more = all.length === MAX_COMPLETIONS;
  if (found.length === 1 && !more) return found[0]!;
  if (found.length > 0) throw await ambiguous(context.reader, text, found, more);
  const error = await noSuchRevision(context.refs, text, prefix);
  if (all.length === 0) throw error;
  throw new VaultError(
    'NOT_FOUND',
    `${quoted(prefix)} abbreviates no snapshot, only a ${userType(all[0]!.type)}`,
    {
      hint: 'write its whole id, or use `vault cat-object`',
      subject: text,
    },
  );
}

function noReflog(text: string): VaultError {
  return new VaultError('USAGE', `${quoted(text)}: an id has no earlier values`, {
    hint: 'put @{…} behind the name of a line or a tag',
    subject: text,
  });
}

function earlierValues(count: number): string {
  if (count === 0) return 'no earlier value';
  return count === 1 ? 'only 1 earlier value' : `only ${count} earlier values`;
}

function tooEarly(text: string, why: string, { namespace, name }: RefRecord): VaultError {
  return new VaultError('NOT_FOUND', `${quoted(text)}: ${why}`, {
    hint: `\`vault reflog refs/${namespace}/${name}\` lists its values`,
    subject: text,
  });
}
