/**
 * Compares a snapshot with a folder by content: every file of the folder is read and hashed, whatever its times say, and
 * every content of the snapshot is read from the packs.
 */
import { isVaultError } from '../../errors.ts';
import type { Problem } from '../../objects/model.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { type Id, ObjectType } from '../../store/id.ts';
import { type Difference, differences, snapshotSide } from '../diff/diff.ts';
import { explainMissing } from '../gc/gone.ts';
import { silentProgress } from '../progress.ts';
import { closure } from '../reachable/closure.ts';
import type { Repository } from '../repository.ts';
import type { ScanFolderOptions } from '../scan/scan-folder.ts';
import { addFinding, type CheckFinding, type CheckReport, emptyReport, isDamage } from './report.ts';

export interface AgainstReport extends CheckReport {
  snapshot: Id;
  /** in which contents, kinds or link targets differ; at most `MOST_DIFFERENCES`. Metadata is not compared */
  differences: Pick<Difference, 'path' | 'letter'>[];
  differenceCount: number;
  /** what of the folder could not be read, and so is no difference; at most `MOST_DIFFERENCES` */
  problems: Problem[];
  problemCount: number;
}

/** Problems behind these show as differences, too. */
const MOST_DIFFERENCES = 10_000;

/**
 * @param folder absolute
 * @throws as `scanFolder`; NOT_FOUND for a forgotten snapshot of which gc has removed something; ABORTED
 */
export async function checkAgainst(
  repository: Repository,
  snapshot: Id,
  folder: Buffer,
  options: Omit<ScanFolderOptions, 'paths'>,
): Promise<AgainstReport> {
  const report: AgainstReport = {
    ...emptyReport('data'),
    snapshot,
    snapshots: 1,
    differences: [],
    differenceCount: 0,
    problems: [],
    problemCount: 0,
  };
  const isSound = await readAll(repository, snapshot, report, options);
  if (!isSound) return report;
  options.progress?.phase('scan');
  const { diskSide } = await import('../diff/disk-side.ts');
  const scanning = { ...options, mostProblems: MOST_DIFFERENCES };
  const { side, scanned } = await diskSide(repository, folder, undefined, scanning);
  report.problems = scanned.problems;
  report.problemCount = scanned.problemCount;
  const unread = new Set(scanned.problems.map((problem) => problem.path.toString('latin1')));
  for await (const { path, letter, metadataOnly } of differences(
    await snapshotSide(repository, snapshot),
    side,
  )) {
    if (metadataOnly || (letter === 'D' && isIn(path, unread))) continue;
    report.differenceCount++;
    if (report.differences.length < MOST_DIFFERENCES) report.differences.push({ path, letter });
  }
  return report;
}

/** Whether it is one of the paths (latin1), or lies in one. */
function isIn(path: Buffer, paths: ReadonlySet<string>): boolean {
  const text = path.toString('latin1');
  for (let end = text.length; end > 0; end = text.lastIndexOf('/', end - 1)) {
    if (paths.has(text.slice(0, end))) return true;
  }
  return false;
}

/**
 * Reads everything that the snapshot needs, each object verified. False when something is broken, which is a finding.
 * @throws NOT_FOUND where it is forgotten, and gc has removed some of it
 */
async function readAll(
  repository: Repository,
  snapshot: Id,
  report: CheckReport,
  { progress = silentProgress, signal }: Pick<ScanFolderOptions, 'progress' | 'signal'>,
): Promise<boolean> {
  progress.phase('check');
  const { store } = repository;
  let missing: unknown;
  const note = (error: unknown): void => {
    addFinding(report, findingOf(error));
    if (isVaultError(error, 'MISSING_OBJECT')) missing ??= error;
  };
  try {
    await readSnapshot(store, snapshot);
    for await (const { id, type } of closure(store, [{ id: snapshot, type: ObjectType.snapshot }])) {
      signal?.throwIfAborted();
      report.objects++;
      progress.file(0, false);
      if (type !== ObjectType.chunk) continue;
      await store.readChunk(id).catch(note);
    }
  } catch (error) {
    note(error);
  }
  if (report.findings.some(({ kind }) => kind !== 'missing')) return false;
  const explained = await explainMissing(repository, missing, {
    snapshots: [snapshot],
    ...(signal && { signal }),
  });
  if (explained !== missing) throw explained;
  return report.findingCount === 0;
}

/** Rethrows what is no damage. */
function findingOf(error: unknown): CheckFinding {
  if (!isDamage(error)) throw error;
  const kind = error.code === 'MISSING_OBJECT' ? 'missing' : 'damaged';
  return { subject: error.subject ?? '', kind, message: error.message, damage: true };
}
