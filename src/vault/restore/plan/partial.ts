/** What a restore goes on without: contents that cannot be had stop it where something could be lost, or nothing would be won. */
import { Kind } from '../../../objects/model.ts';
import type { RestoreReport } from '../journal/report.ts';
import type { Place } from '../place/place.ts';
import type { RestoreOptions } from './options.ts';

/** `contents`: those that are missing or damaged; `anything`: also names that cannot be made here, and what could not be read */
export type LeavesOut = 'nothing' | 'contents' | 'anything';

/** Codes of contents that cannot be had whatever is tried again. */
const LOST = new Set(['MISSING_OBJECT', 'DAMAGED', 'WRONG_TYPE', 'UNKNOWN_FORMAT']);

/** Where nothing is at the destination, what there is is more than nothing, unless something else was asked for. */
export function mayLeaveOut({ entry, partial }: RestoreOptions, { isFree }: Place): LeavesOut {
  // Of a single file nothing would be left.
  if (entry.kind !== Kind.dir || partial === false) return 'nothing';
  if (partial) return 'anything';
  return isFree ? 'contents' : 'nothing';
}

/** Whether something failed that the restore does not go on without. */
export function mustStop({ failuresByCode }: RestoreReport, leavesOut: LeavesOut): boolean {
  if (leavesOut === 'anything') return false;
  const codes = [...failuresByCode.keys()];
  return leavesOut === 'nothing' ? codes.length > 0 : codes.some((code) => !LOST.has(code));
}
