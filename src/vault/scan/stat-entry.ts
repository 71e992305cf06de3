/** Tree entries from what `lstat` says, and whether a change could be missed by the next look. */
import { type Entry, Flag, Kind, type Xattr } from '../../objects/model.ts';
import type { Platform, Stat } from '../../platform/platform.ts';
import type { Id } from '../../store/id.ts';

/** A file system's clock and ours may differ by a tick; a change within this long of the reading could go unseen. */
const RACY_SECONDS = 2;

/**
 * The entry of a file, folder or other name.
 * @param fs ordinal of the file system in the snapshot's mount points
 */
export function entryOf(platform: Platform, name: Buffer, stat: Stat, id: Id, fs: number): Entry {
  const entry: Entry = {
    name,
    kind: stat.kind,
    id,
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    mtimeS: stat.mtimeS,
    mtimeNs: stat.mtimeNs,
    ctimeS: stat.ctimeS,
    ctimeNs: stat.ctimeNs,
    ino: stat.ino,
    nlink: stat.nlink,
    fs,
  };
  const user = platform.userName(stat.uid);
  if (user !== undefined) entry.user = user;
  const group = platform.groupName(stat.gid);
  if (group !== undefined) entry.group = group;
  if (stat.kind === Kind.file) entry.size = stat.size;
  if (stat.btimeS !== undefined && stat.btimeNs !== undefined) {
    entry.btimeS = stat.btimeS;
    entry.btimeNs = stat.btimeNs;
  }
  if (stat.kind === Kind.char || stat.kind === Kind.block) {
    entry.rdevMajor = stat.rdevMajor;
    entry.rdevMinor = stat.rdevMinor;
  }
  return entry;
}

/** Sets what only a file has. */
export function setContent(
  entry: Entry,
  content: { id: Id; list: boolean; sha256: Buffer; xattrs: Xattr[] | undefined },
  flags: number,
): void {
  entry.id = content.id;
  entry.sha256 = content.sha256;
  const all = flags | (content.list ? Flag.list : 0);
  if (all !== 0) entry.flags = all;
  if (content.xattrs) entry.xattrs = content.xattrs;
}

/**
 * True when a change made right after `now` (seconds since 1970) could leave the times as they are. Anybody may set an
 * mtime far ahead; a ctime there means that the clocks differ, and that it cannot be trusted.
 */
export function isRacy(stat: Stat, now: number): boolean {
  return now - stat.ctimeS <= RACY_SECONDS || Math.abs(now - stat.mtimeS) <= RACY_SECONDS;
}
