/**
 * Keeps the records of restores from growing for ever: those of a tree of 78,000 names take tens of MB. Of all but the newest runs that
 * are over, the artifacts go; and their journals, too, once they cannot be undone, keep nothing and no other run is about them.
 *
 * A record is taken apart so that a crash leaves one that is listed as before, or an empty folder, which `recoverRuns` removes. Records of
 * other hosts are left alone: whether what they have kept is still there cannot be seen from here.
 */
import { joinPath } from '../../../objects/names.ts';
import { hasCode } from '../../../platform/errno.ts';
import type { Platform } from '../../../platform/platform.ts';
import { JOURNAL_FILE, readJournal } from '../journal/journal.ts';
import { lstatOrNone, namesIn } from '../place/paths.ts';
import type { RunEnvironment } from '../plan/options.ts';
import { ARTIFACT_NAMES } from './artifacts.ts';
import { type RunRecord, readRuns } from './records.ts';

/** The newest runs, of which everything stays. */
const MOST_WHOLE = 20;

/**
 * @param records absolute; need not be there
 * @param own the run that asks: nothing of it goes, whatever the clock says
 * @throws errors of the disk
 */
export function forgetOldRuns(
  platform: Platform,
  records: Buffer,
  { hostId }: Pick<RunEnvironment, 'hostId'>,
  own: string,
): void {
  const runs = readRuns(platform, records);
  const old = runs
    .slice(MOST_WHOLE)
    .filter(({ owner, outcome, run }) => owner.hostId === hostId && outcome !== 'running' && run !== own);
  for (const { folder } of old) removeArtifacts(platform, folder);
  const ended = old.filter((record) => hasEnded(record) && !buriesAny(record, runs));
  const useless = unreferred(runs, ended).filter((record) => leftNothing(platform, record));
  for (const { folder } of unreferred(runs, useless)) removeJournal(platform, folder);
}

/** Nothing can become of it any more: by what its journal says, since a disk that is not mounted shows nothing. */
function hasEnded({ outcome, changes, previous, pruned, pruner, owner }: RunRecord): boolean {
  if (outcome === 'running' || previous || pruner) return false;
  return outcome !== 'restored' || changes === 0 || pruned || owner.undoes !== undefined;
}

/** It is what an earlier run to the same place cannot be undone for. */
function buriesAny({ time, pruned, owner: { destination } }: RunRecord, runs: readonly RunRecord[]): boolean {
  return (
    pruned &&
    runs.some((other) => other.time < time && !hasEnded(other) && other.owner.destination.equals(destination))
  );
}

/** Those of `some` that no other run is about, or only such. */
function unreferred(runs: readonly RunRecord[], some: readonly RunRecord[]): readonly RunRecord[] {
  const going = new Set(some);
  for (;;) {
    const staying = runs.filter((record) => !going.has(record));
    const named = new Set(staying.flatMap(({ owner, undoneBy }) => [owner.undoes, undoneBy]));
    const needed = [...going].filter(({ run }) => named.has(run));
    if (needed.length === 0) return [...going];
    for (const record of needed) going.delete(record);
  }
}

/** Where it worked there is nothing of it: what a failure could not put back lies there still. */
function leftNothing(platform: Platform, { owner, folder, run }: RunRecord): boolean {
  const stage = joinPath(joinPath(owner.stageFolder, owner.stageName), Buffer.from(run));
  try {
    const { promotion } = readJournal(platform, joinPath(folder, JOURNAL_FILE));
    return [stage, promotion?.previous].every((path) => !path || !lstatOrNone(platform, path));
  } catch {
    return false;
  }
}

function removeArtifacts(platform: Platform, folder: Buffer): void {
  const isArtifact = (name: Buffer) => ARTIFACT_NAMES.includes(name.toString());
  const names = unlessGone(() => namesIn(platform, folder))?.filter(isArtifact) ?? [];
  for (const name of names) unlessGone(() => platform.unlink(joinPath(folder, name)));
  // The journal never goes before them, also where the power does.
  if (names.length > 0) unlessGone(() => platform.fsyncDirectory(folder));
}

/** Whatever else somebody has put there is none of ours, and then the journal says what it belongs to. */
function removeJournal(platform: Platform, folder: Buffer): void {
  const names = unlessGone(() => namesIn(platform, folder)) ?? [];
  if (names.some((name) => !name.equals(JOURNAL_FILE))) return;
  unlessGone(() => platform.unlink(joinPath(folder, JOURNAL_FILE)));
  unlessGone(() => platform.rmdir(folder));
}

/** Another process may do the same. */
function unlessGone<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
