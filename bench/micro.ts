/**
 * The engine's inner loops alone, in this process and on one thread: `node bench/micro.ts`. Medians of 9 runs.
 */
import { createChunker } from '../src/objects/chunker.ts';
import { type Entry, Kind } from '../src/objects/model.ts';
import { readTree, TreeBuilder } from '../src/objects/tree.ts';
import { DEFAULT_CHUNKER } from '../src/store/config.ts';
import { sha256 } from '../src/store/hash/hash.ts';
import { sha256All } from '../src/store/hash/many.ts';
import type { Id } from '../src/store/id.ts';
import { Codec, compress, decode } from '../src/store/pack/codec.ts';
import type { ObjectReader } from '../src/store/store.ts';
import { hashFaster } from '../src/workers/hash-faster.ts';
import { noise, seeded, text } from './random.ts';
import { median } from './results.ts';

const RUNS = 9;
const BLOCK = 256 * 1024;
const FOLDERS = 5000;
const PER_FOLDER = 16;

async function timed(name: string, amount: number, unit: string, work: () => unknown): Promise<void> {
  await work();
  const rates: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const begin = process.hrtime.bigint();
    await work();
    rates.push((amount * 1e9) / Number(process.hrtime.bigint() - begin));
  }
  console.log(`| ${name} | ${Math.round(median(rates)).toLocaleString('en')} ${unit} |`);
}

function eachBlock(bytes: Buffer, work: (block: Buffer) => void, size = BLOCK): void {
  for (let at = 0; at < bytes.length; at += size) work(bytes.subarray(at, at + size));
}

async function bytes(): Promise<void> {
  const random = noise(1, 32 << 20);
  const source = text(seeded(1), 8 << 20);
  const chunker = createChunker(DEFAULT_CHUNKER);
  await timed('chunker, random bytes', random.length / 1e6, 'MB/s', () => {
    for (let at = 0; at < random.length; ) at = chunker.next(random, at, random.length, true);
  });
  await timed('SHA-256, 16 KiB', random.length / 1e6, 'MB/s', () => eachBlock(random, sha256, 16 * 1024));
  const files: Buffer[] = [];
  eachBlock(random, (block) => files.push(block), 16 * 1024);
  hashFaster();
  await timed('SHA-256, 16 KiB, many at once', random.length / 1e6, 'MB/s', () => sha256All(files));
  const small: Buffer[] = [];
  eachBlock(random, (block) => small.push(block), 1024);
  await timed('SHA-256, 1 KiB, many at once', random.length / 1e6, 'MB/s', () => sha256All(small));
  await timed('SHA-256, 1 MiB', random.length / 1e6, 'MB/s', () => eachBlock(random, sha256, 1 << 20));
  await timed('zstd 3, 256 KiB of text', source.length / 1e6, 'MB/s', () =>
    eachBlock(source, (b) => compress(b, 3)),
  );
  const frames: Buffer[] = [];
  eachBlock(source, (block) => frames.push(compress(block, 3)));
  await timed('decode, 256 KiB of text', source.length / 1e6, 'MB/s', () => {
    for (const frame of frames) decode(Codec.zstd, frame, BLOCK, 'bench');
  });
}

function entries(folder: number): Entry[] {
  return Array.from({ length: PER_FOLDER }, (_, i) => ({
    name: Buffer.from(`file-${String(i).padStart(3, '0')}.c`),
    kind: Kind.file,
    id: sha256(Buffer.from(`${folder} ${i}`)) as Id,
    mode: 0o644,
    uid: 1000,
    gid: 1000,
    user: 'somebody',
    group: 'somebody',
    size: 4096 + i,
    mtimeS: 1_700_000_000 + folder,
    mtimeNs: 123_456_789,
    ctimeS: 1_700_000_000 + folder,
    ctimeNs: 123_456_789,
    ino: folder * PER_FOLDER + i,
    nlink: 1,
  }));
}

async function trees(): Promise<void> {
  const folders = Array.from({ length: FOLDERS }, (_, i) => entries(i));
  const stored = new Map<string, Buffer>();
  const ids: Id[] = [];
  const build = async () => {
    ids.length = 0;
    for (const folder of folders) {
      const builder = new TreeBuilder(async (_, encoding) => {
        const id = sha256(encoding) as Id;
        stored.set(id.toString('latin1'), encoding);
        return id;
      });
      for (const entry of folder) await builder.add(entry);
      ids.push((await builder.finish()).id);
    }
  };
  const reader = {
    readMeta: async (id: Id) => stored.get(id.toString('latin1'))!,
  } as unknown as ObjectReader;
  await timed('trees of 16 files built', FOLDERS * PER_FOLDER, 'entries/s', build);
  await timed('trees of 16 files read', FOLDERS * PER_FOLDER, 'entries/s', async () => {
    for (const id of ids)
      for await (const page of readTree(reader, id)) if (page.length === 0) throw new Error('empty');
  });
}

console.log('| inner loop | |\n|---|--:|');
await bytes();
await trees();
