/**
 * Commits a snapshot whose tree is with the writer: changes, packs, outcome, ref (`docs/architecture.md`, "A snapshot"). Until the outcome
 * exists nothing that was there before has changed.
 */
import type { Snapshot, SnapshotStats } from '../../objects/model.ts';
import { encodeSnapshot } from '../../objects/snapshot.ts';
import { storeChanges } from '../../objects/store-changes.ts';
import { snapshotTime } from '../../refs/dates.ts';
import type { LineInfo } from '../../refs/lines.ts';
import { HEADS } from '../../refs/names.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import type { StoreWriter } from '../../store/object-store/object-writer.ts';
import type { Transaction } from '../../store/transaction/transaction.ts';
import { splitTime } from '../environment.ts';
import type { Repository } from '../repository.ts';
import type { ScanResult } from '../scan/scan.ts';
import { commit, type RefFields } from '../transaction/commit.ts';
import { TakeOver } from '../transaction/take-over.ts';
import { type LineHead, lineHead } from './line-parents.ts';

/** What a snapshot says besides its tree. */
export interface SnapshotHead {
  message?: string;
  author?: string;
  labels?: [key: string, value: string][];
  signal?: AbortSignal;
}

/** What of a scan a snapshot records. */
export type RecordedTree = Pick<ScanResult, 'root' | 'mounts' | 'counts' | 'problems' | 'problemCount'>;

export interface Recording {
  transaction: Transaction;
  writer: StoreWriter;
  tree: RecordedTree;
  head: LineHead;
  line: string;
  origin: LineInfo;
  /** nanoseconds since 1970 */
  started: bigint;
  options: SnapshotHead;
  /** makes the tree anew upon another head; where absent the tree stays as it is */
  rebase?: (head: LineHead) => Promise<RecordedTree>;
}

export interface Recorded {
  id: Id;
  snapshot: Snapshot;
  /** changes against the first parent; 0 in a first snapshot */
  changed: number;
}

/** Commits; the snapshot is made anew on the line's new current when another writer was first. */
export async function recordSnapshot(repository: Repository, recording: Recording): Promise<Recorded> {
  const { transaction, writer, line, options, rebase } = recording;
  let { head, tree } = recording;
  const taken = new TakeOver(transaction, writer);
  for (;;) {
    const first = head.parents[0];
    const changes = first && (await storeChanges(writer, first.snapshot.tree, tree.root.id));
    const snapshot = describe(repository, recording, tree, head, changes?.id);
    const id = await writer.putMeta(ObjectType.snapshot, encodeSnapshot(snapshot));
    await taken.ofKept([{ id, type: ObjectType.snapshot }]);
    await writer.flush();
    await writer.verifyReliedPacks();
    const now = await repository.refs.newestSeq(HEADS, line);
    if (now !== head.seq) {
      head = await lineHead(repository, line);
      tree = rebase ? await rebase(head) : tree;
      continue;
    }
    options.signal?.throwIfAborted();
    const fields = fieldsOf(repository, recording);
    const ref = { namespace: HEADS, name: line, fields, sinceSeq: head.seq };
    await commit(repository, transaction, { objects: [id.toString('hex')], ref });
    return { id, snapshot, changed: changes?.rows ?? 0 };
  }
}

/** What the line's record says. */
function fieldsOf({ environment }: Repository, { origin, options }: Recording): RefFields {
  return {
    type: 'snapshot',
    who: environment.user,
    host: environment.host,
    message: options.message ? `snapshot: ${options.message.split('\n', 1)[0]}` : 'snapshot',
    line: origin,
  };
}

function describe(
  repository: Repository,
  { writer, started, options }: Recording,
  { root, mounts, counts, problems, problemCount }: RecordedTree,
  head: LineHead,
  changes: Id | undefined,
): Snapshot {
  const { environment } = repository;
  const now = environment.now();
  const time = splitTime(later(now, head));
  const stats: SnapshotStats = {
    ...counts,
    ...writer.totals,
    durationMs: Number((now - started) / 1_000_000n),
  };
  return {
    tree: root.id,
    root,
    parents: head.parents.map(({ id }) => id),
    generation: Math.max(-1, ...head.parents.map(({ snapshot }) => snapshot.generation)) + 1,
    ...(changes && { changes }),
    timeS: time.s,
    timeNs: time.ns,
    host: environment.host,
    user: environment.user,
    ...(options.author !== undefined && { author: options.author }),
    rootPath: repository.root!,
    mounts,
    message: options.message ?? '',
    labels: options.labels ?? [],
    problemCount,
    problems,
    stats,
  };
}

/** A snapshot is never dated before its parent, although a clock may have been set back. */
function later(now: bigint, head: LineHead): bigint {
  const first = head.parents[0]?.snapshot;
  if (!first) return now;
  const parent = snapshotTime(first);
  return now > parent ? now : parent + 1n;
}
