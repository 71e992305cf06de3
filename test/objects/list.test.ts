import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type BuiltContent,
  contentChunks,
  ListBuilder,
  readContent,
  statContent,
} from '../../src/objects/list.ts';
import type { ChunkRef } from '../../src/objects/model.ts';
import { EMPTY_CONTENT, ObjectType } from '../../src/store/id.ts';
import { collect, fails, idOf, MemoryStore } from './memory-store.ts';

async function store(memory: MemoryStore, chunks: Iterable<ChunkRef>): Promise<BuiltContent> {
  const builder = new ListBuilder(memory.put);
  for (const chunk of chunks) {
    const flushed = builder.add(chunk);
    if (flushed) await flushed;
  }
  return builder.finish();
}

async function storeBytes(memory: MemoryStore, pieces: Buffer[]): Promise<BuiltContent> {
  return store(
    memory,
    pieces.map((bytes) => ({ id: memory.keep(ObjectType.chunk, bytes), length: bytes.length })),
  );
}

test('nothing is the empty content, one chunk is itself, two are a list', async () => {
  const memory = new MemoryStore();
  assert.equal(await store(memory, []), { id: EMPTY_CONTENT, list: false, size: 0 });
  const chunk = { id: idOf('a'), length: 10 };
  assert.equal(await store(memory, [chunk]), { id: chunk.id, list: false, size: 10 });
  assert.is(memory.puts, 0);
  const { id, list, size } = await store(memory, [chunk, { id: idOf('b'), length: 0x10000 }]);
  assert.is(list, true);
  assert.is(size, 0x10000 + 10);
  assert.is(
    (await memory.readMeta(id, ObjectType.list)).toString('hex'),
    `9401009292c420${idOf('a').toString('hex')}0a92c420${idOf('b').toString('hex')}ce0001000090`,
  );
});

test('golden: a list of two levels', async () => {
  const memory = new MemoryStore();
  const chunks = Array.from({ length: 2000 }, (_, i) => ({ id: idOf(i), length: i + 1 }));
  const { id, size } = await store(memory, chunks);
  assert.is(size, (2000 * 2001) / 2);
  // Made by an independent program that follows docs/format.md.
  assert.is(id.toString('hex'), '7303a4c0386f80cb149f8a946cde4f9cdff435f310e0b66f94d17dd7c772573b');
});

test('size and number of chunks come from one page or the index', async () => {
  const memory = new MemoryStore();
  const { id, size } = await store(
    memory,
    Array.from({ length: 3000 }, (_, i) => ({ id: idOf(i), length: 1000 })),
  );
  memory.reads = 0;
  assert.equal(await statContent(memory, id, true), { size, chunks: 3000 });
  assert.is(memory.reads, 1);
  const chunk = memory.keep(ObjectType.chunk, Buffer.from('abc'));
  assert.equal(await statContent(memory, chunk, false), { size: 3, chunks: 1 });
  assert.equal(await statContent(memory, EMPTY_CONTENT, false), { size: 0, chunks: 0 });
  await fails(() => statContent(memory, idOf('absent'), false), 'MISSING_OBJECT');
});

test('chunks from an offset are found by reading one page a level', async () => {
  const memory = new MemoryStore();
  const count = 20_000;
  const { id } = await store(
    memory,
    Array.from({ length: count }, (_, i) => ({ id: idOf(i), length: 1000 })),
  );
  memory.reads = 0;
  for await (const chunk of contentChunks(memory, id, true, 12_345_678)) {
    assert.equal(chunk, { id: idOf(12_345), length: 1000, offset: 12_345_000 });
    break;
  }
  assert.is(memory.reads, 2);
  assert.equal(await collect(contentChunks(memory, id, true, count * 1000)), []);
  const all = await collect(contentChunks(memory, id, true));
  assert.equal(
    all.map(({ offset }) => offset),
    Array.from({ length: count }, (_, i) => i * 1000),
  );
});

test('the same chunk a million times stays within few levels', async () => {
  for (const ends of [true, false]) {
    const memory = new MemoryStore();
    const id = Buffer.alloc(32, 1);
    id.writeUInt32BE(ends ? 256 : 257, 0);
    const chunk = { id, length: 2 ** 21 };
    const content = await store(
      memory,
      (function* () {
        for (let i = 0; i < 200_000; i++) yield chunk;
      })(),
    );
    assert.is(content.size, 200_000 * 2 ** 21);
    assert.is((await statContent(memory, content.id, true)).chunks, 200_000);
    // All pages are alike, so that almost nothing is stored.
    assert.ok(memory.objects.size < 10);
  }
});

test('property: any range of a content is that range of its bytes', async () => {
  const memory = new MemoryStore();
  const pieces = Array.from({ length: 1500 }, (_, i) => Buffer.alloc(1 + (i % 7), i));
  const whole = Buffer.concat(pieces);
  const { id } = await storeBytes(memory, pieces);
  const single = memory.keep(ObjectType.chunk, whole);
  const read = async (isList: boolean, range?: { offset?: number; length?: number }) =>
    Buffer.concat(await collect(readContent(memory, isList ? id : single, isList, range)));
  assert.ok((await read(true)).equals(whole));
  assert.ok((await read(false)).equals(whole));
  const bound = fc.option(fc.nat(whole.length + 10), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(bound, bound, fc.boolean(), async (offset, length, isList) => {
      const range = { ...(offset !== undefined && { offset }), ...(length !== undefined && { length }) };
      const start = offset ?? 0;
      const expected = whole.subarray(start, length === undefined ? undefined : start + length);
      assert.ok((await read(isList, range)).equals(expected));
    }),
  );
  assert.equal(await collect(readContent(memory, EMPTY_CONTENT, false)), []);
});

test('a chunk of another length than the list says is damage', async () => {
  const memory = new MemoryStore();
  const id = memory.keep(ObjectType.chunk, Buffer.from('four'));
  const list = await store(memory, [
    { id, length: 4 },
    { id, length: 5 },
  ]);
  await fails(() => collect(readContent(memory, list.id, true)), 'DAMAGED', /has 5 bytes, but it has 4/);
});

test('an empty chunk is a bug', async () => {
  await fails(() => new ListBuilder(new MemoryStore().put).add({ id: idOf('a'), length: 0 }), 'BUG');
});

test.run();
