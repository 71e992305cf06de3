/**
 * Gives what was restored its recorded owner, attributes, mode and times. In this order: a change of owner clears the
 * set-id bits, an access list changes the mode, and everything but the times changes the times.
 *
 * What cannot be set is noted and nothing more: contents are worth having without it. Set-id bits are only for the owner
 * they were meant for, so without that owner they are left out.
 */
import { type Entry, Kind } from '../../../objects/model.ts';
import { hasCode } from '../../../platform/errno.ts';
import type { Platform, Stat } from '../../../platform/platform.ts';
import type { RestoreReport } from '../journal/report.ts';
import { type Creation, TOLERATED } from './creation.ts';

export const SET_UID = 0o4000;
export const SET_GID = 0o2000;
const PERMISSIONS = 0o777;
/** chown(2): leave this one as it is */
const UNCHANGED = 0xffff_ffff;
const MOST_FORBIDDEN = 4096;

/** An attribute besides: what ext4 says of a value that does not fit a file's one block for them, however empty the disk. */
const TOLERATED_ATTRIBUTE = [...TOLERATED, 'ENOSPC'];

/** Which metadata is restored, besides modes and times. */
export interface MetadataOptions {
  /** by name where it exists here, else by number; always by number; or left as new files have it */
  owner: 'name' | 'number' | 'none';
  xattrs: boolean;
}

export const ALL_METADATA: MetadataOptions = { owner: 'name', xattrs: true };

/** A place that metadata goes to: an open file or folder, or a name that cannot be opened. */
export type Target = { fd: number } | { path: Buffer };

interface Times {
  mtimeS: number;
  mtimeNs: number;
}

interface Owned {
  /** set-id bits that the owner which it has now may keep */
  bits: number;
  /** the mode may have changed */
  changed: boolean;
}

export class MetadataSetter {
  readonly #platform: Platform;
  readonly #creation: Creation;
  readonly #report: RestoreReport;
  readonly #options: MetadataOptions;
  /** owners that this process may not give: asking 80,000 times would cost a second */
  readonly #forbidden = new Set<string>();
  /** the last owner that was looked up: neighbours have the same */
  #last: { entry: Entry; uid: number | undefined; gid: number | undefined } | undefined;

  constructor(platform: Platform, creation: Creation, report: RestoreReport, options = ALL_METADATA) {
    this.#platform = platform;
    this.#options = options;
    this.#creation = creation;
    this.#report = report;
  }

  /** The mode to create a file with, so that it need not be changed afterwards. */
  createMode(entry: Entry): number {
    if (entry.mode === undefined) return 0o666;
    // Attributes are set first, and setting them asks for the right to write.
    return this.#hasXattrs(entry) ? 0o600 : entry.mode & PERMISSIONS;
  }

  /**
   * @param created the mode that this process has just created it with; undefined for what was there before
   * @param path for the report
   */
  set(target: Target, entry: Entry, created: number | undefined, path: () => Buffer): void {
    if (entry.kind === Kind.symlink && !this.#creation.ownsSymlinks) {
      this.#leaveSymlink(entry, path);
      return;
    }
    const owned = this.#setOwner(target, entry, created !== undefined, path);
    if (this.#hasXattrs(entry)) this.#setXattrs(target, entry, path);
    const hasMode = entry.mode !== undefined && entry.kind !== Kind.symlink;
    const mode = hasMode ? this.#setMode(target, entry, entry.mode!, owned, created, path) : undefined;
    const times = this.#setTimes(target, entry, path);
    if (!this.#creation.keepsMetadata || (times && isUnusual(times))) {
      this.#lookAgain(target, mode, times, path);
    }
  }

  /** What would be set would be set to the file that it leads to. */
  #leaveSymlink(entry: Entry, path: () => Buffer): void {
    const { uid, gid } = this.#ownerOf(entry);
    const own = this.#creation;
    const isOwned = (uid ?? own.uid) === own.uid && (gid ?? own.gid) === own.gid;
    if (this.#options.owner !== 'none' && !isOwned) this.#notKept('owner', path);
    for (const { name } of this.#hasXattrs(entry) ? entry.xattrs! : [])
      this.#notKept(attributeKind(name), path);
    if (entry.mtimeS !== undefined) this.#notKept('times', path);
  }

  /** What has been set; undefined for nothing, or where that failed. */
  #setTimes(target: Target, { mtimeS, mtimeNs = 0 }: Entry, path: () => Buffer): Times | undefined {
    if (mtimeS === undefined) return undefined;
    const code = this.#try('times', path, () => {
      if ('fd' in target) this.#platform.setTimesFd(target.fd, mtimeS, mtimeNs);
      else this.#platform.setTimes(target.path, mtimeS, mtimeNs);
    });
    return code === undefined ? { mtimeS, mtimeNs } : undefined;
  }

  /** Notes what was set without an error and is not so: file systems that hold less than they are given. */
  #lookAgain(target: Target, mode: number | undefined, times: Times | undefined, path: () => Buffer): void {
    const now = this.#statOf(target);
    if (mode !== undefined && mode !== now.mode) this.#notKept('mode', path);
    if (times && !this.#hasTimes(now, times)) this.#notKept('times', path);
  }

  #statOf(target: Target): Stat {
    return 'fd' in target ? this.#platform.fstat(target.fd) : this.#platform.lstat(target.path);
  }

  #hasTimes(now: Stat, { mtimeS, mtimeNs }: Times): boolean {
    return now.mtimeS === mtimeS && (now.mtimeNs === mtimeNs || !this.#platform.abilities.nanoseconds);
  }

  #notKept(what: string, path: () => Buffer): void {
    this.#report.note(what, 'ENOTSUP', path);
  }

  #hasXattrs({ xattrs }: Entry): boolean {
    return xattrs !== undefined && this.#options.xattrs;
  }

  /** Which set-id bits the owner that it has now may keep, and whether the mode may have changed. */
  #setOwner(target: Target, entry: Entry, isNew: boolean, path: () => Buffer): Owned {
    const own = this.#creation;
    const { uid, gid } = this.#ownerOf(entry);
    if (uid === undefined && gid === undefined) return { bits: 0, changed: false };
    const isUser = isNew && (uid === undefined || uid === own.uid);
    const isGroup = isNew && (gid === undefined || gid === own.gid);
    const changed = this.#options.owner !== 'none' && !(isUser && isGroup);
    const done = changed ? this.#chown(target, uid ?? UNCHANGED, gid ?? UNCHANGED, path) : isUser && isGroup;
    const hasUser = uid !== undefined && (done || isUser);
    const hasGroup = gid !== undefined && (done || isGroup);
    return { bits: (hasUser ? SET_UID : 0) | (hasGroup ? SET_GID : 0), changed };
  }

  #chown(target: Target, uid: number, gid: number, path: () => Buffer): boolean {
    const key = `${uid}:${gid}`;
    if (this.#forbidden.has(key)) {
      this.#report.note('owner', 'EPERM', path);
      return false;
    }
    const code = this.#try('owner', path, () => {
      if ('fd' in target) this.#platform.fchown(target.fd, uid, gid);
      else this.#platform.chown(target.path, uid, gid);
    });
    if (code === 'EPERM' && this.#forbidden.size < MOST_FORBIDDEN) this.#forbidden.add(key);
    if (code !== undefined || this.#creation.keepsMetadata) return code === undefined;
    const now = this.#statOf(target);
    const isGiven = (uid === UNCHANGED || uid === now.uid) && (gid === UNCHANGED || gid === now.gid);
    if (!isGiven) this.#notKept('owner', path);
    return isGiven;
  }

  /** Whom it is to belong to here, if anybody was recorded. */
  #ownerOf(entry: Entry): { uid: number | undefined; gid: number | undefined } {
    const last = this.#last;
    if (
      last &&
      last.entry.uid === entry.uid &&
      last.entry.gid === entry.gid &&
      last.entry.user === entry.user &&
      last.entry.group === entry.group
    ) {
      return last;
    }
    // Set-id bits go with the recorded owner, also where no owner is set.
    const how = this.#options.owner === 'number' ? 'number' : 'name';
    this.#last = { entry, ...ownerOf(this.#platform, entry, how) };
    return this.#last;
  }

  /** The mode that it should have now; undefined where setting it failed. */
  #setMode(
    target: Target,
    entry: Entry,
    recorded: number,
    owned: Owned,
    created: number | undefined,
    path: () => Buffer,
  ): number | undefined {
    const setId = recorded & (SET_UID | SET_GID);
    const lost = setId & ~owned.bits;
    if (lost !== 0) this.#report.note('set-id bits', 'EPERM', path);
    const mode = recorded & ~lost;
    // Creation gave it these bits, and neither a new owner nor an access list has changed them since.
    const isSet = created !== undefined && (created & ~this.#creation.umask) === mode;
    if (isSet && !this.#hasXattrs(entry) && !owned.changed) return mode;
    const code = this.#try('mode', path, () => {
      if ('fd' in target) this.#platform.fchmod(target.fd, mode);
      else this.#platform.chmod(target.path, mode);
    });
    return code === undefined ? mode : undefined;
  }

  #setXattrs(target: Target, entry: Entry, path: () => Buffer): void {
    for (const xattr of entry.xattrs!) {
      if (!('value' in xattr)) continue;
      const { name, value } = xattr;
      const set = () => {
        if ('fd' in target) this.#platform.setXattrFd(target.fd, name, value);
        else this.#platform.setXattr(target.path, name, value);
      };
      this.#try(attributeKind(name), path, set, TOLERATED_ATTRIBUTE);
    }
  }

  /** The errno name of a failure that was noted. */
  #try(what: string, path: () => Buffer, act: () => void, tolerated = TOLERATED): string | undefined {
    try {
      act();
      return undefined;
    } catch (error) {
      if (!hasCode(error, ...tolerated)) throw error;
      const { code } = error as NodeJS.ErrnoException;
      this.#report.note(what, code!, path);
      return code;
    }
  }
}

/** Many file systems keep 32 bits of a time, and set another when it does not fit. */
function isUnusual({ mtimeS }: Times): boolean {
  return mtimeS < 0 || mtimeS > 0x7fff_ffff;
}

/** The numbers of a recorded owner here; undefined for what is not to be set. */
export function ownerOf(
  platform: Platform,
  { user, group, uid, gid }: Entry,
  how: MetadataOptions['owner'],
): { uid: number | undefined; gid: number | undefined } {
  if (how === 'none') return { uid: undefined, gid: undefined };
  if (how === 'number') return { uid, gid };
  return {
    uid: (user === undefined ? undefined : platform.userId(user)) ?? uid,
    gid: (group === undefined ? undefined : platform.groupId(group)) ?? gid,
  };
}

/** Attributes are counted by namespace (xattr(7)). */
function attributeKind(name: Buffer): string {
  const text = name.toString('latin1');
  if (text.startsWith('system.posix_acl_')) return 'access lists';
  const space = /^(user|trusted|security|system)\./.exec(text)?.[1];
  return space === undefined ? 'other attributes' : `${space} attributes`;
}
