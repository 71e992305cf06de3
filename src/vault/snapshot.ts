/**
 * Takes a snapshot: begin, scan and seal, tree and changes, packs, outcome, ref (DESIGN.md sections 3 and 4).
 * Until the outcome exists nothing that was there before has changed; packs of a run that was interrupted stay usable.
 */
import { VaultError } from '../errors.ts';
import { ChangesBuilder } from '../objects/changes.ts';
import type { Problem, Snapshot, SnapshotStats } from '../objects/model.ts';
import { encodeSnapshot } from '../objects/snapshot.ts';
import { changesBetween } from '../objects/tree-diff.ts';
import { formatTime } from '../refs/dates.ts';
import { checkLine, type LineInfo, lineInfo } from '../refs/lines.ts';
import type { RefBody } from '../refs/ref-record.ts';
import { type Id, ObjectType } from '../store/id.ts';
import type { ObjectWriter } from '../store/store.ts';
import type { Transaction } from '../store/transaction.ts';
import { joinTime, splitTime } from './environment.ts';
import type { ExclusionReason } from './exclusions.ts';
import { type LineHead, readLineHead } from './line-parents.ts';
import type { Repository } from './repository.ts';
import type { ScanResult } from './scan.ts';
import { type ScanFolderOptions, scanFolder } from './scan-folder.ts';
import { beginTransaction } from './transactions.ts';

export interface SnapshotOptions extends ScanFolderOptions {
  message?: string;
  author?: string;
  labels?: [key: string, value: string][];
  /** take none when nothing changed */
  ifChanged?: boolean;
  /** go on although the line is of another host or folder */
  anyRoot?: boolean;
}

export interface SnapshotResult {
  /** undefined when `ifChanged` found nothing */
  id: Id | undefined;
  snapshot: Snapshot;
  line: string;
  /** changes against the first parent; every path in a first snapshot */
  changed: number;
  problems: Problem[];
  problemCount: number;
  warnings: Problem[];
  excludedCount: number;
  excluded: { path: Buffer; reason: ExclusionReason }[];
}

/**
 * @throws NO_VAULT without a folder, REFUSED for a line of another root, NOT_FOUND for a path that is neither on disk
 *   nor in the parent, READ_ONLY, NO_SPACE, IO, LOST_RACE
 */
export async function takeSnapshot(
  repository: Repository,
  options: SnapshotOptions,
): Promise<SnapshotResult> {
  const { root, line } = requireFolder(repository);
  const started = repository.environment.now();
  const origin = originOf(repository, root);
  const transaction = await beginTransaction(repository, line);
  try {
    const head = await readLineHead(repository.refs, repository.store, line);
    await checkOrigin(repository, line, origin, options.anyRoot ?? false);
    const writer = repository.store.writer(transaction);
    const parent = head.parents[0]?.snapshot.root;
    const scanned = await scanFolder(repository, writer, root, parent, options);
    const result = await record(repository, {
      transaction,
      writer,
      scanned,
      head,
      line,
      origin,
      started,
      options,
    });
    if (result.id) await transaction.finish();
    else await transaction.abort('nothing changed');
    return result;
  } catch (error) {
    await transaction.abort('failed').catch(() => {});
    throw error;
  }
}

function requireFolder(repository: Repository): { root: Buffer; line: string } {
  const { root, line } = repository;
  if (root !== undefined && line !== undefined) return { root, line };
  throw new VaultError('NO_VAULT', 'this vault is a bare store: it belongs to no folder', {
    hint: 'make a link with `vault init DIR --store …`, then take the snapshot in DIR',
    subject: repository.backend.location,
  });
}

/** Who a line belongs to. An embedded vault moves with its folder, so there the place is the vault itself. */
export function originOf(repository: Repository, root: Buffer): LineInfo {
  const { host, hostId } = repository.environment;
  return repository.embedded ? lineInfo('', host, Buffer.from('.')) : lineInfo(hostId, host, root);
}

async function checkOrigin(
  repository: Repository,
  line: string,
  origin: LineInfo,
  anyRoot: boolean,
): Promise<void> {
  if (anyRoot) return;
  const current = await repository.refs.current('heads', line);
  checkLine(line, current?.line, origin);
}

interface Recording {
  transaction: Transaction;
  writer: ObjectWriter;
  scanned: ScanResult;
  head: LineHead;
  line: string;
  origin: LineInfo;
  started: bigint;
  options: SnapshotOptions;
}

/** Commits what was scanned; made anew on the line's new current when another writer was first. */
async function record(repository: Repository, recording: Recording): Promise<SnapshotResult> {
  const { transaction, writer, scanned, line, options } = recording;
  let { head } = recording;
  for (;;) {
    const { changes, changed } = await storeChanges(writer, head, scanned.root.id);
    const snapshot = describe(repository, recording, head, changes);
    const { problems, problemCount, warnings, excluded, excludedCount } = scanned;
    const facts = { snapshot, line, changed, problems, problemCount, warnings, excluded, excludedCount };
    if (options.ifChanged && changed === 0 && head.parents.length > 0) return { ...facts, id: undefined };
    const id = await writer.putMeta(ObjectType.snapshot, encodeSnapshot(snapshot));
    await writer.flush();
    await writer.verifyReliedPacks();
    const now = await repository.refs.newestSeq('heads', line);
    if (now !== head.seq) {
      head = await readLineHead(repository.refs, repository.store, line);
      continue;
    }
    options.signal?.throwIfAborted();
    await transaction.commit({ objects: [id.toString('hex')], ref: `refs/heads/${line}` });
    await appendToLine(repository, recording, id, head.seq);
    return { ...facts, id };
  }
}

async function appendToLine(
  repository: Repository,
  { transaction, line, origin, options }: Recording,
  id: Id,
  sinceSeq: number | undefined,
): Promise<void> {
  const { environment, refs } = repository;
  const body: RefBody = {
    target: id.toString('hex'),
    type: 'snapshot',
    time: formatTime(environment.now()),
    who: environment.user,
    host: environment.host,
    message: options.message ? `snapshot: ${options.message.split('\n', 1)[0]}` : 'snapshot',
    line: origin,
    txn: transaction.id,
  };
  await refs.appendRetry('heads', line, body, { sinceSeq });
}

/** The changes object against the first parent; none in a root. */
async function storeChanges(
  writer: ObjectWriter,
  head: LineHead,
  tree: Id,
): Promise<{ changes: Id | undefined; changed: number }> {
  const first = head.parents[0];
  if (!first) return { changes: undefined, changed: 0 };
  const builder = new ChangesBuilder((type, encoding) => writer.putMeta(type, encoding));
  let changed = 0;
  for await (const change of changesBetween(writer, first.snapshot.tree, tree)) {
    changed++;
    const flushed = builder.add(change);
    if (flushed) await flushed;
  }
  const { id } = await builder.finish();
  return { changes: id, changed };
}

function describe(
  repository: Repository,
  { writer, scanned, started, options }: Recording,
  head: LineHead,
  changes: Id | undefined,
): Snapshot {
  const { environment, root } = repository;
  const now = environment.now();
  const time = splitTime(later(now, head));
  const stats: SnapshotStats = {
    ...scanned.counts,
    ...writer.totals,
    durationMs: Number((now - started) / 1_000_000n),
  };
  return {
    tree: scanned.root.id,
    root: scanned.root,
    parents: head.parents.map(({ id }) => id),
    generation: Math.max(-1, ...head.parents.map(({ snapshot }) => snapshot.generation)) + 1,
    ...(changes && { changes }),
    timeS: time.s,
    timeNs: time.ns,
    host: environment.host,
    user: environment.user,
    ...(options.author !== undefined && { author: options.author }),
    rootPath: root!,
    mounts: scanned.mounts,
    message: options.message ?? '',
    labels: options.labels ?? [],
    problemCount: scanned.problemCount,
    problems: scanned.problems,
    stats,
  };
}

/** A snapshot is never dated before its parent, although a clock may have been set back. */
function later(now: bigint, head: LineHead): bigint {
  const first = head.parents[0]?.snapshot;
  if (!first) return now;
  const parent = joinTime(first.timeS, first.timeNs);
  return now > parent ? now : parent + 1n;
}
