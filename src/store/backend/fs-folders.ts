/**
 * The folders of a store: made with their modes, and made to survive a power loss.
 */
import fs from 'node:fs/promises';
import { VaultError } from '../../errors.ts';
import { errnoOf } from './fs-error.ts';
import { setMode } from './fs-modes.ts';

/** Folders remembered as durable; forgetting one costs only an fsync. */
const MAX_KNOWN = 4096;

/** File systems that cannot sync a folder say one of these; they have their own order of writes. */
const NO_FOLDER_SYNC = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Folders are named like keys, relative to the root; the root itself is the empty name. */
export class Folders {
  readonly #root: string;
  readonly #mode: number;
  /** Folder → identity under which its whole chain up to the root was synced. */
  readonly #durable = new Map<string, string>();
  #failure: VaultError | undefined;

  constructor(root: string, mode: number) {
    this.#root = root;
    this.#mode = mode;
  }

  /** Makes `folder` and what is missing above it; never the root, which is gone if it is missing. Errors are Node's. */
  async make(folder: string): Promise<void> {
    if (folder === '') return;
    const path = `${this.#root}/${folder}`;
    try {
      await fs.mkdir(path, { mode: this.#mode });
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EEXIST') return;
      if (errno !== 'ENOENT' || parentOf(folder) === '') throw error;
      await this.make(parentOf(folder));
      return this.make(folder);
    }
    await setMode({ chmod: (mode) => fs.chmod(path, mode), stat: () => fs.lstat(path) }, this.#mode);
  }

  /**
   * Syncs `folder`, and the folders above it unless this process already did: another process may have made one
   * of them a moment ago and not yet synced it.
   */
  async sync(folder: string): Promise<void> {
    this.assertUsable();
    const identity = await this.#syncOne(`${this.#root}/${folder}`);
    if (folder === '' || this.#durable.get(folder) === identity) return;
    await this.sync(parentOf(folder));
    if (this.#durable.size >= MAX_KNOWN) this.#durable.clear();
    this.#durable.set(folder, identity);
  }

  /** After a failed fsync the kernel may call lost entries clean, so a later success would prove nothing. */
  assertUsable(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Resolves what tells the folder from one made later under its name (inode numbers are reused). */
  async #syncOne(path: string): Promise<string> {
    try {
      const handle = await fs.open(path, 'r');
      try {
        const { ino, birthtimeNs } = await handle.stat({ bigint: true });
        await handle.sync().catch((error: unknown) => this.#syncFailed(error, path));
        return `${ino}:${birthtimeNs}`;
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw this.#failure ?? notDurable(error, path);
    }
  }

  #syncFailed(error: unknown, path: string): void {
    if (isFolderSyncUnknown(error)) return;
    this.#failure = notDurable(error, path);
    throw this.#failure;
  }
}

/** True for how a file system says that it has no sync of folders. */
export function isFolderSyncUnknown(error: unknown): boolean {
  return NO_FOLDER_SYNC.has(errnoOf(error) ?? '');
}

/** IO whatever the errno, also ENOSPC or EACCES: the new name is visible, so the create is ambiguous, not refused. */
function notDurable(error: unknown, path: string): VaultError {
  return new VaultError('IO', `cannot sync the folder ${path}: ${errnoOf(error) ?? error}`, {
    hint: 'check the disk, then run the command again',
    subject: path,
    cause: error,
  });
}

/** The folder that holds `key`; empty at the top. */
export function parentOf(key: string): string {
  return key.slice(0, Math.max(key.lastIndexOf('/'), 0));
}
