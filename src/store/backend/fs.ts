/**
 * A store in a local folder. A key is a file below it, which appears whole or not at all: it is written aside in
 * `tmp/`, synced, and given its name, which fails where the name exists (`fs-name.ts`); then the folder is synced.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { VaultError } from '../../errors.ts';
import type { RenameNew } from '../../platform/rename-new.ts';
import type { BackendAbilities, BackendEntry, ListOptions, SyncBackend } from './backend.ts';
import { FdCache, type OpenFile } from './fd-cache.ts';
import { errnoOf, ioError } from './fs-error.ts';
import { Folders, parentOf } from './fs-folders.ts';
import { type Modes, PRIVATE_MODES, SHARED_MODES, setMode } from './fs-modes.ts';
import { giveName } from './fs-name.ts';
import { openFile, readFile, readRange } from './fs-read.ts';
import { walk } from './fs-walk.ts';
import { writeAll } from './fs-write.ts';
import { assertKey, assertPrefix, TMP_FOLDER, totalLength } from './key.ts';

/** Packs kept open for ranged reads. */
const MAX_OPEN = 16;

/** Tries to link when the folder vanishes (another process pruned it) or has not got its mode yet (shared vaults). */
const MAX_LINK_TRIES = 8;
const LINK_RETRY_MS = 5;

/** Listed keys between two turns of the event loop: walking is synchronous. */
const KEYS_PER_TURN = 1024;

export class FsBackend implements SyncBackend {
  readonly location: string;
  readonly abilities: BackendAbilities;
  readonly #modes: Modes;
  readonly #folders: Folders;
  readonly #open: FdCache;
  /** Device and inode of the root: another folder in its place (unmounted disk) must not pass for an empty store. */
  readonly #identity: string;
  /** The root, held open: some file systems (sshfs, FAT) give a folder that nobody holds another inode number later. */
  #root: number | undefined;

  /**
   * @param path an existing folder
   * @param shared whether a group may read and write; what the folder's own mode says when undefined
   * @throws NO_VAULT when it is missing or no folder, else as `ioError` says
   */
  constructor(path: string, shared?: boolean) {
    const stat = statRoot(path);
    this.#root = holdRoot(path);
    this.location = path;
    this.abilities = { sync: true, writable: mayWrite(path) };
    this.#identity = `${stat.dev}:${stat.ino}`;
    this.#modes = (shared ?? (stat.mode & 0o020) !== 0) ? SHARED_MODES : PRIVATE_MODES;
    this.#folders = new Folders(path, this.#modes.folder);
    this.#open = new FdCache(MAX_OPEN, (key) => this.#openFile(key));
  }

  /** Written in `tmp/`, which gc clears, and published by a step that replaces nothing: no other file is promised as much. */
  async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    assertKey(key);
    const total = totalLength(key, parts);
    this.#folders.assertUsable();
    const target = this.#path(key);
    const aside = this.#path(`${TMP_FOLDER}/${process.pid}-${randomBytes(8).toString('hex')}`);
    try {
      await this.#writeAside(aside, parts, total);
      const published = await this.#publish(aside, key);
      // FAT writes the new name before it takes the old one away: a power loss could leave both, upon the same bytes.
      if (published === 'moved') await this.#folders.sync(TMP_FOLDER);
      // Also when it existed: its creator may not have synced the folder yet, and callers build on "it is there".
      await this.#folders.sync(parentOf(key));
      return published !== 'existed';
    } catch (error) {
      throw ioError(error, 'create', target);
    } finally {
      await fsp.unlink(aside).catch(() => undefined); // what stays in tmp/ counts for nothing; gc prunes it
    }
  }

  async read(key: string, offset = 0, length?: number): Promise<Buffer> {
    assertKey(key);
    return readFile(key, this.#path(key), offset, length);
  }

  readSync(key: string, offset = 0, length?: number): Buffer {
    if (length !== undefined) return readRange(this.#path(key), this.#open.get(key), offset, length);
    const file = this.#openFile(key);
    try {
      return readRange(this.#path(key), file, offset, length);
    } finally {
      fs.closeSync(file.fd);
    }
  }

  async size(key: string): Promise<number | undefined> {
    return this.sizeSync(key);
  }

  sizeSync(key: string): number | undefined {
    assertKey(key);
    try {
      const stat = fs.lstatSync(this.#path(key), { throwIfNoEntry: false });
      return stat?.isFile() ? stat.size : undefined;
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR') return undefined;
      throw ioError(error, 'look at', this.#path(key));
    }
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<BackendEntry> {
    assertPrefix(prefix);
    this.#assertSameRoot();
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    let listed = 0;
    for (const entry of left > 0 ? walk(this.location, prefix, options.after) : []) {
      yield entry;
      if (--left <= 0) return;
      if (++listed % KEYS_PER_TURN === 0) await nextTurn();
    }
    this.#assertSameRoot();
  }

  async remove(key: string): Promise<void> {
    assertKey(key);
    this.#open.drop(key);
    const path = this.#path(key);
    try {
      await fsp.unlink(path);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errnoOf(error) ?? '')) return;
      throw ioError(error, 'remove', path);
    }
    // A pruned transaction would leave its folder behind for ever. Not empty, or in use by now: it stays.
    if (parentOf(key).includes('/')) await fsp.rmdir(this.#path(parentOf(key))).catch(() => undefined);
  }

  async move(key: string, to: string): Promise<boolean> {
    assertKey(key);
    assertKey(to);
    this.#folders.assertUsable();
    this.#open.drop(key);
    const path = this.#path(key);
    try {
      await this.#folders.make(parentOf(to));
      await fsp.rename(path, this.#path(to));
      await this.#folders.sync(parentOf(to));
      await this.#folders.sync(parentOf(key));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' && this.sizeSync(key) === undefined) return false;
      throw ioError(error, 'move', path);
    }
    await fsp.rmdir(this.#path(parentOf(key))).catch(() => undefined); // as `remove` does
    return true;
  }

  async close(): Promise<void> {
    this.#open.clear();
    if (this.#root !== undefined) fs.closeSync(this.#root);
    this.#root = undefined;
  }

  #path(key: string): string {
    return `${this.location}/${key}`;
  }

  #openFile(key: string): OpenFile {
    assertKey(key);
    return openFile(key, this.#path(key));
  }

  /** Writes and syncs a new file. Should the sync fail, the file is given up, never synced again. */
  async #writeAside(path: string, parts: readonly Uint8Array[], total: number): Promise<void> {
    const handle = await this.#openAside(path);
    try {
      await setMode(handle, this.#modes.file);
      await writeAll(handle, parts, total);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async #openAside(path: string): Promise<fsp.FileHandle> {
    try {
      return await fsp.open(path, 'wx', 0o600);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      await this.#folders.make(TMP_FOLDER);
      return fsp.open(path, 'wx', 0o600);
    }
  }

  /** Gives `aside` the key's name; `existed` when that was there. */
  async #publish(aside: string, key: string): Promise<'linked' | 'moved' | 'existed'> {
    const target = this.#path(key);
    for (let attempt = 1; ; attempt++) {
      try {
        return await giveName({ store: this.location, aside, target }, loadRename);
      } catch (error) {
        const errno = errnoOf(error) ?? '';
        if (errno === 'ENOENT') await this.#folders.make(parentOf(key));
        // On a network file system a repeated request reports the failure of its own success.
        else if ((await fsp.lstat(aside)).nlink > 1) return 'linked';
        else if (errno === 'EEXIST') return 'existed';
        else if (errno === 'EACCES' && this.#modes === SHARED_MODES) await delay(LINK_RETRY_MS);
        else throw error;
        if (attempt >= MAX_LINK_TRIES) throw error;
      }
    }
  }

  #assertSameRoot(): void {
    const stat = statRoot(this.location);
    if (`${stat.dev}:${stat.ino}` === this.#identity) return;
    throw new VaultError('IO', `${this.location} is another folder than when it was opened`, {
      hint: 'check that the disk is still mounted',
      subject: this.location,
    });
  }
}

/** Undefined where that is not allowed. */
function holdRoot(path: string): number | undefined {
  try {
    return fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  } catch {
    return undefined;
  }
}

function statRoot(path: string): fs.Stats {
  let stat: fs.Stats;
  try {
    stat = fs.statSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENOTDIR') throw ioError(error, 'open', path);
    const hint = 'create a vault with `vault init`';
    throw new VaultError('NO_VAULT', `no vault at ${path}: there is no such folder`, {
      hint,
      subject: path,
      cause: error,
    });
  }
  if (stat.isDirectory()) return stat;
  const hint = 'name the folder that holds the store';
  throw new VaultError('NO_VAULT', `no vault at ${path}: it is not a folder`, { hint, subject: path });
}

function mayWrite(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.W_OK | fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Loaded where it is needed: with koffi it takes milliseconds. */
async function loadRename(): Promise<RenameNew | undefined> {
  return (await import('../../platform/rename-new.ts')).loadRenameNew();
}
