/**
 * The walk over the user's folder: lists, compares with the parent snapshot, hands changed files to the sealer and
 * unchanged entries straight to the tree. One thread, synchronous calls; it lets the event loop run every few
 * milliseconds and waits when the workers have enough to do.
 *
 * Source of the reuse rule: git's index (Documentation/technical/racy-git), with ctime and inode added.
 */
import { VaultError } from '../errors.ts';
import { type EntryView, viewOf } from '../objects/entry-view.ts';
import { type Entry, Flag, Kind, type Problem, type Xattr } from '../objects/model.ts';
import { joinPath, quote } from '../objects/names.ts';
import { readRows } from '../objects/paged-cursor.ts';
import { viewFormat } from '../objects/tree.ts';
import { walkTree } from '../objects/walk.ts';
import type { Directory, Platform, Stat } from '../platform/platform.ts';
import { EMPTY_CONTENT, type Id } from '../store/id.ts';
import type { ObjectWriter } from '../store/store.ts';
import { entryOf, isRacy, setContent } from './entries.ts';
import {
  CACHE_TAG,
  type Exclusion,
  type ExclusionReason,
  hasConfig,
  isCache,
  isLink,
  isRestoreArtifact,
  isStore,
} from './exclusions.ts';
import { IGNORE_FILE, type IgnoreRules } from './ignore-rules.ts';
import { ParentRows } from './parent-rows.ts';
import { type Progress, silentProgress } from './progress.ts';
import { MOST_IGNORE_BYTES, readIgnoreFile } from './read-ignore-file.ts';
import { type SealedFile, type Sealer, storeXattrs } from './sealer.ts';
import type { Selection } from './selection.ts';
import { type Assembly, type Row, TreeNode } from './tree-assembly.ts';

/** Deeper folders are refused: no real tree comes near, and a loop of bind mounts would never end. */
const MOST_DEPTH = 4096;
/** The event loop runs at least this often, so that workers are answered. */
const SLICE_MS = 4;
/** Rows of a folder that wait for one that is not known yet, a large file's, before the scan waits as well. */
const MOST_WAITING = 16_384;
/** Gone since it was listed: then it is simply not there. */
const GONE = new Set(['ENOENT', 'ENOTDIR']);
/** `.vaultignore` as the bytes of a name. */
const IGNORE_NAME = Buffer.from(IGNORE_FILE);
/** Mount points that are taken over from the parent snapshot; where there are more, their ordinals are given anew. */
const MOST_MOUNTS = 1000;
/** Problems and, unless asked for more, exclusions kept with their paths; the rest is counted. */
const MOST_LISTED = 100;

export interface ScanOptions {
  platform: Platform;
  root: Buffer;
  /** the parent snapshot's root entry, if any */
  parent?: Entry;
  rules: IgnoreRules;
  oneFileSystem: boolean;
  selection: Selection;
  /** the parent snapshot's mount points, which keep their ordinals */
  mounts?: readonly Buffer[];
  /** device and inode of the store in use */
  store?: { dev: number; ino: number | bigint };
  /** exclusions kept with their paths; 100 unless given */
  mostExcluded?: number;
  /** seconds since 1970 */
  now(): number;
  progress?: Progress;
  signal?: AbortSignal;
}

export interface ScanResult {
  root: Entry;
  mounts: Buffer[];
  counts: { files: number; dirs: number; others: number; bytes: number };
  problemCount: number;
  problems: Problem[];
  warnings: Problem[];
  excludedCount: number;
  excludedBy: Partial<Record<ExclusionReason, number>>;
  excluded: Exclusion[];
}

/** One folder being scanned. */
interface Folder {
  /** absolute */
  path: Buffer;
  /** from the root */
  relative: Buffer;
  dev: number;
  rules: IgnoreRules;
  selection: Selection;
  /** its tree in the parent snapshot */
  previous: Id | undefined;
  /** place there of the name that is being visited, from 1; means nothing for a name that is not there */
  rank: number;
  node: TreeNode;
  depth: number;
}

/** How one name is looked at: relative to its open folder, or by its path. */
interface NameSource {
  lstat(): Stat;
  open(): Directory;
}

export class Scan {
  readonly #options: ScanOptions;
  readonly #platform: Platform;
  readonly #writer: ObjectWriter;
  readonly #sealer: Sealer;
  readonly #assembly: Assembly;
  /** device → ordinal */
  readonly #devices = new Map<number, number>();
  readonly #progress: Progress;
  readonly #failed: Promise<never>;
  #failure: unknown;
  #lastYield = performance.now();
  #toldNewBytes = 0;
  readonly #result: Omit<ScanResult, 'root'> = {
    mounts: [],
    counts: { files: 0, dirs: 0, others: 0, bytes: 0 },
    problemCount: 0,
    problems: [],
    warnings: [],
    excludedCount: 0,
    excludedBy: {},
    excluded: [],
  };

  constructor(options: ScanOptions, writer: ObjectWriter, sealer: Sealer) {
    this.#options = options;
    this.#platform = options.platform;
    this.#writer = writer;
    this.#sealer = sealer;
    this.#progress = options.progress ?? silentProgress;
    if ((options.mounts?.length ?? 0) <= MOST_MOUNTS) this.#result.mounts.push(...(options.mounts ?? []));
    const { promise, reject } = Promise.withResolvers<never>();
    this.#failed = promise;
    promise.catch(() => {});
    this.#assembly = {
      reader: writer,
      put: (type, encoding) => writer.putMeta(type, encoding),
      fail: (error) => {
        this.#failure ??= error;
        reject(error);
      },
    };
  }

  /** Scans everything and resolves when all of it is with the writer. */
  async run(): Promise<ScanResult> {
    const { root: path, parent, rules, selection } = this.#options;
    const relative = Buffer.alloc(0);
    const stat = readRoot(path, () => this.#platform.lstat(path));
    const fs = this.#ordinal(stat.dev, relative);
    const entry = await this.#folderEntry(relative, stat, fs, path, parent && viewOf(parent));
    const { promise: tree, resolve } = Promise.withResolvers<Id>();
    const node = new TreeNode(this.#assembly, parent?.id, resolve);
    const folder: Folder = {
      path,
      relative,
      dev: stat.dev,
      rules,
      selection,
      previous: parent?.id,
      rank: 0,
      node,
      depth: 0,
    };
    const open = () => this.#platform.openDirectory(path);
    await this.#scanFolder(folder, selection === true ? readRoot(path, open) : undefined);
    await this.#sealer.finish();
    this.#tellStored();
    const id = await Promise.race([tree, this.#failed]);
    return { ...this.#result, root: { ...entry, id } };
  }

  /** @param directory open, where the whole folder is taken; closed here */
  async #scanFolder(folder: Folder, directory: Directory | undefined): Promise<void> {
    if (folder.depth > MOST_DEPTH) {
      throw new VaultError('REFUSED', `folders are nested more than ${MOST_DEPTH} deep`, {
        subject: folder.relative.toString(),
        hint: 'exclude the folder, or look for a loop of mounts',
      });
    }
    this.#result.counts.dirs++;
    if (!directory) return this.#scanSelected(folder);
    try {
      await this.#scanNames(folder, directory);
    } finally {
      directory.close();
    }
  }

  async #scanNames(folder: Folder, directory: Directory): Promise<void> {
    const { ignoreFile, cacheTag } = specialNames(directory);
    if (ignoreFile) folder.rules = this.#rulesInside(folder);
    const cache = cacheTag && isCache(folder.path);
    const rows = new ParentRows(this.#writer, folder.previous);
    for (let i = 0; i < directory.length; i++) {
      const name = Buffer.from(directory.name(i));
      const found = rows.find(name);
      const previous = found instanceof Promise ? await found : found;
      folder.rank = rows.rank;
      if (cache && !name.equals(CACHE_TAG)) {
        this.#exclude(joinPath(folder.relative, name), 'cache');
        continue;
      }
      const visited = this.#visit(folder, name, previous, {
        lstat: () => directory.stat(i),
        open: () => directory.openDirectory(i),
      });
      if (visited) await visited;
      if ((i & 63) === 63) await this.#breathe(folder);
    }
    await rows.finish();
    folder.node.end(rows.count);
    await this.#breathe(folder);
  }

  /** Only some names: the others' rows are the parent's. */
  async #scanSelected(folder: Folder): Promise<void> {
    folder.rules = this.#rulesInside(folder);
    const wanted = folder.selection as Map<string, Selection>;
    const names = [...wanted.keys()].map((name) => Buffer.from(name, 'latin1')).sort(Buffer.compare);
    let next = 0;
    let count = 0;
    const visitUpTo = async (limit: Buffer | undefined) => {
      while (next < names.length && (!limit || names[next]!.compare(limit) < 0)) {
        await this.#visitSelected(folder, names[next++]!, undefined);
      }
    };
    if (folder.previous) {
      for await (const page of readRows(viewFormat, this.#writer, folder.previous)) {
        for (const row of page) {
          folder.rank = ++count;
          await visitUpTo(row.name);
          if (next < names.length && names[next]!.equals(row.name)) {
            await this.#visitSelected(folder, names[next++]!, row);
          } else {
            await this.#carryOver(row);
            folder.node.add(row, count);
          }
        }
        await this.#breathe(folder);
      }
    }
    await visitUpTo(undefined);
    folder.node.end(count);
  }

  async #visitSelected(folder: Folder, name: Buffer, previous: EntryView | undefined): Promise<void> {
    const selection = (folder.selection as Map<string, Selection>).get(name.toString('latin1'))!;
    const path = joinPath(folder.path, name);
    await this.#visit({ ...folder, selection }, name, previous, {
      lstat: () => this.#platform.lstat(path),
      open: () => this.#platform.openDirectory(path),
    });
  }

  /** Counts what is taken over without a look at it. */
  async #carryOver(row: EntryView): Promise<void> {
    const taken = row.entry();
    this.#count(taken.kind, taken.size ?? 0);
    if (taken.kind !== Kind.dir) return;
    for await (const { entry } of walkTree(this.#writer, taken)) this.#count(entry.kind, entry.size ?? 0);
  }

  /** One name: its row is added now, or reserved and filled later. */
  #visit(
    folder: Folder,
    name: Buffer,
    previous: EntryView | undefined,
    source: NameSource,
  ): Promise<void> | undefined {
    if (isRestoreArtifact(name)) return this.#exclude(joinPath(folder.relative, name), 'restore');
    let stat: Stat;
    try {
      stat = source.lstat();
    } catch (error) {
      return this.#unreadable(folder, name, previous, error);
    }
    const isFolder = stat.kind === Kind.dir;
    if (!folder.rules.empty) {
      const relative = joinPath(folder.relative, name);
      if (folder.rules.ignores(relative.toString('latin1'), isFolder)) return this.#exclude(relative, 'rule');
    }
    if (isFolder) return this.#visitFolder(folder, name, stat, previous, source);
    const fs =
      stat.dev === folder.dev
        ? this.#devices.get(stat.dev)!
        : this.#ordinal(stat.dev, joinPath(folder.relative, name));
    if (previous?.isUnchanged(stat, fs)) {
      this.#count(stat.kind, stat.size);
      this.#progress.file(stat.size, true);
      folder.node.add(previous, folder.rank);
      return undefined;
    }
    if (stat.kind === Kind.file) return this.#visitFile(folder, name, stat, fs, previous);
    return this.#visitOther(folder, name, stat, fs, previous);
  }

  #visitFile(
    folder: Folder,
    name: Buffer,
    stat: Stat,
    fs: number,
    previous: EntryView | undefined,
  ): Promise<void> | undefined {
    const path = joinPath(folder.path, name);
    if (isLink(name, stat, path)) {
      return this.#exclude(joinPath(folder.relative, name), folder.depth === 0 ? 'store' : 'vault');
    }
    const row = folder.node.reserve(folder.rank);
    return this.#sealer.add(path, stat, (outcome) => {
      if ('error' in outcome) this.#unsealed(folder, name, row, previous, outcome.error);
      else folder.node.fill(row, this.#fileEntry(folder, name, stat, fs, outcome.sealed));
    });
  }

  #fileEntry(folder: Folder, name: Buffer, scanned: Stat, fs: number, sealed: SealedFile): Entry {
    const stat = sealed.stat ?? scanned;
    const entry = entryOf(this.#platform, name, stat, sealed.id, fs);
    const racy = sealed.unstable || isRacy(stat, this.#options.now()) ? Flag.racy : 0;
    const sparse = stat.allocated < stat.size ? Flag.sparse : 0;
    setContent(entry, sealed, racy | sparse);
    if (sealed.unstable) {
      this.#warn(joinPath(folder.relative, name), 'changed while it was read, twice: stored as read');
    }
    this.#count(Kind.file, stat.size);
    this.#progress.file(stat.size, false);
    return entry;
  }

  /** A file that could not be read after all. */
  #unsealed(
    folder: Folder,
    name: Buffer,
    row: Row,
    previous: EntryView | undefined,
    { code, message }: { code: string; message: string },
  ): void {
    if (GONE.has(code)) {
      folder.node.fill(row, null);
      return;
    }
    this.#problem({ path: joinPath(folder.relative, name), code, message });
    if (previous) this.#count(previous.kind, previous.entry().size ?? 0);
    folder.node.fill(row, previous ?? null, previous !== undefined);
  }

  /** Symlinks, fifos, sockets and devices. */
  async #visitOther(
    folder: Folder,
    name: Buffer,
    stat: Stat,
    fs: number,
    previous: EntryView | undefined,
  ): Promise<void> {
    const path = joinPath(folder.path, name);
    try {
      const entry = entryOf(this.#platform, name, stat, EMPTY_CONTENT, fs);
      if (stat.kind === Kind.symlink) {
        entry.target = this.#platform.readlink(path);
        entry.size = entry.target.length;
        entry.id = await this.#writer.putChunk(entry.target);
      }
      if (isRacy(stat, this.#options.now())) entry.flags = Flag.racy;
      const xattrs = await this.#xattrs(path);
      if (xattrs) entry.xattrs = xattrs;
      this.#count(stat.kind, 0);
      folder.node.add(entry);
    } catch (error) {
      await this.#unreadable(folder, name, previous, error);
    }
  }

  async #visitFolder(
    folder: Folder,
    name: Buffer,
    stat: Stat,
    previous: EntryView | undefined,
    source: NameSource,
  ): Promise<void> {
    const { store, oneFileSystem } = this.#options;
    const relative = joinPath(folder.relative, name);
    const path = joinPath(folder.path, name);
    if (store && stat.dev === store.dev && stat.ino === store.ino) return this.#exclude(relative, 'store');
    const mounted = stat.dev !== folder.dev;
    const fs = this.#ordinal(stat.dev, relative);
    const previousTree = previous?.kind === Kind.dir ? previous.id : undefined;
    const selection: Selection = folder.selection instanceof Map ? folder.selection : true;
    let directory: Directory | undefined;
    let entry: Entry;
    try {
      if (selection === true) directory = source.open();
      entry = await this.#folderEntry(name, stat, fs, path, previous);
    } catch (error) {
      directory?.close();
      return this.#unreadable(folder, name, previous, error);
    }
    if (directory ? isStore(directory, path) : hasConfig(path)) {
      directory?.close();
      return this.#exclude(relative, 'vault');
    }
    const leavesOut = mounted && oneFileSystem;
    const row = folder.node.reserve(folder.rank);
    const node = new TreeNode(this.#assembly, leavesOut ? undefined : previousTree, (tree) => {
      entry.id = tree;
      if (previous?.id.equals(tree) && previous.isUnchanged(stat, fs)) folder.node.fill(row, previous, true);
      else folder.node.fill(row, entry);
    });
    if (leavesOut) {
      directory?.close();
      this.#result.counts.dirs++;
      this.#exclude(relative, 'file system');
      return node.end(0);
    }
    const below = {
      path,
      relative,
      dev: stat.dev,
      rules: folder.rules.empty ? folder.rules : folder.rules.into(relative.toString('latin1')),
      selection,
      previous: previousTree,
      rank: 0,
      node,
      depth: folder.depth + 1,
    };
    await this.#scanFolder(below, directory);
  }

  /** A folder's entry but for its tree. Attributes are read again only when the change time says so. */
  async #folderEntry(
    name: Buffer,
    stat: Stat,
    fs: number,
    path: Buffer,
    previous: EntryView | undefined,
  ): Promise<Entry> {
    const entry = entryOf(this.#platform, name, stat, EMPTY_CONTENT, fs);
    if (isRacy(stat, this.#options.now())) entry.flags = Flag.racy;
    const xattrs = previous?.isUnchanged(stat, fs) ? previous.entry().xattrs : await this.#xattrs(path);
    if (xattrs) entry.xattrs = xattrs;
    return entry;
  }

  async #xattrs(path: Buffer): Promise<Xattr[] | undefined> {
    if (!this.#platform.abilities.xattrs) return undefined;
    const xattrs = this.#platform.listXattrs(path);
    return xattrs.length > 0 ? storeXattrs(this.#writer, xattrs) : undefined;
  }

  #rulesInside(folder: Folder): IgnoreRules {
    const text = readIgnoreFile(joinPath(folder.path, IGNORE_NAME));
    if (text?.length === MOST_IGNORE_BYTES) {
      this.#warn(
        joinPath(folder.relative, IGNORE_NAME),
        'is longer than 1 MiB: what is behind was not read',
        'LONG',
      );
    }
    return text ? folder.rules.inside(folder.relative.toString('latin1'), text) : folder.rules;
  }

  /** A name that cannot be read keeps what the parent snapshot has of it; one that is gone is simply not there. */
  #unreadable(
    folder: Folder,
    name: Buffer,
    previous: EntryView | undefined,
    error: unknown,
  ): Promise<void> | undefined {
    const { code = 'EIO', message, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    if (GONE.has(code)) return undefined;
    this.#problem({ path: joinPath(folder.relative, name), code, message });
    if (!previous) return undefined;
    folder.node.add(previous, folder.rank);
    return this.#carryOver(previous);
  }

  #ordinal(dev: number, relative: Buffer): number {
    const known = this.#devices.get(dev);
    if (known !== undefined) return known;
    const { mounts } = this.#result;
    const before = mounts.findIndex((mount) => mount.equals(relative));
    const ordinal = before >= 0 ? before : mounts.push(relative) - 1;
    this.#devices.set(dev, ordinal);
    return ordinal;
  }

  #count(kind: Kind, size: number): void {
    const { counts } = this.#result;
    if (kind === Kind.file) {
      counts.files++;
      counts.bytes += size;
    } else if (kind === Kind.dir) counts.dirs++;
    else counts.others++;
  }

  #exclude(path: Buffer, reason: ExclusionReason): undefined {
    const { excludedBy, excluded } = this.#result;
    this.#result.excludedCount++;
    excludedBy[reason] = (excludedBy[reason] ?? 0) + 1;
    if (excluded.length < (this.#options.mostExcluded ?? MOST_LISTED)) excluded.push({ path, reason });
  }

  #problem(problem: Problem): void {
    this.#result.problemCount++;
    if (this.#result.problems.length < MOST_LISTED) this.#result.problems.push(problem);
  }

  #warn(path: Buffer, message: string, code = 'CHANGED'): void {
    if (this.#result.warnings.length < MOST_LISTED) this.#result.warnings.push({ path, code, message });
  }

  #tellStored(): void {
    const { newBytes } = this.#writer.totals;
    if (newBytes > this.#toldNewBytes) this.#progress.stored(newBytes - this.#toldNewBytes);
    this.#toldNewBytes = newBytes;
  }

  /** Lets workers be answered, and stops when something failed or the caller gave up. */
  async #breathe(folder: Folder): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#options.signal?.throwIfAborted();
    if (folder.node.busy) await folder.node.busy;
    if (folder.node.waiting > MOST_WAITING) await this.#sealer.finish();
    if (performance.now() - this.#lastYield < SLICE_MS) return;
    this.#tellStored();
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastYield = performance.now();
  }
}

/** @throws BAD_PATH, PERMISSION or IO when the folder itself cannot be read: then there is nothing to record */
function readRoot<T>(path: Buffer, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const denied = code === 'EACCES' || code === 'EPERM';
    throw new VaultError(
      GONE.has(code) ? 'BAD_PATH' : denied ? 'PERMISSION' : 'IO',
      `the folder ${quote(path)} cannot be read: ${message}`,
      {
        subject: path.toString(),
        hint: denied ? 'run as a user who may read it' : 'check that it is there, and mounted',
        cause,
      },
    );
  }
}

/** Which names of an open folder change how the others are treated. */
function specialNames(directory: Directory): { ignoreFile: boolean; cacheTag: boolean } {
  let ignoreFile = false;
  let cacheTag = false;
  for (let i = 0; i < directory.length; i++) {
    const name = directory.name(i);
    // Both are 12 bytes long, which almost no name is told from by more.
    if (name.length !== CACHE_TAG.length) continue;
    if (name.equals(CACHE_TAG)) cacheTag = true;
    else if (name.equals(IGNORE_NAME)) ignoreFile = true;
  }
  return { ignoreFile, cacheTag };
}
