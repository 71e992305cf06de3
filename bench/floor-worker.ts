/** A thread of `floor.ts`: does its share of the files up to a step. */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { Stat } from '../src/platform/platform.ts';
import { getPlatform } from '../src/platform/select.ts';
import { createSha256 } from '../src/store/hash/hash.ts';
import { sha256All } from '../src/store/hash/many.ts';
import { compressView, decodesTo } from '../src/store/pack/codec.ts';
import { zstdDecompress } from '../src/store/pack/zstd.ts';
import { hashFaster } from '../src/workers/hash-faster.ts';

/** Each step does what those before it do, too. */
export const STORE_STEPS = [
  'open, read, fstat, close',
  '+ SHA-256 of the contents',
  '+ zstd 3 of 256 KiB blocks',
  '+ decode each block and compare',
  '+ SHA-256 of what is stored, write, fsync',
];

export const RESTORE_STEPS = [
  'make folders, read and decode blocks',
  '+ SHA-256 of the contents',
  '+ create, write, close',
  '+ owner, mode, time of modification',
  '+ read back and compare, sync',
];

export interface Share {
  tree: string;
  dest: string;
  /** where blocks go */
  packs: string;
  /** below `tree` */
  files: string[];
}

export interface Task {
  what: 'store' | 'restore';
  /** in `STORE_STEPS` or `RESTORE_STEPS` */
  step: number;
}

/** Files that are hashed at once lie in one buffer, as in the engine. */
const BATCH_BYTES = 2 * 1024 * 1024;
const BLOCK_BYTES = 256 * 1024;
const LEVEL = 3;
/** What a level as zstd's 3 makes of any block is shorter than this. */
const MOST_FRAME_BYTES = 2 * BLOCK_BYTES;

interface StoredFile {
  path: string;
  stat: Stat;
}

interface Batch {
  files: StoredFile[];
  bytes: number;
  /** stored length of each block, in order */
  frames: number[];
}

const platform = getPlatform();

/** What the last whole `store` left for `restore`. */
let stored: Batch[] = [];

function store({ tree, packs, files }: Share, step: number): void {
  const pack = openSync(packs, 'w');
  const name = createSha256();
  stored = [];
  let arena = Buffer.allocUnsafeSlow(2 * BATCH_BYTES);
  let batch: Batch = { files: [], bytes: 0, frames: [] };
  for (const file of files) {
    const fd = platform.openForRead(Buffer.from(join(tree, file)));
    const stat = platform.fstat(fd);
    if (batch.bytes + stat.size > arena.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (batch.bytes + stat.size));
      arena.copy(larger, 0, 0, batch.bytes);
      arena = larger;
    }
    readAt(fd, arena.subarray(batch.bytes, batch.bytes + stat.size));
    platform.close(fd);
    batch.files.push({ path: file, stat });
    batch.bytes += stat.size;
    if (batch.bytes < BATCH_BYTES) continue;
    seal(batch, arena);
    batch = { files: [], bytes: 0, frames: [] };
  }
  seal(batch, arena);
  if (step >= 4) {
    name.digest();
    fsyncSync(pack);
  }
  closeSync(pack);

  function seal(batch: Batch, arena: Buffer): void {
    if (step >= 1) sha256All(contentsOf(batch, arena));
    for (let at = 0; step >= 2 && at < batch.bytes; at += BLOCK_BYTES) {
      const block = arena.subarray(at, Math.min(at + BLOCK_BYTES, batch.bytes));
      const frame = compressView(block, LEVEL);
      if (step >= 3 && !decodesTo(frame, block)) throw new Error('a block does not decode to what it was');
      if (step < 4) continue;
      name.update(frame);
      writeSync(pack, frame);
      batch.frames.push(frame.length);
    }
    stored.push(batch);
  }
}

function restore({ dest, packs }: Share, step: number): void {
  const pack = openSync(packs, 'r');
  const frame = Buffer.allocUnsafeSlow(MOST_FRAME_BYTES);
  for (const batch of stored) {
    const arena = Buffer.allocUnsafeSlow(batch.bytes + 1);
    for (const [i, length] of batch.frames.entries()) {
      readSync(pack, frame, 0, length, null);
      const at = i * BLOCK_BYTES;
      const expected = Math.min(BLOCK_BYTES, batch.bytes - at);
      zstdDecompress(frame.subarray(0, length), arena.subarray(at, at + expected + 1), expected);
    }
    const contents = contentsOf(batch, arena);
    if (step >= 1) sha256All(contents);
    if (step >= 2) for (const [i, file] of batch.files.entries()) create(dest, file, contents[i]!, step);
  }
  closeSync(pack);
  if (step < 4) return;
  const fd = openSync(dest, 'r');
  platform.syncFileSystem(fd);
  closeSync(fd);
}

function create(dest: string, { path, stat }: StoredFile, content: Buffer, step: number): void {
  const to = Buffer.from(join(dest, path));
  const fd = platform.createFile(to, 0o600);
  if (content.length > 0) platform.write(fd, content);
  if (step >= 3) {
    platform.fchown(fd, stat.uid, stat.gid);
    platform.fchmod(fd, stat.mode);
    platform.setTimesFd(fd, stat.mtimeS, stat.mtimeNs);
  }
  if (step >= 4) {
    const back = Buffer.allocUnsafe(content.length);
    readAt(fd, back);
    if (!back.equals(content)) throw new Error(`${path} is not what was written`);
  }
  platform.close(fd);
}

function contentsOf({ files }: Batch, arena: Buffer): Buffer[] {
  let end = 0;
  return files.map(({ stat: { size } }) => {
    end += size;
    return arena.subarray(end - size, end);
  });
}

function readAt(fd: number, into: Buffer): void {
  for (let got = 0; got < into.length; ) {
    const bytes = platform.read(fd, into.subarray(got), got);
    if (bytes === 0) throw new Error('a file became shorter');
    got += bytes;
  }
}

if (!isMainThread) {
  const share = workerData as Share;
  hashFaster();
  parentPort!.on('message', ({ what, step }: Task) => {
    if (what === 'store') store(share, step);
    else restore(share, step);
    parentPort!.postMessage('done');
  });
}
