/**
 * Forgetting: which snapshots of lines no longer count. A plan is made first and can be shown; carrying it out appends to
 * the forgotten log, removes nothing, and can be undone until gc has removed what only those snapshots held.
 */
import { isVaultError, VaultError } from '../../errors.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { nearestKept } from '../../refs/ancestors.ts';
import { formatTime, snapshotTime } from '../../refs/dates.ts';
import {
  appendForgotten,
  type Forgotten,
  forgottenRecords,
  MAX_FORGOTTEN_IDS,
  newestForgotten,
} from '../../refs/forgotten.ts';
import { matchesGlob } from '../../refs/glob.ts';
import { HEADS, TAGS } from '../../refs/names.ts';
import { noSnapshotYet } from '../../refs/not-found.ts';
import { isLive } from '../../refs/ref-record.ts';
import type { Id } from '../../store/id.ts';
import { forgottenSnapshots } from '../forgotten-snapshots.ts';
import type { Repository } from '../repository.ts';
import { missingExplainer } from './gone.ts';
import { type Decision, decideRetention, type RetentionPolicy, type RetentionSnapshot } from './retention.ts';
import { TrashReader } from './trash-reader.ts';
import { type Undeleted, type UndeleteOptions, undeleteOne } from './undelete.ts';

/** What numbers of a policy are counted within; several together tell finer. */
export const GROUPINGS = ['line', 'host', 'root'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** A snapshot that a policy decides on; about 600 bytes. */
export interface LineSnapshot extends RetentionSnapshot {
  /** names of the lines that have it, sorted */
  lines: string[];
  host: string;
  /** the first line of its message */
  subject: string;
  /** of all its files */
  bytes: number;
}

export type ForgetDecision = Decision<LineSnapshot>;

export interface ForgetPlan {
  /** newest first */
  decisions: ForgetDecision[];
  /** ids in hex of what goes */
  dropped: string[];
  /** what the log's record will say */
  message: string;
  /** number of the newest record of the log when the plan was made */
  newest: number | undefined;
}

export interface Undone {
  /** of the run that was taken back, RFC 3339 */
  time: string;
  message: string;
  kept: Undeleted[];
  /** what stays forgotten, since gc has removed a part for good */
  gone: { id: Id; error: VaultError }[];
}

export interface PolicyOptions {
  policy: RetentionPolicy;
  /** the line alone unless given; empty: all snapshots together */
  groupBy?: readonly Grouping[];
  /** a shell pattern; the vault's own line unless given, all lines where it has none */
  lines?: string;
  /** for the log */
  message?: string;
  signal?: AbortSignal;
}

/**
 * What a policy keeps and drops of the lines. What a tag names and the newest of each line always stay.
 * Memory: 600 bytes for each snapshot of the lines.
 * @throws USAGE for a policy without a rule, NOT_FOUND when no line fits, DAMAGED
 */
export async function planForget(repository: Repository, options: PolicyOptions): Promise<ForgetPlan> {
  const forgotten = await forgottenSnapshots(repository);
  const snapshots = await snapshotsOfLines(repository, forgotten, options);
  const { now, zone } = repository.environment;
  const decisions = decideRetention(snapshots, options.policy, now(), zone);
  return {
    decisions,
    dropped: decisions.filter(({ keep }) => !keep).map(({ snapshot }) => snapshot.id),
    message: options.message ?? 'by policy',
    newest: forgotten.newest,
  };
}

/**
 * A plan that drops just these.
 * @throws REFUSED for what a tag names or is the newest of a line, NOT_FOUND for what is forgotten already
 */
export async function planForgetByName(repository: Repository, ids: readonly Id[]): Promise<ForgetPlan> {
  const forgotten = await forgottenSnapshots(repository);
  const protection = await protections(repository, forgotten);
  const lines = new Map<string, string[]>();
  for await (const { name, target } of targetsOfLines(repository, '*')) push(lines, target, name);
  const decisions: ForgetDecision[] = [];
  for (const hex of new Set(ids.map((id) => id.toString('hex')))) {
    if (forgotten.has(hex)) throw alreadyForgotten(hex);
    const snapshot = await lineSnapshot(repository, hex, lines.get(hex) ?? [], protection);
    const shields = [...snapshot.protectedBy, ...snapshot.tags.map((tag) => `tag ${tag}`)];
    if (shields.length > 0) throw isProtected(hex, shields);
    decisions.push({ snapshot, keep: false, reasons: ['named'] });
  }
  return {
    decisions,
    dropped: decisions.map(({ snapshot }) => snapshot.id),
    message: 'by name',
    newest: forgotten.newest,
  };
}

/**
 * Appends what the plan drops to the log: one record, and one more for each further 10,000 ids.
 * @throws LOST_RACE when the log has grown since the plan was made: nothing was changed, make it anew
 */
export async function applyForget(repository: Repository, plan: ForgetPlan): Promise<void> {
  const { backend, environment } = repository;
  for (let start = 0; start < plan.dropped.length; start += MAX_FORGOTTEN_IDS) {
    const body = {
      time: formatTime(environment.now()),
      who: environment.user,
      host: environment.host,
      message: plan.message,
      dropped: plan.dropped.slice(start, start + MAX_FORGOTTEN_IDS),
      kept: [],
    };
    const onlyAfter = start === 0 ? plan.newest : await newestForgotten(backend);
    await appendForgotten(backend, body, { expected: { newest: onlyAfter } });
  }
}

/**
 * Takes back the newest record of the log that drops something that is still forgotten: keeps those snapshots again, each with what
 * gc has removed of it as far as the trash has it. One of which a part is gone for good does not hold up the others.
 * @throws NOT_FOUND when nothing is forgotten, or all that the record drops is gone for good; MISSING_OBJECT for what something that is
 *   kept needs, too, DAMAGED, ABORTED: what comes before it is taken back
 */
export async function undoForget(repository: Repository, { signal }: UndeleteOptions = {}): Promise<Undone> {
  const forgotten = await forgottenSnapshots(repository);
  for await (const { time, message, dropped } of forgottenRecords(repository.backend)) {
    const ids = dropped.filter((hex) => forgotten.has(hex)).map((hex) => Buffer.from(hex, 'hex'));
    if (ids.length > 0) return { time, message, ...(await keepAgain(repository, ids, signal)) };
  }
  throw new VaultError('NOT_FOUND', 'there is nothing to take back: no snapshot is forgotten', {
    hint: '`vault log` lists what there is',
  });
}

async function keepAgain(
  repository: Repository,
  ids: readonly Id[],
  signal: AbortSignal | undefined,
): Promise<Pick<Undone, 'kept' | 'gone'>> {
  const trash = await TrashReader.open(repository, signal);
  const explain = missingExplainer(repository);
  const kept: Undeleted[] = [];
  const gone: Undone['gone'] = [];
  for (const id of ids) {
    try {
      kept.push(await undeleteOne(repository, trash, id));
    } catch (missing) {
      const error = await explain(missing, { snapshots: [id], ...(signal && { signal }) });
      if (!isVaultError(error, 'NOT_FOUND')) throw error;
      gone.push({ id, error });
    }
  }
  if (kept.length === 0) throw gone[0]!.error;
  return { kept, gone };
}

async function snapshotsOfLines(
  repository: Repository,
  forgotten: Forgotten,
  { lines: pattern, groupBy = ['line'], signal }: PolicyOptions,
): Promise<LineSnapshot[]> {
  const lines = new Map<string, string[]>();
  for await (const { name, target } of targetsOfLines(repository, pattern ?? repository.line ?? '*')) {
    if (!forgotten.has(target)) push(lines, target, name);
  }
  const protection = await protections(repository, forgotten);
  const found: LineSnapshot[] = [];
  for (const [hex, names] of lines) {
    signal?.throwIfAborted();
    const snapshot = await lineSnapshot(repository, hex, names, protection, groupBy);
    found.push(snapshot);
  }
  return found;
}

/** What every number of every line that fits names, with repetitions. @throws NOT_FOUND when none fits */
async function* targetsOfLines(
  { refs, line }: Repository,
  pattern: string,
): AsyncGenerator<{ name: string; target: string }, void, undefined> {
  let isKnown = false;
  for await (const { name } of refs.list(HEADS, { removed: true })) {
    if (!matchesGlob(pattern, name)) continue;
    isKnown = true;
    for await (const { target, type } of refs.history(HEADS, name)) {
      if (target !== undefined && type === 'snapshot') yield { name, target };
    }
  }
  if (isKnown || pattern === '*') return;
  if (pattern === line) throw noSnapshotYet(`line ${line}`);
  throw new VaultError('NOT_FOUND', `no line is ${JSON.stringify(pattern)}`, {
    hint: '`vault show-ref` lists the lines',
    subject: pattern,
  });
}

interface Protections {
  tags: Map<string, string[]>;
  /** snapshot → lines whose newest kept one it is */
  newest: Map<string, string[]>;
}

async function protections({ refs, store }: Repository, forgotten: Forgotten): Promise<Protections> {
  const found: Protections = { tags: new Map(), newest: new Map() };
  for await (const { name, record } of refs.list(TAGS)) {
    if (isLive(record)) push(found.tags, record.target, name);
  }
  for await (const { name, record } of refs.list(HEADS)) {
    if (!isLive(record) || record.type !== 'snapshot') continue;
    const id = await nearestKept(store, Buffer.from(record.target, 'hex'), (one) => !forgotten.has(one));
    if (id) push(found.newest, id.toString('hex'), name);
  }
  return found;
}

async function lineSnapshot(
  { store }: Repository,
  id: string,
  lines: string[],
  { tags, newest }: Protections,
  groupBy: readonly Grouping[] = ['line'],
): Promise<LineSnapshot> {
  const snapshot = await readSnapshot(store, Buffer.from(id, 'hex'));
  const { host, rootPath, message, stats } = snapshot;
  const names = [...new Set(lines)].sort();
  const rest = { host, root: JSON.stringify(rootPath.toString()) };
  const groups = (names.length > 0 ? names : ['no line']).map((line) =>
    groupBy.map((by) => ({ line, ...rest })[by]).join(', '),
  );
  return {
    id,
    time: snapshotTime(snapshot),
    groups: [...new Set(groups)],
    tags: tags.get(id) ?? [],
    protectedBy: (newest.get(id) ?? []).map((line) => `newest of ${line}`),
    lines: names,
    host,
    subject: message.split('\n', 1)[0]!.slice(0, 80),
    bytes: stats.bytes,
  };
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function alreadyForgotten(hex: string): VaultError {
  return new VaultError('NOT_FOUND', `snapshot ${hex.slice(0, 8)} is forgotten already`, { subject: hex });
}

function isProtected(hex: string, shields: string[]): VaultError {
  return new VaultError(
    'REFUSED',
    `snapshot ${hex.slice(0, 8)} is protected (${shields.join(', ')}); nothing was forgotten`,
    { hint: 'delete the tag, or take a newer snapshot first', subject: hex },
  );
}
