/** Restores that were interrupted, for commands that do something else: nothing is loaded where nothing was ever restored. */
import { existsSync } from 'node:fs';
import { getPlatform } from '../../platform/select.ts';
import type { ListRunsOptions } from './records/records.ts';

/** Finishes or rolls back what was interrupted on this host, wherever it went. @throws errors of the disk */
export async function recoverRestores({ records, environment, platform }: ListRunsOptions): Promise<void> {
  if (!existsSync(records)) return;
  const { recoverRuns } = await import('./records/records.ts');
  await recoverRuns(platform ?? getPlatform(), records, environment);
}
