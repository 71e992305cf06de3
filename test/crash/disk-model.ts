/**
 * What a disk may hold after a crash. Killed processes lose nothing that took effect. After a power loss everything may be lost
 * that was not synced: bytes of a file until the file is, a name until its folder is; in any combination, since nothing else
 * is promised to a program.
 */

import { hash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DiskOp } from './disk-log.ts';

/** Relative path → bytes; undefined: a folder. Folders come before what is in them. */
export type DiskState = Map<string, Buffer | undefined>;

/** Empty for a name in the recorded folder itself. */
function parentOf(path: string): string {
  const parent = dirname(path);
  return parent === '.' ? '' : parent;
}

/** Indices of the operations before `cut` that a power loss there may undo. */
export function looseOps(ops: readonly DiskOp[], cut: number): number[] {
  const loose: number[] = [];
  const syncedFiles = new Set<number>();
  const syncedFolders = new Set<string>();
  for (let i = cut - 1; i >= 0; i--) {
    const op = ops[i]!;
    if (op.op === 'sync') syncedFiles.add(op.file);
    else if (op.op === 'syncFolder') syncedFolders.add(op.path);
    else if (op.op === 'write') {
      if (!syncedFiles.has(op.file)) loose.push(i);
    } else if (![op.path, 'to' in op ? op.to : op.path].every((path) => syncedFolders.has(parentOf(path))))
      loose.push(i);
  }
  return loose.reverse();
}

/** Whether an operation counts for anything: names in `tmp/` do not. */
export function matters(op: DiskOp): boolean {
  return op.op === 'write' || ('path' in op && !/(^|\/)tmp(\/|$)/.test(op.path));
}

/**
 * The disk after the first `cut` operations, without those in `lost`.
 * @param torn an operation that writes, of which only the first half took effect
 */
export function diskAfter(
  ops: readonly DiskOp[],
  cut: number,
  lost: ReadonlySet<number> = new Set(),
  torn?: number,
): DiskState {
  const names = new Map<string, number | undefined>();
  const files = new Map<number, Buffer[]>();
  const hasParent = (path: string) => parentOf(path) === '' || names.has(parentOf(path));
  for (let i = 0; i < cut; i++) {
    const op = ops[i]!;
    if (lost.has(i)) continue;
    if (op.op === 'write') {
      const bytes = i === torn ? op.bytes.subarray(0, op.bytes.length >> 1) : op.bytes;
      files.set(op.file, [...(files.get(op.file) ?? []), bytes]);
    } else if (op.op === 'unlink' || op.op === 'rmdir') names.delete(op.path);
    else if (op.op === 'rename') {
      if (names.has(op.path) && hasParent(op.to)) names.set(op.to, names.get(op.path));
      names.delete(op.path);
    } else if ((op.op === 'create' || op.op === 'link') && hasParent(op.path)) names.set(op.path, op.file);
    else if (op.op === 'mkdir' && hasParent(op.path)) names.set(op.path, undefined);
  }
  const state: DiskState = new Map();
  for (const path of [...names.keys()].sort()) {
    const file = names.get(path);
    if (path !== '' && hasParent(path))
      state.set(path, file === undefined ? undefined : joined(files.get(file) ?? []));
  }
  return state;
}

/** One write is given back as it is: its digest is remembered. */
function joined(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

const digests = new WeakMap<Buffer, string>();

function digestOf(bytes: Buffer): string {
  const digest = digests.get(bytes) ?? hash('sha256', bytes);
  digests.set(bytes, digest);
  return digest;
}

/** Tells states apart by all that counts. */
export function stateKey(state: DiskState): string {
  const parts: string[] = [];
  for (const [path, bytes] of state) {
    if (!/(^|\/)tmp\//.test(path)) parts.push(`${path} ${bytes ? digestOf(bytes) : '/'}`);
  }
  return hash('sha256', parts.join('\n'));
}

export function writeState(base: string, state: DiskState): void {
  for (const [path, bytes] of state) {
    if (bytes) writeFileSync(join(base, path), bytes, { mode: 0o600 });
    else mkdirSync(join(base, path), { mode: 0o700 });
  }
}
