/**
 * Walks a store's folder in ascending byte order of keys.
 */
import fs from 'node:fs';
import { VaultError } from '../../errors.ts';
import type { BackendEntry } from './backend.ts';
import { errnoOf, ioError } from './fs-error.ts';
import { INDEX_FOLDER, isKeyComponent, TMP_FOLDER } from './key.ts';

/** Levels of folders below the root; keys have at most nine. */
const MAX_DEPTH = 16;

interface Level {
  /** Key prefix of the folder: empty or ending with a slash. */
  prefix: string;
  /** Names in key order; a folder's ends with a slash, which is also how it sorts. */
  names: string[];
  next: number;
}

/**
 * Yields the files below `prefix` whose key is greater than `after`. Memory: the names of the folders on the way to
 * the current one. An absent folder is an empty one; what cannot be read throws.
 */
export function* walk(root: string, prefix: string, after = ''): Generator<BackendEntry, void, undefined> {
  const stack: Level[] = [readLevel(root, prefix)];
  for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
    const name = level.names[level.next++];
    if (name === undefined) {
      stack.pop();
      continue;
    }
    const key = level.prefix + name;
    if (!name.endsWith('/')) {
      const entry = key > after ? entryOf(root, key) : undefined;
      if (entry) yield entry;
    } else if (key > after || after.startsWith(key)) {
      if (stack.length >= MAX_DEPTH) throw tooDeep(`${root}/${key}`);
      stack.push(readLevel(root, key));
    }
  }
}

function readLevel(root: string, prefix: string): Level {
  const path = `${root}/${prefix}`;
  const names: string[] = [];
  try {
    for (const entry of fs.readdirSync(path, { withFileTypes: true })) {
      if (!isKeyComponent(entry.name)) continue;
      if (prefix === '' && (entry.name === TMP_FOLDER || entry.name === INDEX_FOLDER)) continue;
      if (entry.isSymbolicLink()) throw linkInside(path + entry.name);
      if (entry.isDirectory()) names.push(`${entry.name}/`);
      else if (entry.isFile()) names.push(entry.name);
    }
  } catch (error) {
    // Removed since its parent was read, and with it every key in it; or nothing was ever stored there.
    if (errnoOf(error) !== 'ENOENT') throw ioError(error, 'list', path);
  }
  names.sort(byteOrder);
  return { prefix, names, next: 0 };
}

/** Keys are ASCII, so the order of UTF-16 units is that of bytes. */
function byteOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Undefined for what was removed since its folder was read. */
function entryOf(root: string, key: string): BackendEntry | undefined {
  const path = `${root}/${key}`;
  try {
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? { key, size: stat.size } : undefined;
  } catch (error) {
    throw ioError(error, 'look at', path);
  }
}

function tooDeep(path: string): VaultError {
  return new VaultError('DAMAGED', `${path} lies deeper than anything of a store`, {
    hint: 'no vault made this folder: move it away',
    subject: path,
  });
}

/** Following it could leave the store or loop, skipping it would hide keys: so a listing stops. */
function linkInside(path: string): VaultError {
  return new VaultError('DAMAGED', `${path} is a symbolic link; a store must not hold any`, {
    hint: 'put the folder or file itself in its place',
    subject: path,
  });
}
