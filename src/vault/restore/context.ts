/** What the phases of one restore share. */
import type { Platform } from '../../platform/platform.ts';
import type { Progress } from '../progress.ts';
import type { RestoreReport } from './journal/report.ts';
import { ALL_METADATA, type MetadataOptions } from './metadata/metadata.ts';
import type { Place } from './place/place.ts';
import { LostFolders } from './plan/lost.ts';
import type { RestoreOptions, RestoreSource } from './plan/options.ts';
import { mayLeaveOut } from './plan/partial.ts';
import type { RunLog } from './records/log.ts';
import type { PlannedReader } from './stage/reader.ts';

export interface Context {
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

/** Where names that cannot be read go: none of what is there is judged by a list that is not whole. */
export function lostFolders({ options, place }: Pick<Context, 'options' | 'place'>): LostFolders | undefined {
  return place.way === 'merge' || mayLeaveOut(options, place) === 'nothing' ? undefined : new LostFolders();
}

/** What of it is set and compared; undefined: contents only. */
export function metadataOf({
  noMetadata,
  metadata = ALL_METADATA,
}: RestoreOptions): MetadataOptions | undefined {
  return noMetadata ? undefined : metadata;
}
