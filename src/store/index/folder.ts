/**
 * The folder of the index's LevelDB: made, opened, and moved aside when it is no use.
 *
 * The index may be deleted, cut short, replaced by garbage or by that of another vault at any time. LevelDB notices
 * only a part of that: without its `CURRENT` it would open empty, so `createIfMissing` is true only for a new folder
 * in tmp/; and the marker says whose index it is, which making of it, and whether every pack has been recorded since.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Level } from 'level';
import { VaultError } from '../../errors.ts';
import { lockHolder } from './lock.ts';
import { IndexMark } from './marks.ts';
import { seal, unseal } from './value.ts';

export type Db = Level<Buffer, Buffer>;

/** A place for an index that this process may write. */
export interface IndexPlace {
  /** the folder of the index itself; its parent exists or can be made */
  path: string;
  /** a folder on the same file system, where a broken index is moved before it is removed */
  tmp: string;
}

/** What the marker says. */
export interface Marker {
  /** drawn when this index was made: another value means that everything known about its content is void */
  generation: string;
  /** every pack that was there when it was made has been recorded */
  complete: boolean;
}

/** The open LevelDB, what its marker says, and the mark that it is open: cleared after it is closed. */
export interface OpenIndex {
  db: Db;
  marker: Marker;
  mark: IndexMark;
}

/** The index is no use: damaged, or of another vault. Never leaves this room. */
export class BrokenIndex extends Error {}

/** This process may not write there. Never leaves this room. */
export class DeniedIndex extends Error {}

const MARKER_KEY = Buffer.from('!');
const MARKER_VERSION = 1;
const GENERATION_LENGTH = 16;

/** Useless indexes that one open meets before it gives up: some, when other processes throw them away meanwhile. */
const MAX_BROKEN = 16;

/** Between two tries to open a locked index. A failed try costs 0.2 ms; its holder pauses for longer (index/db.ts). */
const POLL_MIN_MS = 1;
const POLL_MAX_MS = 8;

/** Of 2 MB each and mapped into memory, so they count as this process's: at most 300 MB, of which a miss touches 3 %. */
const MAX_OPEN_FILES = 160;

export interface OpenFolderOptions {
  /** what the marker must name, 64 hex digits */
  vaultId: string;
  /** milliseconds to wait for another process */
  patience: number;
  signal: AbortSignal | undefined;
}

/**
 * Opens the index at `place`; a missing or useless one is made anew, empty and incomplete.
 * @throws BUSY when another process holds it for longer than `patience`, NO_SPACE, IO, ABORTED; `DeniedIndex`
 */
export async function openFolder(place: IndexPlace, options: OpenFolderOptions): Promise<OpenIndex> {
  const deadline = performance.now() + options.patience;
  let poll = POLL_MIN_MS;
  let failure: Error | undefined;
  for (let broken = 0; broken < MAX_BROKEN; ) {
    let seen: string | undefined;
    try {
      seen = identityOf(place.path);
      if (seen === undefined) await makeFolder(place, options.vaultId);
      return await openExisting(place.path, options.vaultId);
    } catch (error) {
      if (isLocked(error)) {
        await waitForLock(place, deadline, poll, options.signal);
        poll = Math.min(poll * 1.5, POLL_MAX_MS);
        continue;
      }
      failure = classify(error, place.path);
      if (!(failure instanceof BrokenIndex)) throw failure;
      await moveAside(place, seen);
      await pause(broken++, options.signal);
    }
  }
  throw new VaultError('IO', `the index ${place.path} cannot be made: ${failure?.message}`, {
    hint: 'check the disk and the memory of this machine; the vault itself is not affected',
    subject: place.path,
    cause: failure,
  });
}

/** Replaces what the marker says. */
export async function writeMarker(db: Db, vaultId: string, marker: Marker): Promise<void> {
  const flags = Buffer.from([MARKER_VERSION, marker.complete ? 1 : 0]);
  const value = Buffer.concat([flags, Buffer.from(marker.generation, 'hex'), Buffer.from(vaultId, 'latin1')]);
  await db.put(MARKER_KEY, seal(MARKER_KEY, value));
}

/**
 * Moves the index out of the way and removes it. Only the folder that was `seen` to be useless: when another process
 * was first, its new one stays.
 */
export async function moveAside(place: IndexPlace, seen: string | undefined): Promise<void> {
  if (seen === undefined || identityOf(place.path) !== seen) return;
  const aside = `${place.tmp}/index-${randomBytes(8).toString('hex')}`;
  try {
    await fsp.mkdir(place.tmp, { recursive: true, mode: 0o700 });
    await fsp.rename(place.path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw classify(error, place.path);
  }
  // Should a new index have come in between the look and the rename, its maker notices and makes another.
  await fsp.rm(aside, { recursive: true, force: true }).catch(() => undefined); // gc clears tmp/
}

/** Device and inode, or undefined when there is nothing. */
export function identityOf(path: string): string | undefined {
  const stat = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}`;
}

/** `error` of LevelDB or of the file system, as what it means for the index at `path`. */
export function classify(error: unknown, path: string): Error {
  if (error instanceof VaultError || error instanceof BrokenIndex) return error;
  const { code, message } = innermost(error);
  if (DENIED_CODES.has(code ?? '') || DENIED.test(message)) {
    return new DeniedIndex(message, { cause: error });
  }
  if (code === 'ENOSPC' || code === 'EDQUOT' || NO_SPACE.test(message)) {
    return new VaultError('NO_SPACE', `no space left for the index ${path}`, {
      hint: 'free some space and run the command again; what was stored before is safe',
      subject: path,
      cause: error,
    });
  }
  if (!EXHAUSTED.test(message)) return new BrokenIndex(message, { cause: error });
  return new VaultError('IO', `cannot use the index ${path}: ${message}`, {
    hint: 'raise the limit of open files (`ulimit -n`) and run the command again',
    subject: path,
    cause: error,
  });
}

/** ENOSYS and ENOTSUP: read-only file systems of FUSE (fuseiso, squashfuse) have no call for what writes. */
const DENIED_CODES = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);
const DENIED = /Permission denied|Operation not permitted|Read-only file system/;
const NO_SPACE = /No space left|Disk quota exceeded/;
const EXHAUSTED = /Too many open files|Cannot allocate memory/;

/**
 * Makes an empty, incomplete index aside and moves it to its place, so that nobody ever meets one that is half made.
 * When another process was first, its index stays.
 */
async function makeFolder(place: IndexPlace, vaultId: string): Promise<void> {
  const aside = `${place.tmp}/index-${randomBytes(8).toString('hex')}`;
  await fsp.mkdir(dirname(place.path), { recursive: true, mode: 0o700 });
  // One by one: of a recursive mkdir that fails Node says ENOENT, not why.
  await fsp.mkdir(place.tmp, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await fsp.mkdir(aside, { mode: 0o700 });
  try {
    const db = await openLevel(aside, true);
    try {
      const generation = randomBytes(GENERATION_LENGTH).toString('hex');
      await writeMarker(db, vaultId, { generation, complete: false });
    } finally {
      await db.close();
    }
    await fsp.rename(aside, place.path);
  } catch (error) {
    await fsp.rm(aside, { recursive: true, force: true }).catch(() => undefined);
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
  }
}

async function openExisting(path: string, vaultId: string): Promise<OpenIndex> {
  const mark = new IndexMark(path);
  if (mark.isGivenUp)
    throw new BrokenIndex('those who had it open ended without closing it, again and again');
  mark.leave();
  let db: Db | undefined;
  try {
    db = await openLevel(path, false);
    return { db, marker: readMarker(db, vaultId), mark };
  } catch (error) {
    await db?.close();
    mark.withdraw();
    throw error;
  }
}

async function openLevel(path: string, createIfMissing: boolean): Promise<Db> {
  const { Level } = await import('level');
  const db: Db = new Level<Buffer, Buffer>(path, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  // Ids do not compress: without Snappy a lookup takes 4.2 µs instead of 6.2.
  const options = { createIfMissing, compression: false, maxOpenFiles: MAX_OPEN_FILES };
  await db.open(options as Parameters<Db['open']>[0]);
  return db;
}

function readMarker(db: Db, vaultId: string): Marker {
  const stored = db.getSync(MARKER_KEY);
  const value = stored && unseal(MARKER_KEY, stored);
  if (!value || value[0] !== MARKER_VERSION) throw new BrokenIndex('it has no marker that can be read');
  const generation = value.toString('hex', 2, 2 + GENERATION_LENGTH);
  if (value.toString('latin1', 2 + GENERATION_LENGTH) !== vaultId)
    throw new BrokenIndex('it is of another vault');
  return { generation, complete: value[1] === 1 };
}

/** Others may be at the same: whoever meets a broken index again lets them go on for a moment. */
async function pause(broken: number, signal: AbortSignal | undefined): Promise<void> {
  if (broken > 0) await sleep(Math.random() * POLL_MAX_MS * broken, signal);
}

async function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(ms, undefined, signal && { signal }).catch((cause) => {
    throw new VaultError('ABORTED', 'interrupted while waiting for the index', { cause });
  });
}

async function waitForLock(
  place: IndexPlace,
  deadline: number,
  poll: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (performance.now() < deadline) {
    // Waiters that poll in step would always collide.
    await sleep(poll * (0.5 + Math.random() / 2), signal);
    return;
  }
  const pid = lockHolder(place.path);
  const who = pid === undefined ? 'another process' : `process ${pid}`;
  throw new VaultError('BUSY', `the index ${place.path} is held by ${who}`, {
    hint:
      pid === undefined
        ? 'try again when it has ended'
        : `see what it does with \`ps ${pid}\`, then try again`,
    subject: place.path,
    details: pid === undefined ? undefined : { pid },
  });
}

function isLocked(error: unknown): boolean {
  return innermost(error).code === 'LEVEL_LOCKED';
}

/** The first cause: LevelDB's own error, or Node's. */
function innermost(error: unknown): { code: string | undefined; message: string } {
  let current = error as NodeJS.ErrnoException;
  for (let depth = 0; depth < 4 && current?.cause instanceof Error; depth++) current = current.cause;
  return { code: current?.code, message: String(current?.message ?? current) };
}
