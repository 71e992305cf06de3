/** Removes what restores have kept of what they replaced: a plan first, then carried out. */
import { joinPath } from '../objects/names.ts';
import type { Platform } from '../platform/platform.ts';
import { getPlatform } from '../platform/select.ts';
import { diskError } from './restore-errors.ts';
import { lastName, lstatOrNone, parentOf } from './restore-place.ts';
import {
  addToRecord,
  findRun,
  type ListRunsOptions,
  listRestores,
  type RunRecord,
} from './restore-records.ts';
import { removeTree } from './restore-remove.ts';

const HERE = Buffer.from('.');

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

/** Removes them for good. What is gone already is no error. @throws errors of the disk; those before are removed */
export async function removeKept(options: PruneOptions, states: readonly KeptState[]): Promise<void> {
  const { environment, platform = getPlatform() } = options;
  for (const { previous, record } of states) {
    try {
      await removeState(platform, previous);
      addToRecord(record.folder, environment.now(), 'pruned', {});
    } catch (error) {
      throw diskError(error, 'remove', previous, 'what was restored is untouched');
    }
  }
}

async function removeState(platform: Platform, path: Buffer): Promise<void> {
  const above = platform.openFolder(joinPath(parentOf(path), HERE));
  try {
    await removeTree(platform, above, lastName(path));
  } finally {
    platform.close(above);
  }
}
