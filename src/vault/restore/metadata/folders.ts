/**
 * The folder that a restore works in, and the way back up. One folder is held open at a time, and every name is made in it
 * by way of its descriptor, however deep it lies: swapping a folder of the stage for a symlink leads nowhere.
 */
import { fsyncSync } from 'node:fs';
import { VaultError } from '../../../errors.ts';
import { joinPath } from '../../../objects/names.ts';
import { hasCode } from '../../../platform/errno.ts';
import type { Platform } from '../../../platform/platform.ts';

const PARENT = Buffer.from('..');

interface Folder {
  name: Buffer;
  /** from the snapshot's root */
  path: Buffer;
  dev: number;
  ino: number | bigint;
}

export class HeldFolders {
  readonly #platform: Platform;
  readonly #top: number;
  readonly #prefix: Buffer;
  /** from the top down to the one that is held */
  readonly #folders: Folder[] = [];
  #held: number;

  /**
   * @param top an open folder, which stays open
   * @param prefix path from the snapshot's root of what is made in it
   */
  constructor(platform: Platform, top: number, prefix: Buffer) {
    this.#platform = platform;
    this.#top = top;
    this.#prefix = prefix;
    this.#held = top;
    this.#push(Buffer.alloc(0));
  }

  /** For a call about `name` in the held folder. */
  at(name: Buffer): Buffer {
    return this.#platform.pathIn(this.#held, name);
  }

  /** For a call about a path from the top. */
  atTop(path: Buffer): Buffer {
    return this.#platform.pathIn(this.#top, path);
  }

  /** Goes into the folder `name`, which was made just now. */
  enter(name: Buffer): void {
    const fd = this.#platform.openFolder(this.at(name));
    this.close();
    this.#held = fd;
    this.#push(name);
  }

  /**
   * Goes back up.
   * @param finish gives the folder its metadata; first the way back is open, since its mode may close it
   * @throws REFUSED when the folder above is not the one that was come from
   */
  leave(finish?: (fd: number) => void): void {
    const left = this.#held;
    this.#held = this.#platform.openFolder(this.#platform.pathIn(left, PARENT));
    try {
      finish?.(left);
    } finally {
      this.#platform.close(left);
    }
    this.#folders.pop();
    const { dev, ino } = this.#platform.fstat(this.#held);
    const expected = this.#folders.at(-1)!;
    if (dev !== expected.dev || ino !== expected.ino) throw this.interference();
  }

  /** Releases the held folder. */
  close(): void {
    if (this.#held !== this.#top) this.#platform.close(this.#held);
    this.#held = this.#top;
  }

  /** Folders on the way from the top. */
  get depth(): number {
    return this.#folders.length - 1;
  }

  /** Path from the snapshot's root; the tree's own root is called something else in the stage. */
  path(name?: Buffer): Buffer {
    const { path } = this.#folders.at(-1)!;
    return name === undefined || this.depth === 0 ? path : joinPath(path, name);
  }

  /** Path from the top. */
  pathFromTop(name: Buffer): Buffer {
    return this.#names(name).reduce(joinPath, Buffer.alloc(0));
  }

  /** What to throw when the stage is not as it was left. */
  interference(name?: Buffer): VaultError {
    return new VaultError(
      'REFUSED',
      `somebody else is changing the folder that is being restored, at ${this.path(name).toString() || 'its root'}`,
      { hint: 'see which program works in the folders beside the destination, then restore again' },
    );
  }

  #names(name?: Buffer): Buffer[] {
    const names = this.#folders.slice(1).map((folder) => folder.name);
    return name ? [...names, name] : names;
  }

  #push(name: Buffer): void {
    const { dev, ino } = this.#platform.fstat(this.#held);
    this.#folders.push({ name, path: this.depth < 1 ? this.#prefix : this.path(name), dev, ino });
  }
}

/** Makes the names in an open folder durable, where folders can be synced (fsync(2): EINVAL). */
export function syncFolder(fd: number): void {
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!hasCode(error, 'EINVAL')) throw error;
  }
}
