/** One scan of the vault's folder: what `snapshot` stores, and what `status` and `diff` compare with. */
import { VaultError } from '../errors.ts';
import type { Entry } from '../objects/model.ts';
import { lookupPath } from '../objects/tree.ts';
import { getPlatform } from '../platform/select.ts';
import type { ObjectReader, ObjectWriter } from '../store/store.ts';
import { splitTime } from './environment.ts';
import { IgnoreRules } from './ignore-rules.ts';
import type { Progress } from './progress.ts';
import type { Repository } from './repository.ts';
import { Scan, type ScanResult } from './scan.ts';
import { Sealer } from './sealer.ts';
import { selectionOf } from './selection.ts';
import { splitPath } from './split-path.ts';

/** More threads than this do not help: the main thread cannot feed them (DESIGN.md section 3). */
const MOST_THREADS = 4;

export interface ScanFolderOptions {
  /** relative to the root; the rest is carried over from the parent. Empty: everything */
  paths?: Buffer[];
  /** gitignore patterns; bytes as latin1 */
  exclude?: string[];
  oneFileSystem?: boolean;
  /** worker threads wanted; at most 4 are used */
  threads: number;
  /** exclusions listed with their paths; 100 unless given */
  mostExcluded?: number;
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
  await checkPaths(writer, root, paths, parent);
  const threads = Math.max(1, Math.min(MOST_THREADS, options.threads));
  const sealer = new Sealer(repository.config, writer, threads);
  try {
    const scan = new Scan(
      {
        platform: getPlatform(),
        root,
        ...(parent && { parent }),
        rules: IgnoreRules.of(options.exclude ?? []),
        oneFileSystem: options.oneFileSystem ?? false,
        selection: paths.length > 0 ? selectionOf(paths) : true,
        ...storeIdentity(repository),
        ...(options.mostExcluded !== undefined && { mostExcluded: options.mostExcluded }),
        now: () => splitTime(repository.environment.now()).s,
        ...(options.progress && { progress: options.progress }),
        ...(options.signal && { signal: options.signal }),
      },
      writer,
      sealer,
    );
    return await scan.run();
  } finally {
    await sealer.close();
  }
}

/** The store's own folder, so that it is never stored in itself, by whatever name the scan meets it. */
function storeIdentity(repository: Repository): { store?: { dev: number; ino: number | bigint } } {
  if (repository.folder === undefined) return {};
  const { dev, ino } = getPlatform().lstat(repository.folder);
  return { store: { dev, ino } };
}

async function checkPaths(
  reader: ObjectReader,
  root: Buffer,
  paths: readonly Buffer[],
  parent: Entry | undefined,
): Promise<void> {
  for (const path of paths) {
    if (path.length === 0 || existsOnDisk(root, path)) continue;
    if (parent && (await lookupPath(reader, parent, splitPath(path)))) continue;
    throw new VaultError('USAGE', `${path.toString()} is neither on disk nor in the parent snapshot`, {
      subject: path.toString(),
      hint: 'check the spelling; paths are relative to the current folder',
    });
  }
}

function existsOnDisk(root: Buffer, path: Buffer): boolean {
  try {
    getPlatform().lstat(Buffer.concat([root, Buffer.from('/'), path]));
    return true;
  } catch {
    return false;
  }
}
