/** Removes what restores have kept of what they replaced: a plan first, then carried out. */
import { processOf } from '../../../platform/processes.ts';
import { getPlatform } from '../../../platform/select.ts';
import { diskError } from '../journal/errors.ts';
import { processFields } from '../journal/journal.ts';
import { lstatOrNone } from '../place/paths.ts';
import {
  addToRecord,
  findRun,
  finishPruning,
  type ListRunsOptions,
  listRestores,
  type RunRecord,
} from './records.ts';

export interface PruneOptions extends ListRunsOptions {
  /** undefined: of all runs */
  run?: string;
}

/** What can be removed: a run and where it keeps what it replaced. */
export interface KeptState {
  run: string;
  previous: Buffer;
  record: RunRecord;
}

/** @throws NOT_FOUND, AMBIGUOUS for a run */
export async function keptStates(options: PruneOptions): Promise<KeptState[]> {
  const { platform = getPlatform() } = options;
  const runs = await listRestores(options);
  const wanted = options.run === undefined ? runs : [findRun(runs, options.run)];
  return wanted.flatMap((record) => {
    const { run, previous } = record;
    return previous && lstatOrNone(platform, previous) ? [{ run, previous, record }] : [];
  });
}

/**
 * Removes them for good. What is gone already is no error. That it begins is written down before: half of what was there is nothing
 * to go back to, so the next command removes the rest where this process dies.
 * @throws errors of the disk; those before are removed
 */
export async function removeKept(options: PruneOptions, states: readonly KeptState[]): Promise<void> {
  const { environment, platform = getPlatform() } = options;
  for (const { previous, record } of states) {
    try {
      addToRecord(record.folder, environment.now(), 'prune', processFields(processOf(environment)));
      await finishPruning(platform, environment, record.folder, previous);
    } catch (error) {
      throw diskError(error, 'remove', previous, 'what was restored is untouched');
    }
  }
}
