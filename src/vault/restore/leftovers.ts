/** What earlier restores have left to be finished or taken away. */
import type { Platform } from '../../platform/platform.ts';
import { isWithinReach } from '../../platform/processes.ts';
import type { Progress } from '../progress.ts';
import type { Context } from './context.ts';
import type { RunOwner } from './journal/journal.ts';
import { stagesOf } from './place/place.ts';
import type { RestoreOptions, RestoreSource, RunEnvironment } from './plan/options.ts';
import { forgetOldRuns } from './records/forget.ts';
import { recoverRuns } from './records/records.ts';
import { clearLeftovers, type RunFolder } from './records/run.ts';

/** A stage that cannot be removed is a nuisance, and no reason to call a restore failed, or to hide why it did. */
export async function removeRun(run: RunFolder, progress: Progress): Promise<void> {
  try {
    await run.remove();
  } catch (error) {
    progress.warn(`${run.path.toString()} could not be removed: ${(error as Error).message}`);
  }
}

/** What is left of it goes another time. */
export function forgetOld({ source, options: { records }, platform, progress, run }: Context): void {
  try {
    if (records) forgetOldRuns(platform, records, source.environment, run);
  } catch (error) {
    progress.warn(`records of older restores could not be removed: ${(error as Error).message}`);
  }
}

/** What earlier runs have left, of any destination that is known and of this one. */
export async function recover(
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
