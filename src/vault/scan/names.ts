/** What of a folder is looked at: all its names, or those that were asked for. One object serves all names: they are by place. */
import { joinPath } from '../../objects/names.ts';
import type { Directory, Platform, Stat } from '../../platform/platform.ts';
import { CACHE_TAG, hasConfig, isCache, isStore } from '../ignore/exclusions.ts';
import { IGNORE_NAME } from '../ignore/folder-rules.ts';
import type { Selection } from '../selection.ts';

/** In ascending order. Errors are Node's. */
export interface Names {
  readonly length: number;
  /** names that are not here are not in the folder; else they are to be taken from the parent snapshot */
  readonly isWhole: boolean;
  /** it may have an ignore file */
  readonly mayHaveRules: boolean;
  /** In memory of its own. */
  name(i: number): Buffer;
  stat(i: number): Stat;
  /** What is looked at of the folder that name i is. */
  open(i: number): Names;
  /** Whether the folder, which is at `path`, is a vault's store. */
  isStore(path: Buffer): boolean;
  /** Whether it says that it is a cache, and all of it is looked at. */
  isCache(path: Buffer): boolean;
  /** May be repeated. */
  close(): void;
}

/** @param path absolute */
export function openNames(platform: Platform, path: Buffer, selection: Selection): Names {
  return selection === true
    ? new AllNames(platform.openDirectory(path))
    : new SelectedNames(platform, path, selection);
}

/** An open folder's: each is reached from it, whatever becomes of its path. */
class AllNames implements Names {
  readonly length: number;
  readonly isWhole = true;
  readonly mayHaveRules: boolean;
  readonly #directory: Directory;
  readonly #hasCacheTag: boolean;

  constructor(directory: Directory) {
    this.#directory = directory;
    this.length = directory.length;
    let [ignoreFile, cacheTag] = [false, false];
    for (let i = 0; i < directory.length; i++) {
      const name = directory.name(i);
      // Both are 12 bytes long, which almost no name is told from by more.
      if (name.length !== CACHE_TAG.length) continue;
      if (name.equals(CACHE_TAG)) cacheTag = true;
      else if (name.equals(IGNORE_NAME)) ignoreFile = true;
    }
    this.mayHaveRules = ignoreFile;
    this.#hasCacheTag = cacheTag;
  }

  name(i: number): Buffer {
    return Buffer.from(this.#directory.name(i));
  }

  stat(i: number): Stat {
    return this.#directory.stat(i);
  }

  open(i: number): Names {
    return new AllNames(this.#directory.openDirectory(i));
  }

  isStore(path: Buffer): boolean {
    return isStore(this.#directory, path);
  }

  isCache(path: Buffer): boolean {
    return this.#hasCacheTag && isCache(path);
  }

  close(): void {
    this.#directory.close();
  }
}

/** Each is reached by its path, and need not be there. */
class SelectedNames implements Names {
  readonly length: number;
  readonly isWhole = false;
  readonly mayHaveRules = true;
  readonly #platform: Platform;
  readonly #folder: Buffer;
  readonly #selected: { name: Buffer; selection: Selection }[];

  constructor(platform: Platform, folder: Buffer, selected: ReadonlyMap<string, Selection>) {
    this.#platform = platform;
    this.#folder = folder;
    this.length = selected.size;
    this.#selected = [...selected]
      .map(([name, selection]) => ({ name: Buffer.from(name, 'latin1'), selection }))
      .sort((a, b) => a.name.compare(b.name));
  }

  name(i: number): Buffer {
    return this.#selected[i]!.name;
  }

  stat(i: number): Stat {
    return this.#platform.lstat(this.#pathOf(i));
  }

  open(i: number): Names {
    return openNames(this.#platform, this.#pathOf(i), this.#selected[i]!.selection);
  }

  isStore(path: Buffer): boolean {
    return hasConfig(path);
  }

  isCache(): boolean {
    return false;
  }

  close(): void {}

  #pathOf(i: number): Buffer {
    return joinPath(this.#folder, this.name(i));
  }
}
