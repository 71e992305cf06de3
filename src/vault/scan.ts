/**
 * The walk over the user's folder: lists, compares with the parent snapshot, hands changed files to the sealer and
 * unchanged entries straight to the tree. One thread, synchronous calls; it lets the event loop run every few
 * milliseconds and waits when the workers have enough to do.
 *
 * Source of the reuse rule: git's index (Documentation/technical/racy-git), with ctime and inode added.
 */
import { VaultError } from '../errors.ts';
import { type EntryView, viewOf } from '../objects/entry-view.ts';
import { type Entry, Kind } from '../objects/model.ts';
import { joinPath, quote } from '../objects/names.ts';
import { MAX_WALK_DEPTH, walkTree } from '../objects/walk.ts';
import type { Directory, Platform, Stat } from '../platform/platform.ts';
import type { Id } from '../store/id.ts';
import type { ObjectWriter } from '../store/store.ts';
import {
  CACHE_TAG,
  hasConfig,
  isCache,
  isLink,
  isRestoreArtifact,
  isStore,
  isStoreInUse,
  type StoreIdentity,
} from './exclusions.ts';
import { IGNORE_NAME, rulesInside } from './folder-rules.ts';
import type { IgnoreRules } from './ignore-rules.ts';
import { MountPoints } from './mount-points.ts';
import { ParentRows } from './parent-rows.ts';
import type { Progress } from './progress.ts';
import { EntryMaker } from './scan-entries.ts';
import { FindingsCollector, type ScanFindings } from './scan-findings.ts';
import type { Sealer } from './sealer.ts';
import type { Selection } from './selection.ts';
import { type Assembly, type Row, TreeNode } from './tree-assembly.ts';

/** The event loop runs at least this often, so that workers are answered. */
const SLICE_MS = 4;
/** Names of a folder between two looks at the clock. */
const NAMES_PER_LOOK = 64;
/** Rows of a folder that wait for one that is not known yet, a large file's, before the scan waits as well. */
const MOST_WAITING = 16_384;
/** Gone since it was listed: then it is simply not there. */
const GONE = new Set(['ENOENT', 'ENOTDIR']);

export interface ScanOptions {
  platform: Platform;
  /** absolute */
  root: Buffer;
  /** the parent snapshot's root entry, if any */
  parent: Entry | undefined;
  rules: IgnoreRules;
  oneFileSystem: boolean;
  selection: Selection;
  /** the parent snapshot's mount points, which keep their ordinals */
  mounts: readonly Buffer[] | undefined;
  store: StoreIdentity | undefined;
  /** exclusions kept with their paths; 100 unless given */
  mostExcluded: number | undefined;
  /** problems kept with their paths; 100 unless given */
  mostProblems: number | undefined;
  /** seconds since 1970 */
  now(): number;
  progress: Progress;
  signal: AbortSignal | undefined;
}

export interface ScanResult extends ScanFindings {
  root: Entry;
  /** the mount points in the order of their ordinals, from the root, whose own path is empty */
  mounts: Buffer[];
}

/** One folder being scanned. */
interface Folder {
  /** absolute */
  path: Buffer;
  /** from the root */
  relative: Buffer;
  dev: number;
  /** ordinal of `dev` */
  fs: number;
  rules: IgnoreRules;
  /** its tree in the parent snapshot */
  previous: Id | undefined;
  /** place there of the name that is being visited, from 1; means nothing for a name that is not there */
  rank: number;
  node: TreeNode;
  /** folders above it */
  depth: number;
}

/** What of a folder is looked at: all, and then it is open; or some names, by their bytes as latin1. */
type Names = Directory | Map<string, Selection>;

/** A name that is a folder's, or is not as it was. */
interface Met {
  name: Buffer;
  stat: Stat;
  /** ordinal of its file system */
  fs: number;
  previous: EntryView | undefined;
}

/** How one name is looked at: relative to its open folder, or by its path. */
interface NameSource {
  lstat(): Stat;
  open(): Directory;
  /** what of it is looked at, if it is a folder */
  selection: Selection;
}

export class Scan {
  readonly #options: ScanOptions;
  readonly #platform: Platform;
  readonly #writer: ObjectWriter;
  readonly #sealer: Sealer;
  readonly #progress: Progress;
  readonly #entries: EntryMaker;
  readonly #findings: FindingsCollector;
  readonly #mounts: MountPoints;
  readonly #assembly: Assembly;
  /** rejects with the first failure of a tree */
  readonly #failed: Promise<never>;
  #failure: unknown;
  #lastYield = performance.now();
  #toldNewBytes = 0;

  constructor(options: ScanOptions, writer: ObjectWriter, sealer: Sealer) {
    this.#options = options;
    this.#platform = options.platform;
    this.#writer = writer;
    this.#sealer = sealer;
    this.#progress = options.progress;
    this.#entries = new EntryMaker(options.platform, writer, options.now);
    this.#findings = new FindingsCollector(options);
    this.#mounts = new MountPoints(options.mounts);
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
    const fs = this.#mounts.ordinalOf(stat.dev, relative);
    const entry = await this.#entries.folder(relative, stat, fs, path, parent && viewOf(parent));
    const { promise: tree, resolve } = Promise.withResolvers<Id>();
    const node = new TreeNode(this.#assembly, parent?.id, resolve);
    const folder = {
      path,
      relative,
      dev: stat.dev,
      fs,
      rules,
      previous: parent?.id,
      rank: 0,
      node,
      depth: 0,
    };
    const names = selection === true ? readRoot(path, () => this.#platform.openDirectory(path)) : selection;
    try {
      await this.#scanFolder(folder, names);
    } finally {
      close(names);
    }
    await this.#sealer.finish();
    this.#tellStored();
    const id = await Promise.race([tree, this.#failed]);
    return { ...this.#findings, mounts: this.#mounts.paths, root: { ...entry, id } };
  }

  async #scanFolder(folder: Folder, names: Names): Promise<void> {
    if (folder.depth >= MAX_WALK_DEPTH) throw tooDeep(folder.relative);
    this.#findings.count(Kind.dir, 0);
    if (names instanceof Map) await this.#scanSelected(folder, names);
    else await this.#scanNames(folder, names);
  }

  async #scanNames(folder: Folder, directory: Directory): Promise<void> {
    const { ignoreFile, cacheTag } = specialNames(directory);
    if (ignoreFile) this.#readRules(folder);
    const cache = cacheTag && isCache(folder.path);
    const rows = new ParentRows(this.#writer, folder.previous);
    for (let i = 0; i < directory.length; i++) {
      const name = Buffer.from(directory.name(i));
      const found = rows.find(name);
      const previous = found instanceof Promise ? await found : found;
      folder.rank = rows.rank;
      if (cache && !name.equals(CACHE_TAG)) {
        this.#findings.exclude(joinPath(folder.relative, name), 'cache');
        continue;
      }
      const visited = this.#visit(folder, name, previous, {
        lstat: () => directory.stat(i),
        open: () => directory.openDirectory(i),
        selection: true,
      });
      if (visited) await visited;
      if ((i + 1) % NAMES_PER_LOOK === 0) await this.#breathe(folder);
    }
    await rows.finish();
    folder.node.end(rows.count);
    await this.#breathe(folder);
  }

  /** Only some names: the others' rows are the parent's. */
  async #scanSelected(folder: Folder, selected: Map<string, Selection>): Promise<void> {
    this.#readRules(folder);
    const rows = new ParentRows(this.#writer, folder.previous);
    const carryOver = async (limit?: Buffer): Promise<void> => {
      for await (const row of rows.before(limit)) {
        await this.#carryOver(row);
        folder.node.add(row, rows.rank);
        if (rows.rank % NAMES_PER_LOOK === 0) await this.#breathe(folder);
      }
    };
    for (const { name, selection } of inOrder(selected)) {
      await carryOver(name);
      const previous = await rows.find(name);
      folder.rank = rows.rank;
      const path = joinPath(folder.path, name);
      await this.#visit(folder, name, previous, {
        lstat: () => this.#platform.lstat(path),
        open: () => this.#platform.openDirectory(path),
        selection,
      });
    }
    await carryOver();
    folder.node.end(rows.count);
    await this.#breathe(folder);
  }

  /** Counts what is taken over without a look at it. */
  async #carryOver(row: EntryView): Promise<void> {
    const taken = row.entry();
    this.#findings.count(taken.kind, taken.size ?? 0);
    if (taken.kind !== Kind.dir) return;
    for await (const { entry } of walkTree(this.#writer, taken))
      this.#findings.count(entry.kind, entry.size ?? 0);
  }

  /** One name: its row is added now, or reserved and filled later. */
  #visit(
    folder: Folder,
    name: Buffer,
    previous: EntryView | undefined,
    source: NameSource,
  ): Promise<void> | undefined {
    if (isRestoreArtifact(name)) return this.#findings.exclude(joinPath(folder.relative, name), 'restore');
    let stat: Stat;
    try {
      stat = source.lstat();
    } catch (error) {
      return this.#unreadable(folder, name, previous, error);
    }
    const isFolder = stat.kind === Kind.dir;
    if (!folder.rules.empty) {
      const relative = joinPath(folder.relative, name);
      if (folder.rules.ignores(relative.toString('latin1'), isFolder))
        return this.#findings.exclude(relative, 'rule');
    }
    if (isFolder && isStoreInUse(stat, this.#options.store)) {
      return this.#findings.exclude(joinPath(folder.relative, name), 'store');
    }
    const fs =
      stat.dev === folder.dev ? folder.fs : this.#mounts.ordinalOf(stat.dev, joinPath(folder.relative, name));
    if (isFolder) return this.#visitFolder(folder, { name, stat, fs, previous }, source);
    if (previous?.isUnchanged(stat, fs)) {
      this.#findings.count(stat.kind, stat.size);
      this.#progress.file(stat.size, true);
      folder.node.add(previous, folder.rank);
      return undefined;
    }
    if (stat.kind === Kind.file) return this.#visitFile(folder, { name, stat, fs, previous });
    return this.#visitOther(folder, { name, stat, fs, previous });
  }

  #visitFile(folder: Folder, met: Met): Promise<void> | undefined {
    const { name, stat, fs } = met;
    const path = joinPath(folder.path, name);
    if (isLink(name, stat, path)) {
      return this.#findings.exclude(joinPath(folder.relative, name), folder.depth === 0 ? 'store' : 'vault');
    }
    const row = folder.node.reserve(folder.rank);
    // Before it is read. When its worker is done, a last change in the tick of the reading would no longer look racy.
    const metAt = this.#options.now();
    return this.#sealer.add(path, stat, (outcome) => {
      if ('error' in outcome) {
        this.#unsealed(folder, met, row, outcome.error);
        return;
      }
      const { sealed } = outcome;
      const read = sealed.stat ?? stat;
      if (sealed.unstable)
        this.#warn(folder, name, 'CHANGED', 'changed while it was read, twice: stored as read');
      this.#findings.count(Kind.file, read.size);
      this.#progress.file(read.size, false);
      folder.node.fill(row, this.#entries.file(name, read, fs, sealed, metAt));
    });
  }

  /** A file that could not be read after all. */
  #unsealed(
    folder: Folder,
    { name, previous }: Met,
    row: Row,
    { code, message }: { code: string; message: string },
  ): void {
    if (GONE.has(code)) {
      folder.node.fill(row, null);
      return;
    }
    this.#findings.problem({ path: joinPath(folder.relative, name), code, message });
    if (previous) this.#findings.count(previous.kind, previous.entry().size ?? 0);
    folder.node.fill(row, previous ?? null, previous !== undefined);
  }

  /** Symlinks, fifos, sockets and devices. */
  async #visitOther(folder: Folder, { name, stat, fs, previous }: Met): Promise<void> {
    try {
      const entry = await this.#entries.other(name, stat, fs, joinPath(folder.path, name));
      this.#findings.count(stat.kind, 0);
      folder.node.add(entry);
    } catch (error) {
      await this.#unreadable(folder, name, previous, error);
    }
  }

  async #visitFolder(folder: Folder, met: Met, source: NameSource): Promise<void> {
    const { name, stat, fs, previous } = met;
    const path = joinPath(folder.path, name);
    let names: Names | undefined;
    let entry: Entry;
    try {
      names = source.selection === true ? source.open() : source.selection;
      entry = await this.#entries.folder(name, stat, fs, path, previous);
    } catch (error) {
      close(names);
      return this.#unreadable(folder, name, previous, error);
    }
    try {
      await this.#scanBelow(folder, met, path, entry, names);
    } finally {
      close(names);
    }
  }

  /** @param entry the folder's; its tree is not known yet */
  async #scanBelow(above: Folder, met: Met, path: Buffer, entry: Entry, names: Names): Promise<void> {
    const { name, stat, fs, previous } = met;
    const relative = joinPath(above.relative, name);
    if (names instanceof Map ? hasConfig(path) : isStore(names, path)) {
      return this.#findings.exclude(relative, 'vault');
    }
    const leavesOut = this.#options.oneFileSystem && stat.dev !== above.dev;
    const previousTree = previous?.kind === Kind.dir && !leavesOut ? previous.id : undefined;
    const row = above.node.reserve(above.rank);
    const node = new TreeNode(this.#assembly, previousTree, (tree) => {
      entry.id = tree;
      if (previous?.id.equals(tree) && previous.isUnchanged(stat, fs)) above.node.fill(row, previous, true);
      else above.node.fill(row, entry);
    });
    if (leavesOut) {
      this.#findings.count(Kind.dir, 0);
      this.#findings.exclude(relative, 'file system');
      return node.end(0);
    }
    const rules = above.rules.empty ? above.rules : above.rules.into(relative.toString('latin1'));
    const depth = above.depth + 1;
    await this.#scanFolder(
      { path, relative, dev: stat.dev, fs, rules, previous: previousTree, rank: 0, node, depth },
      names,
    );
  }

  #readRules(folder: Folder): void {
    const { rules, isCut } = rulesInside(folder.rules, folder.path, folder.relative);
    folder.rules = rules;
    if (isCut) this.#warn(folder, IGNORE_NAME, 'LONG', 'is longer than 1 MiB: what is behind was not read');
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
    this.#findings.problem({ path: joinPath(folder.relative, name), code, message });
    if (!previous) return undefined;
    folder.node.add(previous, folder.rank);
    return this.#carryOver(previous);
  }

  #warn(folder: Folder, name: Buffer, code: string, message: string): void {
    this.#findings.warn({ path: joinPath(folder.relative, name), code, message });
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

function inOrder(selected: Map<string, Selection>): { name: Buffer; selection: Selection }[] {
  return [...selected]
    .map(([name, selection]) => ({ name: Buffer.from(name, 'latin1'), selection }))
    .sort((a, b) => a.name.compare(b.name));
}

function close(names: Names | undefined): void {
  if (names && !(names instanceof Map)) names.close();
}

/** A snapshot must not hold what no walk would go into. No real tree comes near, and a loop of bind mounts would never end. */
function tooDeep(relative: Buffer): VaultError {
  return new VaultError('REFUSED', `folders are nested more than ${MAX_WALK_DEPTH} deep`, {
    subject: relative.toString(),
    hint: 'exclude the folder, or look for a loop of mounts',
  });
}
