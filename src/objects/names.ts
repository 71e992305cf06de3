/** Names and paths as bytes: what is allowed, and how they are ordered and joined. */
import { VaultError } from '../errors.ts';

/** No file system we know has longer names than 255 bytes (or 255 UTF-16 units); this leaves room. */
export const MAX_NAME = 4096;

/** What 4,096 folders with names of 255 bytes make; it bounds a row of a changes object. */
const MAX_PATH = 1024 * 1024;

const SLASH = 0x2f;
const DOT = 0x2e;

/** What is wrong with a name in a tree, or undefined. It is what lies from `start` to `end` of `bytes`. */
export function nameFault(bytes: Uint8Array, start = 0, end = bytes.length): string | undefined {
  const length = end - start;
  if (length === 0) return 'is empty';
  if (length > MAX_NAME) return `is longer than ${MAX_NAME} bytes`;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === SLASH || byte === 0) return 'holds a slash or a zero byte';
  }
  if (bytes[start] === DOT && (length === 1 || (length === 2 && bytes[start + 1] === DOT)))
    return 'means another folder';
  return undefined;
}

/** What is wrong with a path relative to a root, or undefined. The root itself is the empty path. */
export function pathFault(path: Buffer): string | undefined {
  if (path.length === 0) return undefined;
  if (path.length > MAX_PATH) return `is longer than ${MAX_PATH} bytes`;
  let start = 0;
  while (start <= path.length) {
    let end = path.indexOf(SLASH, start);
    if (end < 0) end = path.length;
    const fault = nameFault(path, start, end);
    if (fault !== undefined) return `has a component that ${fault}`;
    start = end + 1;
  }
  return undefined;
}

/** Names in the order of a tree: bytewise, a prefix first. */
export function compareNames(a: Uint8Array, b: Uint8Array): number {
  return compareNamesAt(a, 0, a.length, b, 0, b.length);
}

/** The same of names that lie in other bytes. */
export function compareNamesAt(
  a: Uint8Array,
  startA: number,
  endA: number,
  b: Uint8Array,
  startB: number,
  endB: number,
): number {
  const length = Math.min(endA - startA, endB - startB);
  for (let i = 0; i < length; i++) {
    const difference = a[startA + i]! - b[startB + i]!;
    if (difference !== 0) return difference;
  }
  return endA - startA - (endB - startB);
}

/**
 * Paths in walk order: component by component, so that a folder is followed by all that is in it, and `a/b` comes before
 * `a.txt`. The slash counts as less than any other byte.
 */
export function comparePaths(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a[i]!;
    const y = b[i]!;
    if (x === y) continue;
    if (x === SLASH) return -1;
    return y === SLASH ? 1 : x - y;
  }
  return a.length - b.length;
}

/** `folder/name`; just the name in the root, whose path is empty; `/name` in that of the disk. In memory of its own. */
export function joinPath(folder: Buffer, name: Buffer): Buffer {
  if (folder.length === 0) return Buffer.from(name);
  const end = folder.length === 1 && folder[0] === SLASH ? 0 : folder.length;
  const path = Buffer.allocUnsafe(end + 1 + name.length);
  path.set(folder);
  path[end] = SLASH;
  path.set(name, end + 1);
  return path;
}

/** The folder of what has this path; empty, which is the root's path, for what is in the root. */
export function parentPath(path: Buffer): Buffer {
  return path.subarray(0, Math.max(path.lastIndexOf(SLASH), 0));
}

/** For messages. */
export function quote(name: Uint8Array): string {
  return JSON.stringify(Buffer.from(name.buffer, name.byteOffset, name.byteLength).toString());
}

/** @throws USAGE for a name that no tree may have */
export function checkName(name: Buffer): void {
  const fault = nameFault(name);
  if (fault !== undefined) throw new VaultError('USAGE', `the name ${quote(name)} ${fault}`);
}
