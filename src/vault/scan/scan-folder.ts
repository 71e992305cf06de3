/** One scan of the vault's folder: what `snapshot` stores, and what `status` and `diff` compare with. */
import { VaultError } from '../../errors.ts';
import { type Entry, Kind } from '../../objects/model.ts';
import { joinPath, pathFault, quote } from '../../objects/names.ts';
import { getPlatform } from '../../platform/select.ts';
import type { ObjectReader, ObjectWriter } from '../../store/store.ts';
import { entryAt } from '../entry-at.ts';
import { splitTime } from '../environment.ts';
import { storeIdentity } from '../ignore/exclusions.ts';
import { IgnoreRules } from '../ignore/ignore-rules.ts';
import { type Progress, silentProgress } from '../progress.ts';
import type { Repository } from '../repository.ts';
import { selectionOf } from '../selection.ts';
import { splitPath } from '../split-path.ts';
import { Scan, type ScanResult } from './scan.ts';
import { Sealer } from './sealer.ts';

/** More threads than this do not help: the main thread cannot feed them. */
const MOST_THREADS = 4;

export interface ScanFolderOptions {
  /** relative to the root; the rest is carried over from the parent. Empty: everything */
  paths?: Buffer[];
  /** gitignore patterns; bytes as latin1 */
  exclude?: string[];
  oneFileSystem?: boolean;
  /** worker threads wanted; at most 4 are used */
  threads: number;
  /** mount points of the parent snapshot: what lies on them is compared as before */
  mounts?: readonly Buffer[];
  /** exclusions listed with their paths; 100 unless given */
  mostExcluded?: number;
  /** problems listed with their paths; 100 unless given */
  mostProblems?: number;
  progress?: Progress;
  signal?: AbortSignal;
}

/**
 * @param parent the parent snapshot's root entry, if any
 * @throws USAGE for a path that is neither on disk nor in the parent
 */
export async function scanFolder(
  repository: Repository,
  writer: ObjectWriter,
  root: Buffer,
  parent: Entry | undefined,
  options: ScanFolderOptions,
): Promise<ScanResult> {
  const paths = options.paths ?? [];
  await checkPaths(writer, root, parent, paths);
  const threads = Math.max(1, Math.min(MOST_THREADS, options.threads));
  const sealer = new Sealer(repository.config, writer, threads, options.signal);
  try {
    const scan = new Scan(
      {
        platform: getPlatform(),
        root,
        parent,
        rules: IgnoreRules.of(options.exclude ?? []),
        oneFileSystem: options.oneFileSystem ?? false,
        selection: paths.length > 0 ? selectionOf(paths) : true,
        store: storeIdentity(repository.folder),
        mounts: options.mounts,
        mostExcluded: options.mostExcluded,
        mostProblems: options.mostProblems,
        now: () => splitTime(repository.environment.now()).s,
        progress: options.progress ?? silentProgress,
        signal: options.signal,
      },
      writer,
      sealer,
    );
    return await scan.run();
  } finally {
    await sealer.close();
  }
}

/** @throws USAGE for a path that no folder may hold, or that is neither on disk nor in the parent */
export async function checkPaths(
  reader: ObjectReader,
  root: Buffer,
  parent: Entry | undefined,
  paths: readonly Buffer[],
): Promise<void> {
  for (const path of paths) {
    const fault = pathFault(path);
    if (fault !== undefined) throw new VaultError('USAGE', `the path ${quote(path)} ${fault}`);
    const names = splitPath(path);
    if (existsOnDisk(root, names)) continue;
    if (parent && (await entryAt(reader, parent, names))) continue;
    throw new VaultError('USAGE', `${quote(path)} is neither on disk nor in the parent snapshot`, {
      subject: path.toString(),
      hint: 'check the spelling; what lies behind a symlink is named by its own path',
    });
  }
}

/** False also for what lies behind a symlink: that is no part of the folder. */
function existsOnDisk(root: Buffer, names: readonly Buffer[]): boolean {
  const platform = getPlatform();
  let path = root;
  try {
    for (const [i, name] of names.entries()) {
      path = joinPath(path, name);
      const { kind } = platform.lstat(path);
      if (kind !== Kind.dir && i + 1 < names.length) return false;
    }
    return true;
  } catch {
    return false;
  }
}
