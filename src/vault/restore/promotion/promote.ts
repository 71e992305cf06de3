/**
 * Puts what was staged in its place, by renames alone, as the journal says: each change is written down before the first is
 * made.
 *
 * What is replaced or removed goes to `.vault_restore_previous_<name>_<run>`, which nothing removes unasked: a crash between
 * any two renames leaves each thing in one of two known places, and `finishPromotion` makes the changes that are missing.
 * Where the file system can exchange two names, none is at any time absent.
 */
import { Kind } from '../../../objects/model.ts';
import { hasCode } from '../../../platform/errno.ts';
import type { Platform } from '../../../platform/platform.ts';
import { diskError } from '../journal/errors.ts';
import type { Change, Promotion } from '../journal/journal.ts';
import { below, lstatOrNone, parentOf } from '../place/paths.ts';
import { Reach } from '../place/reach.ts';
import { removeIfEmpty } from '../place/remove.ts';
import { Promoter } from './promoter.ts';

/** Up to so many changes the folders they are in are synced one by one; above, the file system as a whole. */
const MOST_SYNCED = 32;

/**
 * Makes the changes. When one fails, all are taken back, and the error is thrown.
 * @param changes read anew each time
 */
export function promote(
  platform: Platform,
  promotion: Promotion,
  count: number,
  changes: () => Iterable<Change>,
): void {
  const promoter = new Promoter(platform, promotion, { syncsAll: count > MOST_SYNCED });
  let begun = 0;
  try {
    makeFolders(platform, promotion.missing);
    for (const change of changes()) {
      begun++;
      takeNamed(promoter, promotion, change);
    }
    promoter.settle();
  } catch (error) {
    for (const change of changes()) {
      if (begun-- <= 0) break;
      promoter.takeBack(change);
    }
    promoter.removeMade();
    throw error;
  } finally {
    promoter.close();
  }
  if (promotion.wasEmpty) removeIfEmpty(platform, promotion.previous);
}

/**
 * Makes those changes that a dead run has written down and not made; none when it had not begun: then the destination is as
 * it was. What somebody has changed there since is left alone. May be repeated.
 * @returns whether the destination is the new one
 */
export function finishPromotion(
  platform: Platform,
  promotion: Promotion,
  changes: () => Iterable<Change>,
): boolean {
  const promoter = new Promoter(platform, promotion, { syncsAll: true, resumes: true });
  try {
    if (!promoter.hasBegun(changes())) {
      promoter.removeMade();
      // Made by the one that died, before it moved anything there.
      removeEmptyFolders(platform, promotion.previous);
      return false;
    }
    for (const change of changes()) promoter.resume(change);
    promoter.settle();
  } finally {
    promoter.close();
  }
  if (promotion.wasEmpty) removeIfEmpty(platform, promotion.previous);
  return true;
}

/** Whether a change of a dead run has been made, as far as that can be seen without its stage. */
export function isMade(platform: Platform, promotion: Promotion, change: Change): boolean {
  const promoter = new Promoter(platform, promotion, { resumes: true });
  try {
    return promoter.isMade(change);
  } finally {
    promoter.close();
  }
}

/** A failure says which name it hit: there may be many. */
function takeNamed(promoter: Promoter, { destination }: Promotion, change: Change): void {
  try {
    promoter.take(change);
  } catch (error) {
    throw diskError(error, 'change', below(destination, change.path), 'nothing was changed');
  }
}

function makeFolders(platform: Platform, folders: readonly Buffer[]): void {
  for (const folder of folders) {
    try {
      platform.mkdir(folder, 0o777);
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
}

/**
 * What is left to do once the changes of a run are taken back. May be repeated.
 * @param undone the promotion of that run
 */
export function tidyUndone(platform: Platform, undone: Promotion | undefined): void {
  // With the folder above everything is gone that could be left.
  if (!undone || !lstatOrNone(platform, parentOf(undone.previous))) return;
  if (undone.wasEmpty) makeFolders(platform, [undone.destination]);
  // Everything that was kept has been put back: what is left are the folders it lay in.
  removeEmptyFolders(platform, undone.previous);
  platform.fsyncDirectory(parentOf(undone.previous));
}

/** Removes a folder and those in it as far as they hold nothing else. Folders that cannot be read stay. */
function removeEmptyFolders(platform: Platform, folder: Buffer): void {
  if (lstatOrNone(platform, folder)?.kind !== Kind.dir) return;
  const reach = new Reach(platform, folder);
  const pending: Buffer[] = [Buffer.alloc(0)];
  const found: Buffer[] = [];
  try {
    while (pending.length > 0) {
      const path = pending.pop()!;
      found.push(path);
      for (const name of foldersIn(platform, reach.at(path))) {
        pending.push(path.length === 0 ? name : Buffer.concat([path, SLASH, name]));
      }
    }
    for (const path of found.reverse()) removeIfEmpty(platform, reach.at(path));
  } finally {
    reach.close();
  }
}

const SLASH = Buffer.from('/');

function foldersIn(platform: Platform, path: Buffer): Buffer[] {
  const names: Buffer[] = [];
  const directory = platform.openDirectory(path);
  try {
    for (let i = 0; i < directory.length; i++) {
      if (directory.stat(i).kind === Kind.dir) names.push(Buffer.from(directory.name(i)));
    }
  } finally {
    directory.close();
  }
  return names;
}
