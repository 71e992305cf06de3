/** Why a snapshot would leave a path out: the scan's own rules, asked for one path at a time. */
import { VaultError } from '../../errors.ts';
import { Kind } from '../../objects/model.ts';
import { joinPath, quote } from '../../objects/names.ts';
import type { Platform, Stat } from '../../platform/platform.ts';
import { getPlatform } from '../../platform/select.ts';
import { keptFolder } from '../kept-folder.ts';
import type { Repository } from '../repository.ts';
import { splitPath } from '../split-path.ts';
import {
  CACHE_SIGNATURE,
  CACHE_TAG,
  type ExclusionReason,
  hasConfig,
  isCache,
  isLink,
  isRestoreArtifact,
  isStore,
  isStoreInUse,
  type StoreIdentity,
  storeIdentity,
} from './exclusions.ts';
import { rulesInside } from './folder-rules.ts';
import { type IgnoreMatch, IgnoreRules } from './ignore-rules.ts';

export interface IgnoreAnswer {
  /** from the vault's folder */
  path: Buffer;
  ignored: boolean;
  /** absent when nothing speaks of the path, and when a pattern beginning with `!` keeps it */
  reason?: ExclusionReason;
  /** the pattern that decides, as it is written (`CACHEDIR.TAG`'s first line for a cache); absent for the other reasons */
  pattern?: Buffer;
  /** the file it stands in, from the vault's folder; absent for a pattern of `exclude` */
  file?: Buffer;
  /** of the file, or the place in `exclude`, from 1 */
  line?: number;
}

export interface CheckIgnoreOptions {
  /** gitignore patterns that win over all files; bytes as latin1 */
  exclude?: readonly string[];
  oneFileSystem?: boolean;
}

/** Folders whose rules are kept; then they are read again. */
const MOST_FOLDERS = 1024;
const ROOT = '';

/** A folder on the way to a path. */
interface Folder {
  /** absolute */
  path: Buffer;
  rules: IgnoreRules;
  isCache: boolean;
  dev: number;
  /** why the folder itself is left out, and with it all that is in it */
  verdict?: Omit<IgnoreAnswer, 'path'>;
}

/**
 * Answers for as many paths as are asked; what it has read of a folder it does not look at again.
 *
 *     const { ignored, file, line, pattern } = new IgnoreChecker(vault).check(Buffer.from('build/a.o'));
 */
export class IgnoreChecker {
  readonly #platform: Platform = getPlatform();
  readonly #root: Buffer;
  readonly #store: StoreIdentity | undefined;
  readonly #oneFileSystem: boolean;
  readonly #exclude: readonly string[];
  readonly #folders = new Map<string, Folder>();

  /** @throws NO_VAULT for a bare store */
  constructor(repository: Repository, { exclude = [], oneFileSystem = false }: CheckIgnoreOptions = {}) {
    this.#root = keptFolder(repository).root;
    this.#exclude = exclude;
    this.#oneFileSystem = oneFileSystem;
    this.#store = storeIdentity(repository.folder);
  }

  /**
   * @param path from the vault's folder; one that is not there is judged as a file, or with a final `/` as a folder
   * @throws BAD_PATH for what lies behind a symlink or in a file, and what the file system says
   */
  check(path: Buffer): IgnoreAnswer {
    const isFolder = path.at(-1) === 0x2f;
    const names = splitPath(isFolder ? path.subarray(0, -1) : path);
    let folder = this.#rootFolder();
    let relative: Buffer = Buffer.alloc(0);
    for (const [i, name] of names.entries()) {
      if (folder.verdict) return { path, ...folder.verdict };
      relative = joinPath(relative, name);
      if (i + 1 < names.length) folder = this.#below(folder, relative, name);
      else return { path, ...this.#judge(folder, relative, name, isFolder) };
    }
    return { path, ignored: false };
  }

  #rootFolder(): Folder {
    const dev = this.#platform.lstat(this.#root).dev;
    return this.#remembered(ROOT, () =>
      this.#open(this.#root, Buffer.alloc(0), IgnoreRules.of(this.#exclude), dev),
    );
  }

  #below(parent: Folder, relative: Buffer, name: Buffer): Folder {
    return this.#remembered(relative.toString('latin1'), () => {
      const verdict = this.#judge(parent, relative, name, true);
      const path = joinPath(parent.path, name);
      if (verdict.ignored) return { ...parent, path, verdict };
      const stat = this.#statOf(path);
      if (stat && stat.kind !== Kind.dir) {
        throw new VaultError('BAD_PATH', `${quote(relative)} is no folder: nothing of the vault lies in it`, {
          hint: 'what lies behind a symlink is named by its own path',
          subject: relative.toString(),
        });
      }
      const rules = parent.rules.into(relative.toString('latin1'));
      return this.#open(path, relative, rules, stat?.dev ?? parent.dev);
    });
  }

  #remembered(key: string, make: () => Folder): Folder {
    let folder = this.#folders.get(key);
    if (folder) return folder;
    folder = make();
    if (this.#folders.size >= MOST_FOLDERS) this.#folders.clear();
    this.#folders.set(key, folder);
    return folder;
  }

  #open(path: Buffer, relative: Buffer, above: IgnoreRules, dev: number): Folder {
    const { rules } = rulesInside(above, path, relative);
    return { path, rules, isCache: isCache(path), dev };
  }

  /** In the scan's order. */
  #judge(folder: Folder, relative: Buffer, name: Buffer, asFolder: boolean): Omit<IgnoreAnswer, 'path'> {
    if (folder.isCache && !name.equals(CACHE_TAG)) {
      const file = joinPath(relative.subarray(0, Math.max(0, relative.length - name.length - 1)), CACHE_TAG);
      return { ignored: true, reason: 'cache', file, line: 1, pattern: CACHE_SIGNATURE };
    }
    if (isRestoreArtifact(name)) return { ignored: true, reason: 'restore' };
    const path = joinPath(folder.path, name);
    const stat = this.#statOf(path);
    const isFolder = stat ? stat.kind === Kind.dir : asFolder;
    const match = folder.rules.match(relative.toString('latin1'), isFolder);
    if (match?.ignored) return { ignored: true, reason: 'rule', ...origin(match) };
    const reason = stat && this.#reason(folder, name, path, stat);
    if (reason) return { ignored: true, reason };
    return { ignored: false, ...(match && origin(match)) };
  }

  #reason(folder: Folder, name: Buffer, path: Buffer, stat: Stat): ExclusionReason | undefined {
    if (stat.kind !== Kind.dir) {
      if (!isLink(name, stat, path)) return undefined;
      return folder.path.equals(this.#root) ? 'store' : 'vault';
    }
    if (isStoreInUse(stat, this.#store)) return 'store';
    if (hasConfig(path) && this.#isStore(path)) return 'vault';
    return this.#oneFileSystem && stat.dev !== folder.dev ? 'file system' : undefined;
  }

  #isStore(path: Buffer): boolean {
    const directory = this.#platform.openDirectory(path);
    try {
      return isStore(directory, path);
    } finally {
      directory.close();
    }
  }

  #statOf(path: Buffer): Stat | undefined {
    try {
      return this.#platform.lstat(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
  }
}

function origin({ pattern, file, line }: IgnoreMatch): Pick<IgnoreAnswer, 'pattern' | 'file' | 'line'> {
  return {
    pattern: Buffer.from(pattern, 'latin1'),
    line,
    ...(file !== undefined && { file: Buffer.from(file, 'latin1') }),
  };
}
