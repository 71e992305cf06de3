/** The phase that plans: what is to be done is decided, counted and written down. */
import { Kind } from '../../objects/model.ts';
import { joinPath } from '../../objects/names.ts';
import { type Context, metadataOf } from './context.ts';
import { below } from './place/paths.ts';
import { replacedIn } from './place/place.ts';
import { Existing } from './plan/existing.ts';
import type { Planned } from './plan/plan.ts';
import { planRestore } from './plan/plan-restore.ts';
import { Chooser } from './plan/selection.ts';
import { inTheWay, PlannedChanges } from './promotion/changes.ts';
import { planDocument } from './records/document.ts';
import type { RunFolder } from './records/run.ts';
import { ChangedNames } from './writable.ts';

/** In the run's folder: the changes that the plan of a merge is going to make. */
export const PLANNED_NAME = Buffer.from('planned');

/** What the plan needs a stage for: a merge may have as many changes as there are names. */
export function plansInStage({ place, options }: Context): boolean {
  return place.way === 'merge' || options.artifacts === 'destination';
}

/** @param folder the run's own, where the changes of a merge are written to */
export async function makePlan(context: Context, folder?: RunFolder): Promise<Planned> {
  const { source, options, platform, place, run, log, lost, report, progress } = context;
  progress.phase('plan');
  log.phase('plan');
  const { entry } = options;
  const existing = openExisting(context);
  const planned =
    existing && folder ? new PlannedChanges(platform, platform.pathIn(folder.fd, PLANNED_NAME)) : undefined;
  const asked = existing && !folder ? new ChangedNames(platform, place.destination) : undefined;
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
      onApart: (path) => report.note('hard links', 'EEXIST', () => below(options.path, path)),
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
