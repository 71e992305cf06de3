/**
 * The metadata of a destination that stays while what is in it is exchanged: written down before promotion, set after it, also
 * when a crash came in between.
 */
import { type Entry, Kind } from '../../../objects/model.ts';
import { encodeOtherFields, withOtherFields } from '../../../objects/other-fields.ts';
import type { Platform } from '../../../platform/platform.ts';
import { EMPTY_CONTENT } from '../../../store/id.ts';
import type { Promotion } from '../journal/journal.ts';
import { RestoreReport } from '../journal/report.ts';
import { MetadataSetter } from './metadata.ts';

const FOLDER = { name: Buffer.from('.'), kind: Kind.dir, id: EMPTY_CONTENT };
/** Longer ones stand by themselves in an entry. */
const MOST_VALUE = 4096;
/** Nothing here was made by this process. */
const NOT_OURS = {
  uid: -1,
  gid: -1,
  umask: 0,
  keepsMetadata: true,
  sharesInodes: true,
  ownsSymlinks: true,
};

/**
 * @param old what `folderFacts` said of the destination before anything was made in it
 * @param staged folder whose metadata the destination gets
 * @param entry as recorded: what it does not say is left alone
 */
export function ownMetadata(platform: Platform, old: Entry, staged: Buffer, entry: Entry): Promotion['own'] {
  const fresh = folderFacts(platform, staged);
  if (entry.mode === undefined) delete fresh.mode;
  if (entry.uid === undefined) delete fresh.uid;
  if (entry.gid === undefined) delete fresh.gid;
  if (entry.mtimeS === undefined) delete fresh.mtimeS;
  return { fresh: encodeOtherFields(fresh), old: encodeOtherFields(old) };
}

/** The metadata of a folder, for `ownMetadata`. */
export function folderFacts(platform: Platform, path: Buffer): Entry {
  const { mode, uid, gid, mtimeS, mtimeNs } = platform.lstat(path);
  const xattrs = platform.listXattrs(path).filter(({ value }) => value.length <= MOST_VALUE);
  return { ...FOLDER, mode, uid, gid, mtimeS, mtimeNs, ...(xattrs.length > 0 && { xattrs }) };
}

/** Nothing where none was written down. What cannot be set has been told when the stage got it. */
export function setOwnMetadata(platform: Platform, { destination, own }: Promotion): void {
  if (!own) return;
  const setter = new MetadataSetter(platform, NOT_OURS, new RestoreReport());
  const fd = platform.openFolder(destination);
  try {
    setter.set({ fd }, withOtherFields(FOLDER, own.fresh), undefined, () => destination);
  } finally {
    platform.close(fd);
  }
}
