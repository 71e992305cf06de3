/**
 * What promotion is going to do, from the place, what was staged and what is there now. Changes nothing but for a probe in the
 * run's folder.
 */
import { VaultError } from '../../../errors.ts';
import { joinPath } from '../../../objects/names.ts';
import { hasCode } from '../../../platform/errno.ts';
import type { Platform } from '../../../platform/platform.ts';
import { isRestoreArtifact } from '../../ignore/exclusions.ts';
import { type Change, changeLine, type Identity, type Promotion, readChanges } from '../journal/journal.ts';
import { previousName } from '../place/names.ts';
import { lastName, lstatOrNone, namesIn, parentOf } from '../place/paths.ts';
import type { Place } from '../place/place.ts';
import { Reach } from '../place/reach.ts';

const WHOLE = Buffer.alloc(0);

/**
 * @param staged absolute path of what was staged
 * @throws REFUSED when the destination is no longer what the place says
 */
export function planPromotion(platform: Platform, place: Place, staged: Buffer, run: string): Promotion {
  const { destination, way, missing, wasEmpty } = place;
  const isThere = lstatOrNone(platform, destination) !== undefined;
  if (isThere && way === 'new') throw meanwhile(destination, 'appeared');
  if (!isThere && way !== 'new') throw meanwhile(destination, 'gone');
  return {
    destination,
    staged,
    previous: previousOf(place, run),
    ...probeRenames(platform, parentOf(staged)),
    missing,
    own: undefined,
    wasEmpty,
  };
}

/** Where a run keeps what it replaces: beside the destination, or in it where the stage lies there. */
export function previousOf({ destination, stageFolder }: Place, run: string): Buffer {
  const folder = stageFolder.equals(destination) ? destination : parentOf(destination);
  return joinPath(folder, previousName(lastName(destination), run));
}

/**
 * The changes, each with what it moves.
 * @param planned the file of changes that the plan of a merge has written
 * @throws REFUSED when something is in the way, or not as it was planned
 */
export function promotionChanges(
  platform: Platform,
  place: Place,
  promotion: Promotion,
  planned: Buffer,
): Generator<Change, void, undefined> {
  if (place.way === 'merge') return mergedChanges(platform, promotion, planned);
  return place.way === 'entries'
    ? entryChanges(platform, place, promotion)
    : wholeChange(platform, place, promotion);
}

function* wholeChange(
  platform: Platform,
  { way }: Place,
  { destination, staged }: Promotion,
): Generator<Change, void, undefined> {
  const fresh = identity(platform, staged);
  if (way === 'new') yield { type: 'create', path: WHOLE, fresh, old: undefined };
  else yield { type: 'replace', path: WHOLE, fresh, old: identity(platform, destination) };
}

/** Name by name; what is there and not restored is removed, too. */
function* entryChanges(
  platform: Platform,
  { kept }: Place,
  { destination, staged }: Promotion,
): Generator<Change, void, undefined> {
  const isKept = (name: Buffer) => isRestoreArtifact(name) || kept.some((other) => other.equals(name));
  for (const path of namesIn(platform, staged)) {
    const there = joinPath(destination, path);
    if (isKept(path)) throw inTheWay(there);
    const fresh = identity(platform, joinPath(staged, path));
    const old = identityOrNone(platform, there);
    yield { type: old ? 'replace' : 'create', path, fresh, old };
  }
  for (const path of namesIn(platform, destination)) {
    if (isKept(path) || lstatOrNone(platform, joinPath(staged, path))) continue;
    yield { type: 'remove', path, fresh: undefined, old: identity(platform, joinPath(destination, path)) };
  }
}

/** As they were planned, but for contents that could not be had. */
function* mergedChanges(
  platform: Platform,
  { destination, staged, byPlace }: Promotion,
  planned: Buffer,
): Generator<Change, void, undefined> {
  const there = new Reach(platform, destination);
  const made = new Reach(platform, staged);
  try {
    for (const change of readChanges(platform, planned)) {
      const { type, path } = change;
      const old = identityOrNone(platform, there.at(path));
      const isSame = byPlace || (old?.ino === change.old?.ino && old?.dev === change.old?.dev);
      if (!isSame || !old !== !change.old) {
        throw meanwhile(joinPath(destination, path), change.old ? 'been changed' : 'appeared');
      }
      const fresh = type === 'remove' ? undefined : identityOrNone(platform, made.at(path));
      if (type === 'remove' || fresh) yield { type, path, fresh, old };
    }
  } finally {
    there.close();
    made.close();
  }
}

/** The changes of a merge, on disk: there may be as many as names. */
export class PlannedChanges {
  readonly #platform: Platform;
  readonly #fd: number;

  /** @param path created; read again by `promotionChanges` */
  constructor(platform: Platform, path: Buffer) {
    this.#platform = platform;
    this.#fd = platform.createFile(path, 0o600);
  }

  add(change: Change): void {
    this.#platform.write(this.#fd, Buffer.from(changeLine(change)));
  }

  close(): void {
    this.#platform.close(this.#fd);
  }
}

function identity(platform: Platform, path: Buffer): Identity {
  const { dev, ino } = platform.lstat(path);
  return { dev, ino };
}

function identityOrNone(platform: Platform, path: Buffer): Identity | undefined {
  const stat = lstatOrNone(platform, path);
  return stat && { dev: stat.dev, ino: stat.ino };
}

/** How names are moved here. @param folder the run's own */
export function probeRenames(platform: Platform, folder: Buffer): Pick<Promotion, 'exchange' | 'byPlace'> {
  const byPlace = !platform.keepsInodes(folder);
  return { byPlace, exchange: !byPlace && probeExchange(platform, folder) };
}

/** Tries an exchange of two files in the run's own folder: file systems differ. */
function probeExchange(platform: Platform, folder: Buffer): boolean {
  if (!platform.abilities.exchange) return false;
  const names = ['probe-a', 'probe-b'].map((name) => joinPath(folder, Buffer.from(name))) as [Buffer, Buffer];
  for (const name of names) platform.close(platform.createFile(name, 0o600));
  try {
    platform.exchange(...names);
    return true;
  } catch (error) {
    if (hasCode(error, 'EINVAL', 'ENOSYS', 'ENOTSUP')) return false;
    throw error;
  } finally {
    for (const name of names) platform.unlink(name);
  }
}

function meanwhile(path: Buffer, what: string): VaultError {
  return new VaultError('REFUSED', `${path.toString()} has ${what} meanwhile; nothing was changed`, {
    subject: path.toString(),
    hint: 'restore again',
  });
}

export function inTheWay(path: Buffer): VaultError {
  return new VaultError('REFUSED', `${path.toString()} is in the way, and must stay; nothing was changed`, {
    subject: path.toString(),
    hint: 'restore elsewhere with --to',
  });
}
