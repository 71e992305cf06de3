/**
 * A folder in use that a restore merges into: what is there under a name, whether that differs from what was recorded, and what
 * is to become of it. Reads, and follows no symlink.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isVaultError, VaultError } from '../../../errors.ts';
import { contentChunks } from '../../../objects/list.ts';
import { type Entry, Flag, Kind } from '../../../objects/model.ts';
import { compareNames, joinPath } from '../../../objects/names.ts';
import { readTree } from '../../../objects/tree.ts';
import { hasCode } from '../../../platform/errno.ts';
import type { Directory, Platform, Stat } from '../../../platform/platform.ts';
import type { IdScheme } from '../../../store/hash/ids.ts';
import type { Id } from '../../../store/id.ts';
import type { ObjectReader } from '../../../store/store.ts';
import { isRestoreArtifact } from '../../ignore/exclusions.ts';
import { diskError } from '../journal/errors.ts';
import { HeldFolders } from '../metadata/folders.ts';
import { type MetadataOptions, ownerOf, SET_GID, SET_UID } from '../metadata/metadata.ts';
import { mountsBelow } from '../place/mounts.ts';
import { lstatOrNone } from '../place/paths.ts';
import { isVaultAt } from '../place/store.ts';

/** What happens to a name that is there with another content. */
export type ConflictPolicy = 'fail' | 'skip' | 'overwrite' | 'newer' | 'keep-both';
export type Verdict = 'replace' | 'keep' | 'beside' | 'conflict';
export type Difference = 'none' | 'metadata' | 'content';

export interface ExistingOptions {
  platform: Platform;
  store: ObjectReader & { readonly ids: IdScheme };
  /** absolute; a folder */
  destination: Buffer;
  /** names in it that are left alone */
  kept: readonly Buffer[];
  policy: ConflictPolicy;
  /** undefined: contents only */
  metadata: MetadataOptions | undefined;
}

const HERE = Buffer.from('.');
const SLASH = Buffer.from('/');
const NOTHING = Buffer.alloc(0);
const UNMOUNT = 'unmount it, ';
const NS_PER_S = 1_000_000_000;

/** The names of a folder, ascending, as they are there. */
type Listed = Pick<Directory, 'length' | 'name' | 'stat'>;

export class Existing {
  readonly #options: ExistingOptions;
  readonly #top: number;
  readonly #folders: HeldFolders;
  /** what is mounted in it, from there */
  readonly #mounts: readonly Buffer[];
  /** for one chunk at a time: as long as the longest that was met */
  #bytes = Buffer.alloc(0);

  constructor(options: ExistingOptions) {
    const { platform, destination } = options;
    this.#options = options;
    this.#mounts = mountsBelow(platform, destination);
    this.#top = platform.openFolder(destination);
    this.#folders = new HeldFolders(platform, this.#top, NOTHING);
  }

  /**
   * What is there under a name of the folder that is held; undefined for nothing.
   * @throws REFUSED for what must stay: a vault, what restores keep, a mount point that would have to move
   */
  look(name: Buffer): Stat | undefined {
    const stat = this.#naming(name, () => lstatOrNone(this.#options.platform, this.#folders.at(name)));
    if (stat && this.#mustStay(name)) throw this.#refused(name, 'is in the way, and must stay');
    return stat;
  }

  get policy(): ConflictPolicy {
    return this.#options.policy;
  }

  /** @throws REFUSED when something is mounted on it, or below it, which would go along */
  checkMovable(name: Buffer): void {
    this.#checkNoMount(name);
    if (this.#mounts.length === 0) return;
    const start = Buffer.concat([this.#folders.pathFromTop(name), SLASH]);
    const below = this.#mounts.find((path) => path.subarray(0, start.length).equals(start));
    if (!below) return;
    const end = below.subarray(start.length);
    throw this.#refused(joinPath(name, end), 'is a mount point, and lies in what would be replaced', UNMOUNT);
  }

  enter(name: Buffer): void {
    this.#checkNoMount(name);
    this.#naming(name, () => this.#folders.enter(name));
  }

  leave(): void {
    this.#folders.leave(() => {});
  }

  /** How what is there differs from what was recorded. Of contents no more is read than up to the first difference. */
  async compare(entry: Entry, stat: Stat): Promise<Difference> {
    if (entry.kind !== stat.kind) return 'content';
    const path = this.#folders.at(entry.name);
    try {
      if (!(await this.#hasContent(path, entry, stat))) return 'content';
    } catch (error) {
      // It is told when the content is to be written.
      if (isVaultError(error, 'MISSING_OBJECT', 'DAMAGED')) return 'content';
      throw error;
    }
    return this.#hasMetadata(path, entry, stat) ? 'none' : 'metadata';
  }

  judge(entry: Entry, stat: Stat, difference: Exclude<Difference, 'none'>): Verdict {
    const isContent = difference === 'content';
    switch (this.#options.policy) {
      case 'fail':
        return isContent ? 'conflict' : 'keep';
      case 'skip':
        return 'keep';
      case 'overwrite':
        return 'replace';
      case 'newer':
        return isNewer(entry, stat) ? 'replace' : 'keep';
      case 'keep-both':
        return isContent ? 'beside' : 'keep';
    }
  }

  /** Names of the held folder that `entry`, the recorded one, does not have and that need not stay. */
  async *extras({ id }: Entry): AsyncGenerator<{ name: Buffer; stat: Stat }, void, undefined> {
    const { platform } = this.#options;
    const directory = this.#naming(HERE, () => platform.openDirectory(this.#folders.at(HERE)));
    try {
      let spelled: ReadonlySet<string> | undefined;
      for await (const i of this.#unrecorded(directory, id)) {
        spelled ??= await this.#spelledOtherwise(directory, id);
        if (!spelled.has(folded(directory.name(i)))) yield* this.#extra(directory, i);
      }
    } finally {
      directory.close();
    }
  }

  /** Which of the listed names no recorded one is equal to; both ascend. */
  async *#unrecorded(directory: Listed, id: Id): AsyncGenerator<number, void, undefined> {
    let i = 0;
    for await (const page of readTree(this.#options.store, id)) {
      for (const { name } of page) {
        for (; i < directory.length; i++) {
          const order = compareNames(directory.name(i), name);
          if (order > 0) break;
          if (order < 0) yield i;
        }
      }
    }
    for (; i < directory.length; i++) yield i;
  }

  /**
   * Recorded names that are found in the held folder and not listed in it, as `folded` gives them: the file system tells no case or no
   * Unicode form apart, and lists the name as it was once given. Asked only where a listed name is none of the recorded ones.
   */
  async #spelledOtherwise(directory: Listed, id: Id): Promise<Set<string>> {
    const spelled = new Set<string>();
    let i = 0;
    for await (const page of readTree(this.#options.store, id)) {
      for (const { name } of page) {
        while (i < directory.length && compareNames(directory.name(i), name) < 0) i++;
        if (i < directory.length && compareNames(directory.name(i), name) === 0) continue;
        if (lstatOrNone(this.#options.platform, this.#folders.at(name))) spelled.add(folded(name));
      }
    }
    return spelled;
  }

  close(): void {
    this.#folders.close();
    this.#options.platform.close(this.#top);
  }

  #checkNoMount(name: Buffer): void {
    if (!this.#options.platform.isMountPoint(this.#folders.at(name))) return;
    throw this.#refused(name, 'is a mount point', UNMOUNT);
  }

  *#extra(directory: Listed, i: number): Generator<{ name: Buffer; stat: Stat }> {
    const name = Buffer.from(directory.name(i));
    if (this.#mustStay(name)) return;
    yield { name, stat: directory.stat(i) };
  }

  #mustStay(name: Buffer): boolean {
    const { platform, kept } = this.#options;
    if (isRestoreArtifact(name) || isVaultAt(platform, this.#folders.at(name), name)) return true;
    return this.#folders.depth === 0 && kept.some((other) => other.equals(name));
  }

  async #hasContent(path: Buffer, entry: Entry, stat: Stat): Promise<boolean> {
    const { platform, store } = this.#options;
    switch (entry.kind) {
      case Kind.file:
        return (entry.size ?? stat.size) === stat.size && this.#hasChunks(path, entry, stat.size);
      case Kind.symlink:
        return platform.readlink(path).equals(entry.target ?? (await store.readChunk(entry.id)));
      case Kind.char:
      case Kind.block:
        return stat.rdevMajor === (entry.rdevMajor ?? 0) && stat.rdevMinor === (entry.rdevMinor ?? 0);
      default:
        return true;
    }
  }

  async #hasChunks(path: Buffer, { id, flags = 0 }: Entry, size: number): Promise<boolean> {
    const { platform, store } = this.#options;
    const fd = openOrNone(platform, path);
    if (fd === undefined) return false;
    const isList = (flags & Flag.list) !== 0;
    try {
      let end = 0;
      // A single chunk need not be looked up: it is as long as the file, or another one.
      for await (const chunk of isList ? contentChunks(store, id, true) : [{ id, length: size, offset: 0 }]) {
        const bytes = this.#buffer(chunk.length);
        if (chunk.offset + chunk.length > size || !readAll(platform, fd, bytes, chunk.offset)) return false;
        if (!store.ids.chunk(bytes).equals(chunk.id)) return false;
        end = chunk.offset + chunk.length;
        if (end > chunk.length) await nextTurn();
      }
      return end === size;
    } finally {
      platform.close(fd);
    }
  }

  #buffer(length: number): Buffer {
    if (this.#bytes.length < length) this.#bytes = Buffer.allocUnsafeSlow(length);
    return this.#bytes.subarray(0, length);
  }

  #hasMetadata(path: Buffer, entry: Entry, stat: Stat): boolean {
    const { platform, metadata, store } = this.#options;
    if (!metadata) return true;
    if (!hasTime(entry, stat) || !this.#hasMode(entry, stat)) return false;
    // What cannot be given here would be written anew every time.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) {
      const { uid, gid } = ownerOf(platform, entry, metadata.owner);
      if ((uid ?? stat.uid) !== stat.uid || (gid ?? stat.gid) !== stat.gid) return false;
    }
    if (!metadata.xattrs || !entry.xattrs) return true;
    const there = platform.listXattrs(path);
    return entry.xattrs.every((xattr) => {
      if (!isRoot && /^(trusted|security)\./.test(xattr.name.toString('latin1'))) return true;
      const value = there.find(({ name }) => name.equals(xattr.name))?.value;
      if (!value) return false;
      return 'value' in xattr ? xattr.value.equals(value) : store.ids.chunk(value).equals(xattr.id);
    });
  }

  /** The set-id bits are only for the owner that was recorded. */
  #hasMode(entry: Entry, { mode, uid, gid }: Stat): boolean {
    if (entry.kind === Kind.symlink || entry.mode === undefined) return true;
    const { platform, metadata } = this.#options;
    const owner = ownerOf(platform, entry, metadata?.owner === 'number' ? 'number' : 'name');
    const lost = (owner.uid === uid ? 0 : SET_UID) | (owner.gid === gid ? 0 : SET_GID);
    return mode === (entry.mode & ~lost);
  }

  /** A failure says what it is about: a folder that may not be read, mostly. */
  #naming<T>(name: Buffer, act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw diskError(error, 'look at', this.#pathOf(name), 'nothing was changed');
    }
  }

  #pathOf(name: Buffer): Buffer {
    return joinPath(this.#options.destination, this.#folders.pathFromTop(name));
  }

  #refused(name: Buffer, why: string, first = ''): VaultError {
    const path = this.#pathOf(name).toString();
    return new VaultError('REFUSED', `${path} ${why}; nothing was changed`, {
      subject: path,
      hint: `${first}leave it out with --exclude, or restore elsewhere with --to`,
    });
  }
}

/** As far as the file system tells times apart: ext3 by seconds, others by 100 ns or 10 ms, rounded down. */
function hasTime({ mtimeS, mtimeNs = 0 }: Entry, stat: Stat): boolean {
  if (mtimeS === undefined) return true;
  let unit = 1;
  while (unit < NS_PER_S && stat.mtimeNs % (unit * 10) === 0) unit *= 10;
  return mtimeS === stat.mtimeS && mtimeNs - (mtimeNs % unit) === stat.mtimeNs;
}

/** The same for names that a file system may take for one. */
function folded(name: Buffer): string {
  return name.toString().normalize('NFC').toLowerCase();
}

function isNewer({ mtimeS, mtimeNs = 0 }: Entry, stat: Stat): boolean {
  if (mtimeS === undefined) return false;
  return mtimeS > stat.mtimeS || (mtimeS === stat.mtimeS && mtimeNs > stat.mtimeNs);
}

function openOrNone(platform: Platform, path: Buffer): number | undefined {
  try {
    return platform.openForRead(path);
  } catch (error) {
    // What may not be read cannot be told to be the same.
    if (hasCode(error, 'EACCES', 'EPERM', 'ELOOP', 'ENOENT')) return undefined;
    throw error;
  }
}

/** False when the file ends before. */
function readAll(platform: Platform, fd: number, into: Buffer, position: number): boolean {
  for (let done = 0; done < into.length; ) {
    const bytes = platform.read(fd, into.subarray(done), position + done);
    if (bytes === 0) return false;
    done += bytes;
  }
  return true;
}
