/**
 * The walk over the user's folder: goes through its folders, compares each name with the parent snapshot's row, and puts the tree
 * together. What becomes of a file is decided in `scan/file.ts`.
 */
import { type EntryView, viewOf } from '../../objects/entry-view.ts';
import { type Entry, Kind } from '../../objects/model.ts';
import { joinPath } from '../../objects/names.ts';
import { MAX_WALK_DEPTH } from '../../objects/walk.ts';
import type { Platform, Stat } from '../../platform/platform.ts';
import type { Id } from '../../store/id.ts';
import type { ObjectWriter } from '../../store/store.ts';
import { CACHE_TAG, isRestoreArtifact, isStoreInUse, type StoreIdentity } from '../ignore/exclusions.ts';
import { IGNORE_NAME, rulesInside } from '../ignore/folder-rules.ts';
import type { IgnoreRules } from '../ignore/ignore-rules.ts';
import type { Progress } from '../progress.ts';
import type { Selection } from '../selection.ts';
import { CarryOver } from './carry-over.ts';
import { EntryMaker } from './entries.ts';
import { readRoot, tooDeep } from './errors.ts';
import { FileScan } from './file.ts';
import { FindingsCollector, type ScanFindings } from './findings.ts';
import { MountPoints } from './mount-points.ts';
import { type Names, openNames } from './names.ts';
import { ScanPace } from './pace.ts';
import { ParentRows } from './parent-rows.ts';
import type { Met, ScannedFolder } from './scanned-folder.ts';
import type { Sealer } from './sealer.ts';
import { type Assembly, TreeNode } from './tree-assembly.ts';

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

export class Scan {
  readonly #options: ScanOptions;
  readonly #platform: Platform;
  readonly #writer: ObjectWriter;
  readonly #entries: EntryMaker;
  readonly #findings: FindingsCollector;
  readonly #mounts: MountPoints;
  readonly #pace: ScanPace;
  readonly #carryOver: CarryOver;
  readonly #files: FileScan;
  readonly #assembly: Assembly;

  constructor(options: ScanOptions, writer: ObjectWriter, sealer: Sealer) {
    const { platform, now, progress } = options;
    const entries = new EntryMaker(platform, writer, now);
    const findings = new FindingsCollector(options);
    const pace = new ScanPace(writer, sealer, options);
    const carryOver = new CarryOver(writer, findings, pace);
    this.#options = options;
    this.#platform = platform;
    this.#writer = writer;
    this.#entries = entries;
    this.#findings = findings;
    this.#mounts = new MountPoints(options.mounts);
    this.#pace = pace;
    this.#carryOver = carryOver;
    this.#files = new FileScan({ sealer, entries, findings, carryOver, progress, now });
    this.#assembly = {
      reader: writer,
      put: (type, encoding) => writer.putMeta(type, encoding),
      fail: (error) => pace.fail(error),
    };
  }

  /** Scans everything and resolves when all of it is with the writer. */
  async run(): Promise<ScanResult> {
    const { root: path, parent, rules, selection } = this.#options;
    const relative = Buffer.alloc(0);
    const stat = readRoot(path, () => this.#platform.lstat(path));
    const fs = this.#mounts.ordinalOf(stat.dev, relative);
    const entry = await this.#entries.folder(relative, stat, fs, path, parent && viewOf(parent));
    const isImage = !this.#platform.keepsChangeTimes(path);
    const { promise: tree, resolve } = Promise.withResolvers<Id>();
    const node = new TreeNode(this.#assembly, parent?.id, resolve);
    const previous = parent?.id;
    const names = readRoot(path, () => openNames(this.#platform, path, selection));
    try {
      await this.#scanFolder(
        { path, relative, dev: stat.dev, fs, isImage, rules, previous, rank: 0, node, depth: 0 },
        names,
      );
    } finally {
      names.close();
    }
    await this.#pace.finish();
    const id = await Promise.race([tree, this.#pace.failed]);
    return { ...this.#findings, mounts: this.#mounts.paths, root: { ...entry, id } };
  }

  async #scanFolder(folder: ScannedFolder, names: Names): Promise<void> {
    if (folder.depth >= MAX_WALK_DEPTH) throw tooDeep(folder.relative);
    this.#findings.count(Kind.dir, 0);
    if (names.mayHaveRules) this.#readRules(folder);
    const cache = names.isCache(folder.path);
    const rows = new ParentRows(this.#writer, folder.previous);
    for (let i = 0; i < names.length; i++) {
      const name = names.name(i);
      if (!names.isWhole) await this.#carryOver.rows(folder, rows, name);
      const found = rows.find(name);
      const previous = found instanceof Promise ? await found : found;
      folder.rank = rows.rank;
      if (cache && !name.equals(CACHE_TAG)) {
        this.#findings.exclude(joinPath(folder.relative, name), 'cache');
        continue;
      }
      const visited = this.#visit(folder, names, i, name, previous);
      if (visited) await visited;
      if (this.#pace.isDue(i + 1)) await this.#pace.breathe(folder.node);
    }
    if (!names.isWhole) await this.#carryOver.rows(folder, rows);
    await rows.finish();
    folder.node.end(rows.count);
    await this.#pace.breathe(folder.node);
  }

  /** One name: its row is added now, or reserved and filled later. */
  #visit(
    folder: ScannedFolder,
    names: Names,
    i: number,
    name: Buffer,
    previous: EntryView | undefined,
  ): Promise<void> | undefined {
    if (isRestoreArtifact(name)) return this.#findings.exclude(joinPath(folder.relative, name), 'restore');
    let stat: Stat;
    try {
      stat = names.stat(i);
    } catch (error) {
      return this.#carryOver.unreadable(folder, name, previous, error);
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
    if (!isFolder) return this.#files.visit(folder, name, stat, fs, previous);
    return this.#visitFolder(folder, { name, stat, fs, previous }, names, i);
  }

  async #visitFolder(folder: ScannedFolder, met: Met, names: Names, i: number): Promise<void> {
    const { name, stat, fs, previous } = met;
    const path = joinPath(folder.path, name);
    let inside: Names | undefined;
    let entry: Entry;
    try {
      inside = names.open(i);
      entry = await this.#entries.folder(
        name,
        stat,
        fs,
        path,
        this.#isImage(folder, stat, path) ? undefined : previous,
      );
    } catch (error) {
      inside?.close();
      return this.#carryOver.unreadable(folder, name, previous, error);
    }
    try {
      await this.#scanBelow(folder, met, path, entry, inside);
    } finally {
      inside.close();
    }
  }

  /** @param entry the folder's; its tree is not known yet */
  async #scanBelow(above: ScannedFolder, met: Met, path: Buffer, entry: Entry, names: Names): Promise<void> {
    const { name, stat, fs, previous } = met;
    const relative = joinPath(above.relative, name);
    if (names.isStore(path)) return this.#findings.exclude(relative, 'vault');
    const leavesOut = this.#options.oneFileSystem && stat.dev !== above.dev;
    const previousTree = previous?.kind === Kind.dir && !leavesOut ? previous.id : undefined;
    const isImage = this.#isImage(above, stat, path);
    const row = above.node.reserve(above.rank);
    const node = new TreeNode(this.#assembly, previousTree, (tree) => {
      entry.id = tree;
      if (!isImage && previous?.id.equals(tree) && previous.isUnchanged(stat, fs))
        above.node.fill(row, previous, true);
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
      { path, relative, dev: stat.dev, fs, isImage, rules, previous: previousTree, rank: 0, node, depth },
      names,
    );
  }

  /** Asked once for each file system, where it is entered. */
  #isImage(above: ScannedFolder, stat: Stat, path: Buffer): boolean {
    return stat.dev === above.dev ? above.isImage : !this.#platform.keepsChangeTimes(path);
  }

  #readRules(folder: ScannedFolder): void {
    const { rules, isCut } = rulesInside(folder.rules, folder.path, folder.relative);
    folder.rules = rules;
    if (!isCut) return;
    const path = joinPath(folder.relative, IGNORE_NAME);
    this.#findings.warn({ path, code: 'LONG', message: 'is longer than 1 MiB: what is behind was not read' });
  }
}
