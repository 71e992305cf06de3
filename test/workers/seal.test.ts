/** Sealing of files: contents, claims, and files that change while they are read. */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { appendFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createChunker } from '../../src/objects/chunker.ts';
import { Kind } from '../../src/objects/model.ts';
import type { Stat } from '../../src/platform/platform.ts';
import { getPlatform } from '../../src/platform/select.ts';
import { plainIds } from '../../src/store/hash/ids.ts';
import { EMPTY_CONTENT } from '../../src/store/id.ts';
import { openBlock } from '../../src/store/pack/block.ts';
import { hashFaster } from '../../src/workers/hash-faster.ts';
import type { Parcel } from '../../src/workers/messages.ts';
import { readFully } from '../../src/workers/read-file.ts';
import { sealBatch } from '../../src/workers/seal-batch.ts';
import { groupChunks, sealRun } from '../../src/workers/seal-blocks.ts';
import { sealLarge } from '../../src/workers/seal-large.ts';
import {
  type BatchResult,
  type ClaimRequest,
  type LargeResult,
  type SealedMessage,
  type SealRequest,
  type SealSettings,
  SMALL_FILE_LIMIT,
} from '../../src/workers/seal-protocol.ts';
import { withFolder } from '../store/temporary.ts';
import { withPlatform } from './patched-platform.ts';

hashFaster();

const MIB = 1024 * 1024;
const settings: SealSettings = {
  chunker: { min: 128 * 1024, avg: 512 * 1024, max: 2 * MIB, normalization: 2 },
  level: 3,
  blockTarget: 256 * 1024,
};

/** The main thread's side: keeps what it is given. */
class Collector {
  readonly chunks = new Map<string, Buffer>();
  /** chunks in each block */
  readonly blocks: number[] = [];
  readonly blockBytes: number[] = [];
  /** ids of the large file's chunks in order, since its last start */
  order: string[] = [];
  restarts = 0;
  /** ids that nobody needs to deliver */
  readonly known = new Set<string>();

  readonly request = async ({ payload }: Parcel): Promise<unknown> => {
    const request = payload as SealRequest;
    if (request.type === 'claim') return this.#claim(request);
    if (request.type === 'restart') {
      this.restarts++;
      this.order = [];
      return undefined;
    }
    // As in the pool, later: the reader must leave the window as it is until this is answered.
    await setTimeout(5);
    const { window, start, ids, lengths } = request;
    this.keep([sealRun(Buffer.from(window), start, ids, lengths, settings)]);
    return undefined;
  };

  #claim({ ids, lengths }: ClaimRequest): Uint8Array {
    const wanted = new Uint8Array((lengths.length + 7) >> 3);
    for (let i = 0; i < lengths.length; i++) {
      const id = hexAt(ids, i);
      this.order.push(id);
      if (this.known.has(id)) continue;
      this.known.add(id);
      wanted[i >> 3]! |= 1 << (i & 7);
    }
    return wanted;
  }

  keep(blocks: readonly SealedMessage[]): void {
    for (const { bytes, rawLength, ids, lengths } of blocks) {
      const raw = openBlock(Buffer.from(bytes), rawLength, 'a test');
      this.blocks.push(lengths.length);
      this.blockBytes.push(rawLength);
      let at = 0;
      for (let i = 0; i < lengths.length; i++) {
        const chunk = raw.subarray(at, at + lengths[i]!);
        assert.is(plainIds.chunk(chunk).toString('hex'), hexAt(ids, i));
        assert.not.ok(this.chunks.has(hexAt(ids, i)), 'a chunk is delivered once');
        this.chunks.set(hexAt(ids, i), chunk);
        at += lengths[i]!;
      }
    }
  }

  content(ids: readonly string[]): Buffer {
    return Buffer.concat(ids.map((id) => this.chunks.get(id)!));
  }
}

function hexAt(ids: Uint8Array, i: number): string {
  return Buffer.from(ids).toString('hex', i * 32, i * 32 + 32);
}

function expected(stats: readonly Stat[]): Float64Array {
  return Float64Array.from(
    stats.flatMap(({ size, mtimeS, mtimeNs, ctimeS, ctimeNs, ino }) => [
      size,
      mtimeS,
      mtimeNs,
      ctimeS,
      ctimeNs,
      Number(ino),
    ]),
  );
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Seals files as one batch; `between` happens after they were looked at. */
async function batch(
  paths: string[],
  between?: () => void,
  collector = new Collector(),
): Promise<{ result: BatchResult; collector: Collector }> {
  const names = paths.map((path) => Buffer.from(path));
  const stats = names.map((name) => getPlatform().lstat(name));
  between?.();
  let end = 0;
  const ends = Uint32Array.from(names.map(({ length }) => (end += length)));
  const job = { type: 'batch', paths: Buffer.concat(names), ends, expected: expected(stats) } as const;
  const { payload } = await sealBatch(job, settings, collector.request);
  const result = payload as BatchResult;
  collector.keep(result.blocks);
  return { result, collector };
}

async function large(path: string, between?: () => void): Promise<LargeResult & { collector: Collector }> {
  const name = Buffer.from(path);
  const stat = getPlatform().lstat(name);
  between?.();
  const collector = new Collector();
  const job = { type: 'large', key: 7, path: name, expected: expected([stat]) } as const;
  const { payload } = await sealLarge(job, settings, collector.request);
  return { ...(payload as LargeResult), collector };
}

/** What the batch says of file `i`: its content from chunks, its digest, its note. */
function file({ result, collector }: Awaited<ReturnType<typeof batch>>, i: number) {
  let first = 0;
  for (let k = 0; k < i; k++) first += result.chunkCounts[k]!;
  const ids = Array.from({ length: result.chunkCounts[i]! }, (_, k) => hexAt(result.chunkIds, first + k));
  return {
    content: collector.content(ids),
    digest: Buffer.from(result.digests).subarray(i * 32, i * 32 + 32),
    note: result.notes.find(({ index }) => index === i),
  };
}

test('a batch: every content by its chunks, equal ones once', () =>
  withFolder(async (folder) => {
    const sizes = [0, 1, 100, 131_071, 131_072, 300_000, 1_500_000, 0, 100];
    const contents = sizes.map((size, i) => (i === 8 ? Buffer.alloc(0) : randomBytes(size)));
    contents[8] = contents[2]!;
    const paths = contents.map((bytes, i) => {
      writeFileSync(`${folder}/${i}`, bytes);
      return `${folder}/${i}`;
    });
    const sealed = await batch(paths);
    for (const [i, bytes] of contents.entries()) {
      const { content, digest, note } = file(sealed, i);
      assert.ok(content.equals(bytes), `content ${i}`);
      assert.equal(digest, sha256(bytes));
      assert.is(note, undefined);
    }
    assert.equal(file(sealed, 0).digest, EMPTY_CONTENT);
  }));

test('a batch: what is new lies together, however much known content is in between', () =>
  withFolder(async (folder) => {
    const paths = Array.from({ length: 9 }, (_, i) => `${folder}/f${i}`);
    const contents = paths.map((_, i) => randomBytes(1000 + i));
    paths.forEach((path, i) => void writeFileSync(path, contents[i]!));
    const collector = new Collector();
    for (let i = 0; i < 9; i += 2) collector.known.add(sha256(contents[i]!).toString('hex'));
    const { result } = await batch(paths, undefined, collector);
    assert.equal(
      result.blocks.map(({ rawLength, lengths }) => [rawLength, [...lengths]]),
      [[1001 + 1003 + 1005 + 1007, [1001, 1003, 1005, 1007]]],
    );
    for (let i = 1; i < 9; i += 2) {
      assert.equal(collector.chunks.get(sha256(contents[i]!).toString('hex')), contents[i]);
    }
  }));

test('blocks: each chunk once and in order, the small ones apart, none longer than it may be', () => {
  const target = 256 * 1024;
  const length = fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 65_536, max: 2 * MIB }));
  fc.assert(
    fc.property(fc.array(fc.tuple(length, fc.boolean()), { maxLength: 80 }), (chunks) => {
      const lengths = Uint32Array.from(chunks, ([bytes]) => bytes);
      const picked = [...chunks.keys()].filter((i) => chunks[i]![1]);
      const groups = groupChunks(lengths, picked, target);
      assert.equal(
        groups.flat().sort((a, b) => a - b),
        picked,
      );
      for (const group of groups) {
        assert.ok(group.every((chunk, i) => i === 0 || group[i - 1]! < chunk));
        const bytes = group.reduce((sum, i) => sum + lengths[i]!, 0);
        const small = group.filter((i) => lengths[i]! < target / 4).length;
        if (small === group.length) assert.ok(bytes < target + target / 4);
        else if (small === 0) assert.ok(group.length === 1 || bytes <= 4 * target);
        else assert.ok(bytes <= 2 * target && group === groups.at(-1));
      }
      const rest = groups.filter((group) => group.reduce((sum, i) => sum + lengths[i]!, 0) < target);
      const begun = rest.filter((group) => group.every((i) => lengths[i]! < target / 4));
      assert.ok(begun.length <= 1, 'small chunks fill their blocks');
    }),
  );
});

test('a batch: small and larger chunks lie apart when there are enough of them', () =>
  withFolder(async (folder) => {
    const sizes = [100_000, 60_000, 101_000, 61_000, 102_000, 62_000, 103_000, 63_000, 104_000];
    const paths = sizes.map((_, i) => `${folder}/f${i}`);
    const contents = sizes.map((size) => randomBytes(size));
    paths.forEach((path, i) => void writeFileSync(path, contents[i]!));
    const sealed = await batch(paths);
    assert.equal(
      sealed.result.blocks.map(({ lengths }) => [...lengths]),
      [
        [60_000, 61_000, 62_000, 63_000],
        [100_000, 101_000, 102_000, 103_000, 104_000],
      ],
    );
    for (const [i, content] of contents.entries()) assert.ok(file(sealed, i).content.equals(content));
  }));

test('a large file: neighbours share a block', () =>
  withFolder(async (folder) => {
    // The same bytes each time: where they are cut decides how many fit together.
    const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
    writeFileSync(`${folder}/file`, noise.update(Buffer.alloc(9 * MIB)));
    const { collector } = await large(`${folder}/file`);
    const count = collector.order.length;
    assert.ok(collector.blocks.length < count * 0.75, `${collector.blocks.length} blocks of ${count} chunks`);
    assert.ok(collector.blocks.every((count, i) => count === 1 || collector.blockBytes[i]! <= 2 * MIB));
  }));

test('a batch: what is gone, no file any more, or not readable is noted; the others go on', () =>
  withFolder(async (folder) => {
    const paths = ['gone', 'folder', 'fifo', 'link', 'fine'].map((name) => `${folder}/${name}`);
    for (const path of paths) writeFileSync(path, path);
    const sealed = await batch(paths, () => {
      for (const path of paths.slice(0, 4)) rmSync(path);
      const platform = getPlatform();
      platform.mkdir(Buffer.from(paths[1]!), 0o700);
      if (platform.abilities.devices) platform.mknod(Buffer.from(paths[2]!), Kind.fifo, 0o600, 0, 0);
      symlinkSync('fine', paths[3]!);
    });
    assert.is(file(sealed, 0).note?.error?.code, 'ENOENT');
    for (const i of [1, 2, 3]) assert.ok(file(sealed, i).note?.error?.code, `an error for ${paths[i]}`);
    assert.is(file(sealed, 4).content.toString(), paths[4]);
    assert.is(file(sealed, 4).note, undefined);
  }));

test('a batch: a file that changed since the scan is taken as it is now', () =>
  withFolder(async (folder) => {
    const paths = ['shorter', 'longer', 'other', 'empty'].map((name) => `${folder}/${name}`);
    for (const path of paths) writeFileSync(path, randomBytes(50_000));
    const grown = randomBytes(1_300_000);
    const sealed = await batch(paths, () => {
      truncateSync(paths[0]!, 10);
      writeFileSync(paths[1]!, grown);
      writeFileSync(paths[2]!, randomBytes(50_000));
      truncateSync(paths[3]!, 0);
    });
    for (const [i, size] of [10, grown.length, 50_000, 0].entries()) {
      const { content, digest, note } = file(sealed, i);
      assert.is(content.length, size);
      assert.is(note?.stat?.size, size);
      assert.not.ok(note?.unstable);
      assert.equal(digest, sha256(content));
    }
    assert.ok(file(sealed, 1).content.equals(grown));
  }));

test('a batch: a file that has become large is given back', () =>
  withFolder(async (folder) => {
    const paths = ['a', 'b'].map((name) => `${folder}/${name}`);
    for (const path of paths) writeFileSync(path, 'x');
    const sealed = await batch(paths, () => writeFileSync(paths[0]!, Buffer.alloc(SMALL_FILE_LIMIT + 1)));
    assert.ok(file(sealed, 0).note?.tooLarge);
    assert.is(file(sealed, 1).content.toString(), 'x');
  }));

test('a batch: a file that changes each time it is read is kept as read, and its size is that', () =>
  withFolder(async (folder) => {
    const path = `${folder}/log`;
    writeFileSync(path, 'begin');
    const sealed = await withPlatform(
      (real) => ({
        fstat(fd) {
          const stat = real.fstat(fd);
          appendFileSync(path, ' more');
          return stat;
        },
      }),
      () => batch([path], () => appendFileSync(path, '!')),
    );
    const { content, digest, note } = file(sealed, 0);
    assert.ok(note?.unstable);
    assert.is(note?.stat?.size, content.length);
    assert.equal(digest, sha256(content));
  }));

test('a batch: a read that ends early is no content of that size', () =>
  withFolder(async (folder) => {
    const path = `${folder}/file`;
    writeFileSync(path, 'some bytes');
    const sealed = await withPlatform(
      () => ({ read: () => 0 }),
      () => batch([path]),
    );
    assert.ok(file(sealed, 0).note?.unstable);
    assert.is(file(sealed, 0).note?.stat?.size, 0);
  }));

test('a batch: short reads are gone on with', () =>
  withFolder(async (folder) => {
    const bytes = randomBytes(200_000);
    writeFileSync(`${folder}/file`, bytes);
    const sealed = await withPlatform(
      (real) => ({ read: (fd, into, position) => real.read(fd, into.subarray(0, 7001), position) }),
      () => batch([`${folder}/file`]),
    );
    assert.ok(file(sealed, 0).content.equals(bytes));
    assert.is(file(sealed, 0).note, undefined);
  }));

test('a file that has grown is not read byte by byte', () =>
  withFolder(async (folder) => {
    writeFileSync(`${folder}/file`, Buffer.alloc(3 * MIB, 'x'));
    const platform = getPlatform();
    const fd = platform.openForRead(Buffer.from(`${folder}/file`));
    let calls = 0;
    const counting = {
      ...platform,
      read: (from: number, into: Uint8Array, position?: number) => {
        calls++;
        return platform.read(from, into, position);
      },
    };
    assert.is(readFully(counting, fd, Buffer.alloc(4 * MIB), 0, 0, 10), 3 * MIB);
    assert.ok(calls < 20, `${calls} reads`);
    platform.close(fd);
  }));

test('a large file: windows, chunks in order, what is known is not delivered', () =>
  withFolder(async (folder) => {
    const bytes = Buffer.concat([randomBytes(9 * MIB), Buffer.alloc(9 * MIB), randomBytes(MIB)]);
    writeFileSync(`${folder}/file`, bytes);
    const { digest, note, collector } = await large(`${folder}/file`);
    assert.equal(Buffer.from(digest), sha256(bytes));
    assert.ok(collector.content(collector.order).equals(bytes));
    assert.ok(collector.chunks.size < collector.order.length, 'zeros are delivered once');
    assert.equal(note, { index: 0 });
  }));

test('a large file whose parts repeat is cut as the chunker alone would cut it', () =>
  withFolder(async (folder) => {
    const [a, b] = [randomBytes(3 * MIB), randomBytes(300_000)];
    const zeros = Buffer.alloc(21 * MIB);
    const bytes = Buffer.concat([
      a,
      a,
      zeros,
      b,
      b,
      b,
      b,
      Buffer.alloc(5 * MIB, 1),
      zeros,
      a.subarray(0, 200_000),
    ]);
    writeFileSync(`${folder}/file`, bytes);
    const chunker = createChunker(settings.chunker);
    const order: string[] = [];
    for (let start = 0; start < bytes.length; ) {
      const end = chunker.next(bytes, start, bytes.length, true);
      order.push(sha256(bytes.subarray(start, end)).toString('hex'));
      start = end;
    }
    const { digest, collector } = await large(`${folder}/file`);
    assert.equal(collector.order, order);
    assert.equal(Buffer.from(digest), sha256(bytes));
    assert.ok(collector.content(collector.order).equals(bytes));
  }));

test('a large file that changes while it is read is read again', () =>
  withFolder(async (folder) => {
    const path = `${folder}/file`;
    writeFileSync(path, randomBytes(10 * MIB));
    let fstats = 0;
    const { digest, note, collector } = await withPlatform(
      (real) => ({
        fstat(fd) {
          if (++fstats === 2) appendFileSync(path, 'late');
          return real.fstat(fd);
        },
      }),
      () => large(path),
    );
    const content = collector.content(collector.order);
    assert.is(collector.restarts, 1);
    assert.is(content.length, 10 * MIB + 4);
    assert.is(note.stat?.size, content.length);
    assert.not.ok(note.unstable);
    assert.equal(Buffer.from(digest), sha256(content));
  }));

test('a large file that grows for ever is read as far as it reached', () =>
  withFolder(async (folder) => {
    const path = `${folder}/file`;
    writeFileSync(path, randomBytes(3 * MIB));
    const { digest, note, collector } = await withPlatform(
      (real) => ({
        read(fd, into, position) {
          const bytes = real.read(fd, into, position);
          appendFileSync(path, randomBytes(bytes + 1));
          return bytes;
        },
      }),
      () => large(path),
    );
    const content = collector.content(collector.order);
    assert.ok(note.unstable);
    assert.is(note.stat?.size, content.length);
    assert.equal(Buffer.from(digest), sha256(content));
  }));

test('a large file that was changed since the scan is read once', () =>
  withFolder(async (folder) => {
    const path = `${folder}/file`;
    writeFileSync(path, randomBytes(3 * MIB));
    const { note, collector } = await large(path, () => truncateSync(path, 5));
    assert.is(collector.restarts, 0);
    assert.is(note.stat?.size, 5);
    assert.is(collector.content(collector.order).length, 5);
  }));

test('a large file: a read that ends early, an error in the middle', () =>
  withFolder(async (folder) => {
    const path = `${folder}/file`;
    writeFileSync(path, randomBytes(12 * MIB));
    const cut = await withPlatform(
      (real) => ({
        read: (fd, into, position) => (position! >= 8 * MIB ? 0 : real.read(fd, into, position)),
      }),
      () => large(path),
    );
    assert.ok(cut.note.unstable);
    assert.is(cut.note.stat?.size, cut.collector.content(cut.collector.order).length);
    const failed = await withPlatform(
      (real) => ({
        read(fd, into, position) {
          if (position! >= 8 * MIB) throw Object.assign(new Error('EIO'), { code: 'EIO' });
          return real.read(fd, into, position);
        },
      }),
      () => large(path),
    );
    assert.is(failed.note.error?.code, 'EIO');
  }));

test.run();
