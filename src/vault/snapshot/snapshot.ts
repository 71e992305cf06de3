/**
 * Takes a snapshot of the vault's folder: begin, scan and seal, tree and changes, packs, outcome, ref (`docs/architecture.md`, "A
 * snapshot"). Packs of a run that was interrupted stay usable.
 */
import { isVaultError } from '../../errors.ts';
import type { Problem, Snapshot } from '../../objects/model.ts';
import type { Id } from '../../store/id.ts';
import type { Transaction } from '../../store/transaction/transaction.ts';
import { forgottenSnapshots } from '../forgotten-snapshots.ts';
import type { Exclusion } from '../ignore/exclusions.ts';
import { type KeptFolder, keptFolder } from '../kept-folder.ts';
import type { Repository } from '../repository.ts';
import { recoverRestores } from '../restore/recover.ts';
import type { ScanResult } from '../scan/scan.ts';
import { checkPaths, type ScanFolderOptions, scanFolder } from '../scan/scan-folder.ts';
import { inTransaction } from '../transaction/begin-anew.ts';
import { finishRef } from '../transaction/commit.ts';
import { checkOrigin, originOf } from './line-origin.ts';
import { type LineHead, lineHead } from './line-parents.ts';
import { expectedTotal, planSnapshot } from './plan.ts';
import { recordSnapshot, type SnapshotHead } from './record.ts';
import { type TagRequest, tagged } from './tagged.ts';

export interface SnapshotOptions extends Omit<ScanFolderOptions, 'signal'>, SnapshotHead, TagRequest {
  /** a line other than the folder's own, whatever folder it was made of */
  line?: string;
  /** take none when nothing changed */
  ifChanged?: boolean;
  /** absolute; where this host records restores: one that was killed is finished or rolled back before */
  restores?: Buffer;
}

export interface SnapshotResult {
  /** undefined when `ifChanged` found nothing */
  id: Id | undefined;
  /** the one that was taken, else the newest */
  snapshot: Snapshot;
  /** the newest before */
  parent: Id | undefined;
  line: string;
  /** changes against the first parent; 0 in a first snapshot */
  changed: number;
  problems: Problem[];
  problemCount: number;
  warnings: Problem[];
  excludedCount: number;
  excludedBy: ScanResult['excludedBy'];
  excluded: Exclusion[];
}

/**
 * @throws NO_VAULT without a folder, REFUSED for a line of another root or a tag that exists, USAGE for a path that is
 *   neither on disk nor in the parent, READ_ONLY, NO_SPACE, IO, LOST_RACE
 */
export async function takeSnapshot(
  repository: Repository,
  options: SnapshotOptions,
): Promise<SnapshotResult> {
  // Half of a restore is no version of the folder.
  const { restores: records } = options;
  if (records) await recoverRestores({ records, environment: repository.environment });
  return tagged(repository, options, async () => {
    const unchanged = options.ifChanged ? await findUnchanged(repository, options) : undefined;
    return unchanged ?? take(repository, options);
  });
}

/** A look without a transaction: an unchanged folder leaves no trace. */
async function findUnchanged(
  repository: Repository,
  options: SnapshotOptions,
): Promise<SnapshotResult | undefined> {
  const { newest } = await forgottenSnapshots(repository);
  try {
    const { parent, line, scanned, changes } = await planSnapshot(repository, options);
    if (parent === undefined) return undefined;
    for await (const _ of changes()) return undefined;
    const { id, snapshot } = parent;
    return { id: undefined, snapshot, parent: id, line, changed: 0, ...factsOf(scanned) };
  } catch (error) {
    // The parent was forgotten meanwhile, and gc has removed it: the snapshot follows another one.
    if (!isVaultError(error, 'MISSING_OBJECT')) throw error;
    if ((await forgottenSnapshots(repository)).newest === newest) throw error;
    return undefined;
  }
}

async function take(repository: Repository, options: SnapshotOptions): Promise<SnapshotResult> {
  const { root, line } = keptFolder(repository, options.line);
  const started = repository.environment.now();
  await checkArguments(repository, root, line, options);
  await finishRef(repository, `refs/heads/${line}`);
  return inTransaction(repository, line, (transaction) =>
    scanAndRecord(repository, transaction, { root, line }, started, options),
  );
}

async function scanAndRecord(
  repository: Repository,
  transaction: Transaction,
  { root, line }: KeptFolder,
  started: bigint,
  options: SnapshotOptions,
): Promise<SnapshotResult> {
  const { progress } = options;
  const origin = originOf(repository, root);
  const head = await lineHead(repository, line);
  if (options.line === undefined) await checkOrigin(repository, line, origin);
  const writer = repository.store.writer(transaction);
  let scanned: ScanResult;
  const scan = async ({ parents: [on] }: LineHead): Promise<ScanResult> => {
    progress?.phase('scan', expectedTotal(on?.snapshot, options));
    const known = on && { mounts: on.snapshot.mounts };
    scanned = await scanFolder(repository, writer, root, on?.snapshot.root, { ...options, ...known });
    progress?.phase('commit');
    return scanned;
  };
  const tree = await scan(head);
  // What is carried over must come from the snapshot that this one follows.
  const rebase = options.paths?.length ? { rebase: scan } : {};
  const recording = { transaction, writer, tree, head, line, origin, started, options, ...rebase };
  const recorded = await recordSnapshot(repository, recording);
  return { ...recorded, parent: head.parents[0]?.id, line, ...factsOf(scanned!) };
}

/** Before the transaction: one that is aborted leaves a record for ever. */
async function checkArguments(
  repository: Repository,
  root: Buffer,
  line: string,
  { line: chosen, paths = [] }: SnapshotOptions,
): Promise<void> {
  if (chosen === undefined) await checkOrigin(repository, line, originOf(repository, root));
  if (paths.length === 0) return;
  const { parents } = await lineHead(repository, line);
  await checkPaths(repository.store, root, parents[0]?.snapshot.root, paths);
}

function factsOf({ problems, problemCount, warnings, excluded, excludedBy, excludedCount }: ScanResult) {
  return { problems, problemCount, warnings, excluded, excludedBy, excludedCount };
}
