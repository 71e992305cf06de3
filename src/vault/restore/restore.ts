/**
 * Restores a snapshot, or one path of it: plan, stage, verify, promote. The destination is not touched before all that
 * was asked for lies verified beside it; then it is put in place by renames, and what was there is kept. Each phase is
 * written down in the run's journal, and its results in artifacts.
 */
import { VaultError } from '../../errors.ts';
import { type Entry, Kind } from '../../objects/model.ts';
import { joinPath, quote } from '../../objects/names.ts';
import { getPlatform } from '../../platform/select.ts';
import { silentProgress } from '../progress.ts';
import { type Context, lostFolders, metadataOf } from './context.ts';
import { diskError, incomplete } from './journal/errors.ts';
import { JOURNAL_FILE, type Promotion, readChanges } from './journal/journal.ts';
import { RestoreReport } from './journal/report.ts';
import { forgetOld, recover, removeRun } from './leftovers.ts';
import { folderFacts, ownMetadata, setOwnMetadata } from './metadata/own.ts';
import { lastName } from './place/paths.ts';
import { findPlace } from './place/place.ts';
import type { RestorePlan } from './plan/counts.ts';
import type { RestoreOptions, RestoreSource } from './plan/options.ts';
import { mayLeaveOut, mustStop } from './plan/partial.ts';
import type { Planned } from './plan/plan.ts';
import { planRestore } from './plan/plan-restore.ts';
import { Chooser } from './plan/selection.ts';
import { makePlan, PLANNED_NAME, plansInStage } from './plan-phase.ts';
import { planPromotion, previousOf, promotionChanges } from './promotion/changes.ts';
import { promote } from './promotion/promote.ts';
import { STAGED_NAME } from './records/artifacts.ts';
import { RunLog } from './records/log.ts';
import { checkStage, checkWritable, clearLeftovers, RunFolder, runName } from './records/run.ts';
import type { RestoreResult } from './result.ts';
import { PlannedReader } from './stage/reader.ts';
import { stage } from './stage/stage.ts';
import { checkReplaced } from './writable.ts';

/**
 * @throws USAGE for a selection or a conflict policy where what is restored is no folder; REFUSED for a destination in use, in
 *   the store or of somebody else, for conflicts, and for a tree that no restore may follow; DAMAGED when contents are missing
 *   and that is not accepted (the destination is untouched), and that or MISSING_OBJECT for a tree that cannot be read; NOT_FOUND
 *   for a selected path that is not there; NO_SPACE, PERMISSION, READ_ONLY, IO, BAD_PATH
 */
export async function restore(source: RestoreSource, options: RestoreOptions): Promise<RestoreResult> {
  const { entry, destination, progress = silentProgress, platform = getPlatform() } = options;
  if (entry.kind !== Kind.dir) checkSingle(options);
  try {
    if (!options.dryRun) await recover(source, options, platform, progress);
    const place = findPlace({
      platform,
      destination,
      entry,
      name: lastName(options.path),
      explicit: options.explicit ?? false,
      replace: options.replace ?? false,
      merge: options.conflict !== undefined,
      selects: Chooser.of(options.selection ?? {}) !== undefined,
      inPlace: options.inPlace ?? false,
      store: source.folder,
    });
    checkStage(platform, place.stageFolder, place.stageName);
    const run = options.run ?? runName(source.environment);
    const context: Context = {
      source,
      options,
      platform,
      progress,
      place,
      run,
      content: new PlannedReader(source, platform, options.threads),
      lost: lostFolders({ options, place }),
      report: new RestoreReport(),
      log: new RunLog(platform, progress, source.environment, options, place, run),
    };
    return await logged(context, () => carryOut(context));
  } catch (error) {
    throw diskError(error, 'restore to', destination, 'what was there is untouched');
  }
}

/** What is about the names in a folder must not be passed over in silence where there is none. */
function checkSingle({ selection, conflict, path }: RestoreOptions): void {
  const isSelected = Chooser.of(selection ?? {}) !== undefined;
  if (!isSelected && conflict === undefined) return;
  const what = isSelected ? 'a selection is made' : 'a conflict policy is for the names';
  throw new VaultError('USAGE', `${what} in a folder, and ${quote(path)} is none`, {
    hint: isSelected
      ? 'leave out what selects, or name the folder'
      : 'replace what is there with --in-place, or with --to and --replace; it is kept',
    subject: path.toString(),
  });
}

/** Whatever happens, what is written down is complete and no thread stays. */
async function logged(context: Context, run: () => Promise<RestoreResult>): Promise<RestoreResult> {
  const { log, content } = context;
  try {
    return await run();
  } catch (error) {
    await log.fail(error);
    throw error;
  } finally {
    log.close();
    await content.close();
  }
}

/** A dry run, or one that has nothing to do. */
async function planOnly(context: Context): Promise<RestoreResult> {
  const { options, platform, place, run, log, report } = context;
  const isThere = place.way === 'there';
  // Asked where the run would notice it, so that of two reasons both tell the same.
  if (!isThere && plansInStage(context)) checkWritable(place.stageFolder);
  const { plan } = await makePlan(context);
  if (!isThere) checkWritable(place.stageFolder);
  checkReplaced(platform, place);
  log.summaries(report, options.verify ?? 'content');
  await log.end(isThere ? 'restored' : 'planned', 0, undefined);
  const keeps = !isThere && plan.actions.replace + plan.actions.delete > 0;
  const previous = keeps ? previousOf(place, run) : undefined;
  return resultOf(context, plan, isThere ? 'already there' : 'planned', 0, previous);
}

async function carryOut(context: Context): Promise<RestoreResult> {
  const { options, platform, place, run, log } = context;
  if (options.dryRun || place.way === 'there') return planOnly(context);
  // A tree that is refused leaves no trace, not even a time; what a plan needs the stage for is looked at twice.
  const early = plansInStage(context) ? undefined : await makePlan(context);
  if (!early)
    await planRestore({
      reader: context.source.store,
      platform,
      root: options.entry,
      lost: lostFolders(context),
      signal: options.signal,
    });
  await clearLeftovers(platform, place.stageFolder, place.stageName, context.source.environment);
  const isInside = place.stageFolder.equals(place.destination);
  const before = isInside || place.wasEmpty ? folderFacts(platform, place.destination) : undefined;
  const folder = new RunFolder(platform, place.stageFolder, place.stageName, run, log.journal);
  let done: (Promoted & { plan: RestorePlan }) | undefined;
  try {
    log.stageMade(folder);
    const planned = early ?? (await makePlan(context, folder));
    await stageAll(context, folder, planned);
    done = { plan: planned.plan, ...promoteAll(context, folder, before) };
  } finally {
    log.deliver();
    await removeRun(folder, context.progress);
    // The stage that came and went in it is no change of the destination.
    if (!done && before && isInside) platform.setTimes(place.destination, before.mtimeS!, before.mtimeNs!);
  }
  // Only now nothing more is made or removed in the folder itself.
  if (done.promotion) setOwnMetadata(platform, done.promotion);
  await log.end('restored', done.changes, done.previous, context.report.failureCount);
  forgetOld(context);
  return resultOf(context, done.plan, 'restored', done.changes, done.previous);
}

async function stageAll(
  { source, content, options, platform, lost, report, progress, place, log }: Context,
  folder: RunFolder,
  planned: Planned,
): Promise<void> {
  const { verify = 'content' } = options;
  log.phase('stage');
  const { files, bytes } = planned.plan;
  progress.phase('restore', { files, bytes });
  await stage(folder, {
    store: source.store,
    content: content.reader,
    platform,
    entry: options.entry,
    path: options.path,
    destination: place.destination,
    planned,
    lost,
    metadata: metadataOf(options),
    artifacts: log.artifacts,
    verify,
    report,
    progress,
    signal: options.signal,
  });
  // Files are verified beside the writing of the next ones: the phase ends here, and has no beginning of its own.
  log.phase('verify');
  log.summaries(report, verify);
  if (mustStop(report, mayLeaveOut(options, place))) {
    throw incomplete(report, place.destination, options.entry.kind === Kind.dir);
  }
  options.signal?.throwIfAborted();
}

interface Promoted {
  promotion: Promotion | undefined;
  changes: number;
  previous: Buffer | undefined;
}

function promoteAll(
  { options, platform, place, progress, run, log }: Context,
  folder: RunFolder,
  before: Entry | undefined,
): Promoted {
  progress.phase('commit');
  log.phase('promote');
  const staged = joinPath(folder.path, STAGED_NAME);
  const promotion = planPromotion(platform, place, staged, run);
  if (before && (place.wasEmpty || (place.way === 'entries' && !options.noMetadata))) {
    promotion.own = ownMetadata(platform, before, staged, options.entry);
  }
  log.journal.promotion(promotion);
  let changes = 0;
  let isKept = false;
  for (const change of promotionChanges(platform, place, promotion, joinPath(folder.path, PLANNED_NAME))) {
    log.journal.change(change);
    changes++;
    isKept ||= change.type !== 'create';
  }
  log.journal.ready(changes);
  log.settle();
  folder.settle();
  if (changes === 0) return { promotion: undefined, changes, previous: undefined };
  const journal = joinPath(folder.path, JOURNAL_FILE);
  promote(platform, promotion, changes, () => readChanges(platform, journal));
  return { promotion, changes, previous: isKept && !place.wasEmpty ? promotion.previous : undefined };
}

function resultOf(
  { report, place, run, log, options }: Context,
  plan: RestorePlan,
  outcome: RestoreResult['outcome'],
  changes: number,
  previous: Buffer | undefined,
): RestoreResult {
  const { failureCount, failures, leftOut, lost, unfaithful } = report;
  return {
    outcome,
    way: place.way,
    destination: place.destination,
    isFolder: options.entry.kind === Kind.dir,
    previous,
    run,
    plan,
    artifacts: log.folder,
    changes,
    failureCount,
    failures,
    leftOut,
    lost,
    unfaithful,
  };
}
