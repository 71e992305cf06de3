/**
 * Restores a snapshot, or one path of it: plan, stage, verify, promote. The destination is not touched before all that
 * was asked for lies verified beside it; then it is put in place by renames, and what was there is kept.
 */
import { VaultError } from '../errors.ts';
import type { Entry } from '../objects/model.ts';
import { joinPath } from '../objects/names.ts';
import type { Platform } from '../platform/platform.ts';
import { getPlatform } from '../platform/select.ts';
import type { Id } from '../store/id.ts';
import { type Progress, silentProgress } from './progress.ts';
import { type ContentSource, LEAST_FOR_THREADS } from './restore-content.ts';
import { diskError } from './restore-errors.ts';
import { type Creation, MetadataSetter } from './restore-metadata.ts';
import { findPlace, lastName, type Place, stagesOf } from './restore-place.ts';
import { planRestore, type RestorePlan } from './restore-plan.ts';
import { finishPromotion, type Promotion, planPromotion, promote } from './restore-promote.ts';
import { type RestoreFailure, RestoreReport, type Unfaithful } from './restore-report.ts';
import { clearLeftovers, type RunEnvironment, RunFolder, runName, STAGED_NAME } from './restore-run.ts';
import { stage } from './restore-stage.ts';

/** Threads that read ahead; one creator cannot use more. */
const MOST_THREADS = 4;

/** What a restore needs of an open vault. */
export interface RestoreSource extends ContentSource {
  /** the store's folder where it is a local one: it is never written to nor moved */
  readonly folder: Buffer | undefined;
  readonly environment: RunEnvironment;
}

export interface RestoreOptions {
  snapshot: Id;
  /** from the snapshot's root; empty for all of it */
  path: Buffer;
  /** what `path` names; the snapshot's root entry for the empty path */
  entry: Entry;
  /** absolute, without a slash at its end */
  destination: Buffer;
  /**
   * The user named the destination: a file goes exactly there, or under its own name into it where it is a folder.
   * Otherwise it goes to its own place where that is free, else beside it as `name.<first 8 digits of its SHA-256>`.
   */
  explicit?: boolean;
  /** put it in the place of what is there, which is kept as `.vault_restore_previous_<name>_<run>` */
  replace?: boolean;
  /** the same for a single file whose destination was not named */
  inPlace?: boolean;
  /** contents only: owners, modes, attributes and times are those of new files */
  noMetadata?: boolean;
  /** what is compared before promotion: nothing, sizes, or contents as well. Chunks are always verified as they are read */
  verify?: 'none' | 'size' | 'content';
  /** go on to promotion although some contents cannot be had */
  partial?: boolean;
  /** check and count, change nothing */
  dryRun?: boolean;
  threads: number;
  progress?: Progress;
  signal?: AbortSignal;
  /** for tests */
  platform?: Platform;
}

export interface RestoreResult {
  /** `already there`: the copy beside the file is there since an earlier restore; nothing was written */
  outcome: 'restored' | 'already there' | 'planned';
  /** where it is, or would be */
  destination: Buffer;
  /** where what was replaced is kept */
  previous: Buffer | undefined;
  run: string;
  plan: RestorePlan;
  /** contents that are missing: with `partial` only */
  failureCount: number;
  /** the first 100 */
  failures: RestoreFailure[];
  /** what could not be set or made here, by kind */
  unfaithful: Unfaithful[];
}

/**
 * @throws REFUSED for a destination in use, in the store or of somebody else, and for a tree that no restore may follow;
 *   DAMAGED when contents are missing (the destination is untouched); NO_SPACE, PERMISSION, IO, BAD_PATH
 */
export async function restore(source: RestoreSource, options: RestoreOptions): Promise<RestoreResult> {
  const { entry, destination, signal, progress = silentProgress, platform = getPlatform() } = options;
  const context: Context = { source, options, platform, progress, report: new RestoreReport() };
  try {
    if (!options.dryRun) await clearStages(context, stagesOf(platform, destination));
    const place = findPlace({
      platform,
      destination,
      entry,
      name: lastName(options.path),
      explicit: options.explicit ?? false,
      replace: options.replace ?? false,
      inPlace: options.inPlace ?? false,
      store: source.folder,
    });
    progress.phase('plan');
    const plan = await planRestore(source.store, entry, signal);
    const run = runName(source.environment);
    if (options.dryRun || place.way === 'there') {
      return resultOf(
        context,
        place,
        plan,
        run,
        undefined,
        place.way === 'there' ? 'already there' : 'planned',
      );
    }
    await clearStages(context, [{ folder: place.stageFolder, name: place.stageName }]);
    const promotion = await stageAndPromote(context, place, plan, run);
    return resultOf(context, place, plan, run, promotion.previous, 'restored');
  } catch (error) {
    throw diskError(error, 'restore to', destination, 'what was there is untouched');
  }
}

interface Context {
  source: RestoreSource;
  options: RestoreOptions;
  platform: Platform;
  progress: Progress;
  report: RestoreReport;
}

async function stageAndPromote(
  context: Context,
  place: Place,
  plan: RestorePlan,
  name: string,
): Promise<Promotion> {
  const { source, options, platform, progress, report } = context;
  const { host, hostId, bootId, pid, startTime } = source.environment;
  const run = new RunFolder(platform, place.stageFolder, place.stageName, {
    run: name,
    snapshot: options.snapshot.toString('hex'),
    path: options.path.toString('base64url'),
    destination: place.destination.toString('base64url'),
    host,
    hostId,
    bootId,
    pid,
    startTime,
  });
  let promotion: Promotion;
  try {
    progress.phase('restore', { files: plan.files, bytes: plan.bytes });
    await stage(run, {
      source,
      platform,
      entry: options.entry,
      path: options.path,
      plan,
      metadata: !options.noMetadata,
      verify: options.verify ?? 'content',
      threads: plan.bytes < LEAST_FOR_THREADS ? 0 : Math.max(1, Math.min(MOST_THREADS, options.threads)),
      report,
      progress,
      signal: options.signal,
    });
    if (report.failureCount > 0 && !options.partial) throw incomplete(report, place);
    options.signal?.throwIfAborted();
    progress.phase('commit');
    promotion = planPromotion(platform, place, joinPath(run.path, STAGED_NAME), name);
    run.journal(promotion.steps);
    promote(platform, promotion, place.missing);
  } finally {
    await removeRun(run, progress);
  }
  // Only now nothing more is made or removed in the folder itself.
  if (place.way === 'entries' && !options.noMetadata) setOwnMetadata(context, place, run.creation);
  return promotion;
}

/** A folder that stayed, while what is in it was replaced, gets its metadata at last. */
function setOwnMetadata(
  { options, platform, report }: Context,
  { destination }: Place,
  creation: Creation,
): void {
  const setter = new MetadataSetter(platform, creation, report);
  const fd = platform.openFolder(destination);
  try {
    setter.set({ fd }, options.entry, undefined, () => options.path);
  } finally {
    platform.close(fd);
  }
}

/** A stage that cannot be removed is a nuisance, and no reason to call a restore failed, or to hide why it did. */
async function removeRun(run: RunFolder, progress: Progress): Promise<void> {
  try {
    await run.remove();
  } catch (error) {
    progress.warn(`${run.path.toString()} could not be removed: ${(error as Error).message}`);
  }
}

async function clearStages(
  { source, platform }: Context,
  stages: readonly { folder: Buffer; name: Buffer }[],
): Promise<void> {
  for (const { folder, name } of stages) {
    await clearLeftovers(platform, folder, name, source.environment, (steps) =>
      finishPromotion(platform, steps),
    );
  }
}

function resultOf(
  { report }: Context,
  { destination }: Place,
  plan: RestorePlan,
  run: string,
  previous: Buffer | undefined,
  outcome: RestoreResult['outcome'],
): RestoreResult {
  const { failureCount, failures, unfaithful } = report;
  return { outcome, destination, previous, run, plan, failureCount, failures, unfaithful };
}

function incomplete({ failureCount, failures }: RestoreReport, { destination }: Place): VaultError {
  const damaged = failures.some(({ code }) => code === 'DAMAGED' || code === 'MISSING_OBJECT');
  const { path, message } = failures[0]!;
  const what = failureCount === 1 ? 'one name' : `${failureCount} names`;
  return new VaultError(
    damaged ? 'DAMAGED' : 'IO',
    `${what} could not be restored, first ${path.toString() || 'the root'}: ${message}; ` +
      `${destination.toString()} is untouched`,
    {
      subject: path.toString(),
      hint: damaged
        ? 'run `vault check` to see what is affected; other snapshots may hold these files whole'
        : 'restore to another file system with --to',
      details: failures.map((failure) => ({ ...failure, path: failure.path.toString() })),
    },
  );
}
