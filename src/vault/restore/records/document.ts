/** `restore_plan.json`: all that a restore is about to do, so that the same input gives the same bytes. */
import { nameFields } from '../../../objects/json-names.ts';
import { KIND_NAMES } from '../../../objects/model.ts';
import { formatTime } from '../../../refs/dates.ts';
import { ALL_METADATA } from '../metadata/metadata.ts';
import type { Place } from '../place/place.ts';
import type { RestorePlan } from '../plan/counts.ts';
import type { RestoreOptions, RestoreSource } from '../plan/options.ts';
import { mayLeaveOut } from '../plan/partial.ts';
import { previousOf } from '../promotion/changes.ts';

const WAYS = {
  new: 'nothing is there',
  swap: 'exchanged as a whole',
  entries: 'exchanged name by name',
  merge: 'merged',
  there: 'already there',
} as const;

export function planDocument(
  source: RestoreSource,
  options: RestoreOptions,
  place: Place,
  run: string,
  plan: RestorePlan,
): object {
  const { environment, config } = source;
  const { entry, path, snapshot, selection } = options;
  const { actions, ...counts } = plan;
  const latin1 = (patterns: readonly string[] = []) =>
    patterns.map((text) => Buffer.from(text, 'latin1').toString());
  return {
    schema: 'vault/restore-plan/1',
    run,
    time: formatTime(environment.now()),
    host: environment.host,
    vault: config.vaultId,
    source: {
      snapshot: snapshot.toString('hex'),
      ...nameFields(path),
      kind: KIND_NAMES[entry.kind],
      id: entry.id.toString('hex'),
    },
    destination: {
      ...nameFields(place.destination),
      way: place.way,
      means: WAYS[place.way],
      ...nameFields(place.stageFolder, 'stage_folder'),
      ...nameFields(place.stageName, 'stage_name'),
      ...(place.way !== 'new' && !place.wasEmpty && nameFields(previousOf(place, run), 'previous')),
      kept: place.kept.map((name) => nameFields(name)),
      missing: place.missing.map((name) => nameFields(name)),
    },
    options: {
      replace: options.replace ?? false,
      in_place: options.inPlace ?? false,
      conflict: options.conflict ?? null,
      delete: options.deletes ?? false,
      verify: options.verify ?? 'content',
      partial: mayLeaveOut(options, place) !== 'nothing',
      dry_run: options.dryRun ?? false,
      metadata: options.noMetadata ? null : (options.metadata ?? ALL_METADATA),
      paths: (selection?.paths ?? []).map((name) => nameFields(name)),
      include: latin1(selection?.include),
      exclude: latin1(selection?.exclude),
    },
    counts,
    actions,
  };
}
