/**
 * Restores a snapshot, or one path of it: plan, stage, verify, promote. The destination is not touched before all that
 * was asked for lies verified beside it; then it is put in place by renames, and what was there is kept. Each phase is
 * written down in the run's journal, and its results in artifacts.
 */

import { VaultError } from '../../errors.ts';
import { type Entry, Kind } from '../../objects/model.ts';
import { joinPath, quote } from '../../objects/names.ts';
import type { Platform } from '../../platform/platform.ts';
import { isWithinReach } from '../../platform/processes.ts';
import { getPlatform } from '../../platform/select.ts';
import { type Progress, silentProgress } from '../progress.ts';
import { diskError, incomplete } from './journal/errors.ts';
import { JOURNAL_FILE, type Promotion, type RunOwner, readChanges } from './journal/journal.ts';
import { type RestoreFailure, RestoreReport, type Unfaithful } from './journal/report.ts';
import { ALL_METADATA, type MetadataOptions } from './metadata/metadata.ts';
import { folderFacts, ownMetadata, setOwnMetadata } from './metadata/own.ts';
import { below, findPlace, lastName, type Place, replacedIn, stagesOf } from './place/place.ts';
import { Existing } from './plan/existing.ts';
import { LostFolders } from './plan/lost.ts';
import type { RestoreOptions, RestoreSource, RunEnvironment } from './plan/options.ts';
import { mayLeaveOut, mustStop } from './plan/partial.ts';
import { type Planned, planRestore, type RestorePlan } from './plan/plan.ts';
import { Chooser } from './plan/selection.ts';
import {
  inTheWay,
  PlannedChanges,
  planPromotion,
  previousOf,
  promotionChanges,
} from './promotion/changes.ts';
import { promote } from './promotion/promote.ts';
import { STAGED_NAME } from './records/artifacts.ts';
import { planDocument } from './records/document.ts';
import { forgetOldRuns } from './records/forget.ts';
import { RunLog } from './records/log.ts';
import { recoverRuns } from './records/records.ts';
import { checkStage, checkWritable, clearLeftovers, RunFolder, runName } from './records/run.ts';
import { PlannedReader } from './stage/reader.ts';
import { stage } from './stage/stage.ts';
import { ChangedFolders } from './writable.ts';

/** In the run's folder: the changes that the plan of a merge is going to make. */
const PLANNED_NAME = Buffer.from('planned');

export interface RestoreResult {
  /** `already there`: the copy beside the file is there since an earlier restore; nothing was written */
  outcome: 'restored' | 'already there' | 'planned';
  /** how it takes its place */
  way: Place['way'];
  /** where it is, or would be */
  destination: Buffer;
  isFolder: boolean;
  /** where what was replaced is kept; of a dry run, where a run of its name would keep it */
  previous: Buffer | undefined;
  run: string;
  plan: RestorePlan;
  /** where the artifacts are */
  artifacts: Buffer | undefined;
  /** names of the destination that were changed */
  changes: number;
  /** names that are left out, mostly since their contents are missing: then it is not whole */
  failureCount: number;
  /** the first 100 */
  failures: RestoreFailure[];
  /** all of them, by kind */
  leftOut: Unfaithful[];
  /** files that were to be written and are left out, and the sum of their recorded sizes */
  lost: { files: number; bytes: number };
  /** what could not be set or made here, by kind */
  unfaithful: Unfaithful[];
}

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

/** Where names that cannot be read go: none of what is there is judged by a list that is not whole. */
function lostFolders({ options, place }: Pick<Context, 'options' | 'place'>): LostFolders | undefined {
  return place.way === 'merge' || mayLeaveOut(options, place) === 'nothing' ? undefined : new LostFolders();
}

interface Context {
  source: RestoreSource;
  options: RestoreOptions;
  platform: Platform;
  progress: Progress;
  place: Place;
  run: string;
  content: PlannedReader;
  /** undefined: the restore does not go on without */
  lost: LostFolders | undefined;
  report: RestoreReport;
  log: RunLog;
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

/** What the plan needs a stage for: a merge may have as many changes as there are names. */
function plansInStage({ place, options }: Context): boolean {
  return place.way === 'merge' || options.artifacts === 'destination';
}

/** A dry run, or one that has nothing to do. */
async function planOnly(context: Context): Promise<RestoreResult> {
  const { options, place, run, log, report } = context;
  const isThere = place.way === 'there';
  // Asked where the run would notice it, so that of two reasons both tell the same.
  if (!isThere && plansInStage(context)) checkWritable(place.stageFolder);
  const { plan } = await makePlan(context);
  if (!isThere) checkWritable(place.stageFolder);
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
  await log.end('restored', done.changes, done.previous);
  forgetOld(context);
  return resultOf(context, done.plan, 'restored', done.changes, done.previous);
}

/** @param folder the run's own, where the changes of a merge are written to */
async function makePlan(context: Context, folder?: RunFolder): Promise<Planned> {
  const { source, options, platform, place, run, log, lost, report, progress } = context;
  progress.phase('plan');
  log.phase('plan');
  const { entry } = options;
  const existing = openExisting(context);
  const planned =
    existing && folder ? new PlannedChanges(platform, platform.pathIn(folder.fd, PLANNED_NAME)) : undefined;
  const asked = existing && !folder ? new ChangedFolders(place.destination) : undefined;
  const changes = planned ?? asked;
  try {
    const result = await planRestore({
      reader: source.store,
      platform,
      root: entry,
      chooser: entry.kind === Kind.dir ? Chooser.of(options.selection ?? {}) : undefined,
      existing,
      deletes: options.deletes ?? false,
      replaced: replacedIn(platform, place),
      lost,
      onName: (path, entry, action) => {
        if (place.way === 'entries' && place.kept.some((name) => name.equals(path))) {
          throw inTheWay(joinPath(place.destination, path));
        }
        log.artifacts?.candidate(path, entry, action);
      },
      onBytes: options.dryRun ? undefined : (bytes) => context.content.plan(bytes),
      onChange: changes && ((change) => changes.add(change)),
      signal: options.signal,
    });
    lost?.seal();
    for (const { path, error } of lost ?? []) report.failFolder(below(options.path, path), error);
    log.artifacts?.plan(planDocument(source, options, place, run, result.plan));
    asked?.check();
    return result;
  } finally {
    planned?.close();
    existing?.close();
  }
}

/** The folder in use that is merged into, if any. */
function openExisting({ source, options, platform, place }: Context): Existing | undefined {
  const { conflict } = options;
  if (conflict === undefined || place.way !== 'merge') return undefined;
  return new Existing({
    platform,
    store: source.store,
    destination: place.destination,
    kept: place.kept,
    policy: conflict,
    metadata: metadataOf(options),
  });
}

/** What of it is set and compared; undefined: contents only. */
function metadataOf({ noMetadata, metadata = ALL_METADATA }: RestoreOptions): MetadataOptions | undefined {
  return noMetadata ? undefined : metadata;
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

/** A stage that cannot be removed is a nuisance, and no reason to call a restore failed, or to hide why it did. */
async function removeRun(run: RunFolder, progress: Progress): Promise<void> {
  try {
    await run.remove();
  } catch (error) {
    progress.warn(`${run.path.toString()} could not be removed: ${(error as Error).message}`);
  }
}

/** What is left of it goes another time. */
function forgetOld({ source, options: { records }, platform, progress, run }: Context): void {
  try {
    if (records) forgetOldRuns(platform, records, source.environment, run);
  } catch (error) {
    progress.warn(`records of older restores could not be removed: ${(error as Error).message}`);
  }
}

/** What earlier runs have left, of any destination that is known and of this one. */
async function recover(
  { environment }: RestoreSource,
  { records, destination }: RestoreOptions,
  platform: Platform,
  progress: Progress,
): Promise<void> {
  if (records) await recoverRuns(platform, records, environment);
  const left = (owner: RunOwner) => {
    if (!isWithinReach(owner, environment)) progress.warn(unknownText(owner, environment));
  };
  for (const { folder, name } of stagesOf(platform, destination)) {
    await clearLeftovers(platform, folder, name, environment, undefined, left);
  }
}

/** Nobody here can tell whether such a process runs. */
function unknownText({ run, host, hostId, pid }: RunOwner, here: RunEnvironment): string {
  const then = hostId === here.hostId ? 'an hour after its last sign of life' : 'on that host';
  return `restore ${run} to this place, process ${pid} on ${host} or in a container there, may be at work; if it was interrupted, the next restore ${then} clears up after it`;
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
