/**
 * Where a restore goes: what is there now, whether that may be replaced, and where the stage lies meanwhile. Reads the
 * disk and changes nothing, so that a dry run refuses what the real one would.
 */
import { accessSync, constants } from 'node:fs';
import { VaultError } from '../../../errors.ts';
import { type Entry, Kind } from '../../../objects/model.ts';
import { joinPath } from '../../../objects/names.ts';
import type { Platform, Stat } from '../../../platform/platform.ts';
import { isRestoreArtifact } from '../../ignore/exclusions.ts';
import { checkNoMounts, checkNoneMounted } from './mounts.ts';
import { fileHas, siblingName, stageNameOf } from './names.ts';
import { lastName, lstatOrNone, namesIn, parentOf, ROOT, realOrSame } from './paths.ts';
import { refused } from './refused.ts';
import { checkOutsideStore, isVaultAt, nameOfStoreIn } from './store.ts';

export interface PlaceOptions {
  platform: Platform;
  /** absolute */
  destination: Buffer;
  entry: Entry;
  /** the last name of what is restored; empty for a whole snapshot */
  name: Buffer;
  /** the user named the destination: a file goes there, or into it where it is a folder */
  explicit: boolean;
  replace: boolean;
  /** merge into a folder in use */
  merge: boolean;
  /** only a part of what was recorded is restored: it takes no whole folder's place */
  selects: boolean;
  inPlace: boolean;
  /** folder of the store in use, if it is a local one */
  store: Buffer | undefined;
}

export interface Place {
  /** absolute */
  destination: Buffer;
  /**
   * `new`: nothing is there, one rename; `swap`: one exchange, the previous one is kept; `entries`: the folder stays
   * and what is in it is exchanged name by name; `merge`: the same for the names that differ, at any depth; `there`: a copy of
   * this very file is there already
   */
  way: 'new' | 'swap' | 'entries' | 'merge' | 'there';
  /** the folder in which the stage is made: on the destination's file system */
  stageFolder: Buffer;
  stageName: Buffer;
  /** folders to be made first, outermost first */
  missing: Buffer[];
  /** nothing is there but perhaps an empty folder, a vault and what restores keep: nothing can be lost */
  isFree: boolean;
  /** `swap`: what is there is an empty folder, which nobody wants back */
  wasEmpty: boolean;
  /** `entries`, `merge`: names that are left alone */
  kept: Buffer[];
}

/** Inside a folder, the stage has one name for all runs; snapshots leave it out. */
const INNER_STAGE = Buffer.from('.vault_restore_stage');

/**
 * @throws REFUSED when something is in the way, or the destination is in the store, or the store deep in the destination;
 *   BAD_PATH when a part of its path is no folder
 */
export function findPlace(options: PlaceOptions): Place {
  const { platform, entry, explicit, name } = options;
  let { destination } = options;
  let there = lstatOrNone(platform, destination);
  checkOutsideStore(options, destination, there);
  if (entry.kind === Kind.dir) return folderPlace(options, destination, there);
  if (explicit && there?.kind === Kind.dir && name.length > 0) {
    destination = joinPath(destination, name);
    there = lstatOrNone(platform, destination);
  }
  return filePlace(options, destination, there);
}

/** Where earlier restores to a destination may have left something. */
export function stagesOf(platform: Platform, destination: Buffer): { folder: Buffer; name: Buffer }[] {
  const stages = [{ folder: parentOf(destination), name: stageNameOf(lastName(destination)) }];
  if (lstatOrNone(platform, destination)?.kind === Kind.dir) {
    stages.push({ folder: destination, name: INNER_STAGE });
  }
  return stages;
}

function filePlace(options: PlaceOptions, destination: Buffer, there: Stat | undefined): Place {
  const { platform, entry, explicit, replace, inPlace } = options;
  if (!there) return outside(platform, destination, 'new');
  if (replace || inPlace) {
    if (platform.isMountPoint(destination)) {
      throw refused(destination, 'is a mount point', 'restore to another name with --to');
    }
    if (there.kind !== Kind.dir) return outside(platform, destination, 'swap');
    throw refused(
      destination,
      'is a folder, and what is restored is none',
      'restore to another name with --to',
    );
  }
  if (explicit) throw refused(destination, 'is there already', 'replace it with --replace; it is kept');
  const beside = joinPath(parentOf(destination), siblingName(lastName(destination), entry));
  const other = lstatOrNone(platform, beside);
  if (!other) return outside(platform, beside, 'new');
  if (fileHas(platform, beside, other, entry)) return outside(platform, beside, 'there');
  throw refused(beside, 'is there already, with another content', 'restore to another name with --to');
}

function folderPlace(options: PlaceOptions, destination: Buffer, there: Stat | undefined): Place {
  const { platform, replace, merge, selects } = options;
  if (!there) return outside(platform, destination, 'new');
  if (there.kind !== Kind.dir) {
    if (replace) return outside(platform, destination, 'swap');
    throw refused(destination, 'is there already, and is no folder', 'replace it with --replace; it is kept');
  }
  const { used, kept } = lookInto(options, destination);
  if (used && !replace && !merge) throw inUse(destination);
  if (used && replace && selects) {
    throw refused(
      destination,
      'is in use, and a selection does not replace all of it',
      'merge it with --conflict=<policy>, or restore elsewhere with --to',
    );
  }
  const parent = parentOf(destination);
  const isBeside = !platform.isMountPoint(destination) && mayWrite(parent);
  if (used && merge) {
    const place = isBeside ? outside(platform, destination, 'merge') : inside(destination, 'merge');
    return { ...place, kept };
  }
  checkNoneMounted(platform, destination, kept);
  if (kept.length === 0 && isBeside) {
    return { ...outside(platform, destination, 'swap'), isFree: !used, wasEmpty: !used };
  }
  checkNoMounts(platform, destination, kept);
  return { ...inside(destination, 'entries'), isFree: !used, kept };
}

/** The stage is made in the destination, which stays. */
function inside(destination: Buffer, way: Place['way']): Place {
  return {
    destination,
    way,
    stageFolder: destination,
    stageName: INNER_STAGE,
    missing: [],
    isFree: false,
    wasEmpty: false,
    kept: [],
  };
}

/** The stage is made beside the destination, or beside the first of the folders that are missing. */
function outside(platform: Platform, destination: Buffer, way: Place['way']): Place {
  const missing: Buffer[] = [];
  let name = destination;
  let folder = parentOf(destination);
  for (;;) {
    const stat = lstatOrNone(platform, realOrSame(folder));
    if (stat?.kind === Kind.dir) break;
    if (stat || folder.equals(ROOT)) {
      throw new VaultError('BAD_PATH', `${folder.toString()} is not a folder`, {
        subject: folder.toString(),
        hint: 'restore to another place with --to',
      });
    }
    missing.unshift(folder);
    name = folder;
    folder = parentOf(folder);
  }
  const stageName = stageNameOf(lastName(name));
  const isFree = way === 'new';
  return { destination, way, stageFolder: folder, stageName, missing, isFree, wasEmpty: false, kept: [] };
}

/** Whether anything of the user's is in a folder, and the names that a restore leaves alone. */
function lookInto(options: PlaceOptions, folder: Buffer): { used: boolean; kept: Buffer[] } {
  const { platform } = options;
  const storeName = nameOfStoreIn(options, folder);
  const directory = platform.openDirectory(folder);
  try {
    const kept: Buffer[] = [];
    for (let i = 0; i < directory.length; i++) {
      const name = Buffer.from(directory.name(i));
      const isOwn = isRestoreArtifact(name) || storeName?.equals(name);
      if (isOwn || isVaultAt(platform, joinPath(folder, name), name)) kept.push(name);
    }
    return { used: directory.length > kept.length, kept };
  } finally {
    directory.close();
  }
}

/** The destination itself, or each of these names in it, of which those that were not recorded are removed. */
export type Replaced = 'whole' | { folder: Buffer; names: readonly Buffer[] };

/** What gives way to what is restored, but for a merge, which looks at each name. */
export function replacedIn(
  platform: Platform,
  { way, wasEmpty, destination, kept }: Place,
): Replaced | undefined {
  if (way === 'swap' && !wasEmpty) return 'whole';
  if (way !== 'entries') return undefined;
  // The stage may have been made since.
  const stays = (name: Buffer) => isRestoreArtifact(name) || kept.some((other) => other.equals(name));
  return { folder: destination, names: namesIn(platform, destination).filter((name) => !stays(name)) };
}

function mayWrite(folder: Buffer): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function inUse(destination: Buffer): VaultError {
  return refused(
    destination,
    'is in use',
    'replace all that is in it with --replace (it is kept beside it), merge into it with --conflict=<policy>, ' +
      'or restore elsewhere with --to',
  );
}
