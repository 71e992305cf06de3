/**
 * Names at any depth below a folder, reached one open folder at a time and through no symlink: whoever swaps a folder on the
 * way for one gets an error, not a file somewhere else. Neighbouring names share the open folder.
 */
import { VaultError } from '../../../errors.ts';
import { joinPath } from '../../../objects/names.ts';
import { hasCode } from '../../../platform/errno.ts';
import type { Platform } from '../../../platform/platform.ts';
import { parentOf } from './paths.ts';
import { makePrivate } from './private.ts';

const SLASH = 0x2f;
const EMPTY = Buffer.alloc(0);
const HERE = Buffer.from('.');

export class Reach {
  /** folders that were made, outermost first, absolute */
  readonly made: Buffer[] = [];
  readonly #platform: Platform;
  readonly #top: Buffer;
  readonly #makes: boolean;
  readonly #syncs: boolean;
  #folder: Buffer | undefined;
  #fd = -1;

  /**
   * @param top absolute
   * @param makes folders that are missing, `top` included, are made, private
   * @param syncs what happened in a folder is made durable before the next one is opened
   */
  constructor(platform: Platform, top: Buffer, options: { makes?: boolean; syncs?: boolean } = {}) {
    this.#platform = platform;
    this.#top = top;
    this.#makes = options.makes ?? false;
    this.#syncs = options.syncs ?? false;
  }

  /**
   * For one call about `path`, which is relative to the top; the top itself for the empty one. Valid until the next call.
   * @throws REFUSED when a folder on the way is none
   */
  at(path: Buffer): Buffer {
    if (path.length === 0) return this.#top;
    const slash = path.lastIndexOf(SLASH);
    const folder = path.subarray(0, Math.max(0, slash));
    if (!this.#folder?.equals(folder)) this.#open(folder);
    return this.#platform.pathIn(this.#fd, path.subarray(slash + 1));
  }

  /** Makes the last folder durable and lets go of it. */
  settle(): void {
    try {
      if (this.#syncs && this.#folder) this.#platform.fsyncDirectory(this.#platform.pathIn(this.#fd, HERE));
    } finally {
      this.close();
    }
  }

  close(): void {
    if (this.#fd >= 0) this.#platform.close(this.#fd);
    this.#fd = -1;
    this.#folder = undefined;
  }

  #open(folder: Buffer): void {
    this.settle();
    let fd = this.#enter(this.#top, EMPTY);
    try {
      for (let start = 0; start < folder.length; ) {
        const slash = folder.indexOf(SLASH, start);
        const end = slash < 0 ? folder.length : slash;
        const below = this.#enter(
          this.#platform.pathIn(fd, folder.subarray(start, end)),
          folder.subarray(0, end),
        );
        this.#platform.close(fd);
        fd = below;
        start = end + 1;
      }
    } catch (error) {
      this.#platform.close(fd);
      throw error;
    }
    this.#fd = fd;
    this.#folder = Buffer.from(folder);
  }

  #enter(path: Buffer, folder: Buffer): number {
    try {
      return this.#platform.openFolder(path);
    } catch (error) {
      if (this.#makes && hasCode(error, 'ENOENT')) {
        makePrivate(this.#platform, path);
        // Syncing what is moved into it does not promise its own name (fsync(2)).
        if (this.#syncs) this.#platform.fsyncDirectory(joinPath(parentOf(path), HERE));
        this.made.push(this.#pathOf(folder));
        return this.#platform.openFolder(path);
      }
      if (hasCode(error, 'ENOTDIR', 'ELOOP')) throw this.#interference(folder, error);
      throw error;
    }
  }

  #pathOf(folder: Buffer): Buffer {
    return folder.length === 0 ? this.#top : joinPath(this.#top, folder);
  }

  /** @param folder from the top */
  #interference(folder: Buffer, cause: unknown): VaultError {
    const path = this.#pathOf(folder).toString();
    return new VaultError('REFUSED', `${path} is no longer a folder; somebody else is changing it`, {
      hint: 'see which program works there, then restore again',
      subject: path,
      cause,
    });
  }
}
