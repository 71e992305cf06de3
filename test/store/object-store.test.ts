import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Backend,
  type BackendEntry,
  isSync,
  type SyncBackend,
} from '../../src/store/backend/backend.ts';
import { FaultBackend, NthFault } from '../../src/store/backend/fault.ts';
import { FsBackend } from '../../src/store/backend/fs.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { openBackend } from '../../src/store/backend/open.ts';
import { plainIds } from '../../src/store/hash/ids.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../src/store/id.ts';
import { checkPacks } from '../../src/store/index/pack-check.ts';
import { packKey, parsePackKey } from '../../src/store/layout.ts';
import { sealBlock } from '../../src/store/pack/block.ts';
import { readBlock, readBlockSync } from '../../src/store/pack/pack-reader.ts';
import { rejects, throws } from './backend-suite.ts';
import { bytesOf, fillStore, openStore, packKeys, putChunks, transaction } from './store-rig.ts';
import { withFolder } from './temporary.ts';

/** A backend as a remote one is: nothing synchronous. */
class RemoteBackend implements Backend {
  readonly location = 'far away';
  readonly abilities = { sync: false, writable: true };
  readonly #inner = new MemoryBackend();
  create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    return this.#inner.create(key, parts);
  }
  read(key: string, offset?: number, length?: number): Promise<Buffer> {
    return this.#inner.read(key, offset, length);
  }
  size(key: string): Promise<number | undefined> {
    return this.#inner.size(key);
  }
  list(prefix: string): AsyncIterable<BackendEntry> {
    return this.#inner.list(prefix);
  }
  remove(key: string): Promise<void> {
    return this.#inner.remove(key);
  }
  async close(): Promise<void> {}
}

/** Puts other bytes in a key's place. */
async function replace(backend: SyncBackend, key: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  const bytes = change(backend.readSync(key));
  await backend.remove(key);
  await backend.create(key, [bytes]);
}

async function assertAllThere(
  store: ReturnType<typeof openStore>,
  { chunks, trees }: { chunks: Map<Id, Buffer>; trees: Map<Id, Buffer> },
): Promise<void> {
  for (const [id, bytes] of chunks) assert.ok((await store.readChunk(id)).equals(bytes));
  for (const [id, bytes] of trees) assert.ok((await store.readMeta(id, ObjectType.tree)).equals(bytes));
}

const reading = suite('object store: reading');

reading('what was stored is read, by the same store and by another, from any kind of backend', async () => {
  for (const make of [() => new MemoryBackend(), () => new RemoteBackend()]) {
    await withFolder(async (folder) => {
      const backend = make();
      const store = openStore(folder, { backend });
      const stored = await fillStore(store, 'a');
      await assertAllThere(store, stored);
      await store.close();
      const again = openStore(folder, { backend });
      await assertAllThere(again, stored);
      await again.close();
    });
  }
});

reading('the empty content is there without a pack', () =>
  withFolder(async (folder) => {
    const store = openStore(folder);
    assert.is((await store.readChunk(EMPTY_CONTENT)).length, 0);
    await store.close();
  }),
);

reading('a missing object is said to be missing, after a refresh and one rebuild', () =>
  withFolder(async (folder) => {
    let rebuilds = 0;
    const backend = new MemoryBackend();
    const store = openStore(folder, {
      backend,
      onProgress: ({ done, rebuild }) => {
        if (rebuild && done === 0) rebuilds++;
      },
    });
    await fillStore(store, 'a');
    const unknown = plainIds.chunk(Buffer.from('unknown'));
    assert.is(await store.locate(unknown), undefined);
    assert.is(rebuilds, 0);
    const error = await rejects(store.readChunk(unknown), 'MISSING_OBJECT');
    assert.is(error.subject, unknown.toString('hex'));
    await rejects(Promise.resolve(store.readMeta(unknown, ObjectType.tree)), 'MISSING_OBJECT');
    assert.is(rebuilds, 1);
    await store.close();
  }),
);

reading('an object of another type, or in the other space, is not taken for it', () =>
  withFolder(async (folder) => {
    const store = openStore(folder);
    const { trees, chunks } = await fillStore(store, 'a', 3);
    const [tree] = trees.keys();
    const [chunk] = chunks.keys();
    await rejects(Promise.resolve(store.readMeta(tree!, ObjectType.snapshot)), 'WRONG_TYPE');
    await rejects(store.readChunk(tree!), 'MISSING_OBJECT');
    await rejects(Promise.resolve(store.readMeta(chunk!, ObjectType.tree)), 'MISSING_OBJECT');
    assert.is((await store.locate(tree!))?.type, ObjectType.tree);
    assert.is((await store.locate(chunk!))?.type, ObjectType.chunk);
    assert.is(await store.locate(tree!, 'chunk'), undefined);
    await store.close();
  }),
);

reading('an object that another process stored is found', () =>
  withFolder(async (folder) => {
    const backend = new MemoryBackend();
    const store = openStore(`${folder}/a`, { backend });
    await fillStore(store, 'a');
    const other = openStore(`${folder}/b`, { backend });
    const stored = await fillStore(other, 'b');
    await assertAllThere(store, stored);
    await store.close();
    await other.close();
  }),
);

reading('much metadata of one pack is found without the index, and elsewhere once the pack is gone', () =>
  withFolder(async (folder) => {
    const backend = new MemoryBackend();
    const store = openStore(`${folder}/a`, { backend, cacheBytes: 0 });
    const { trees } = await fillStore(store, 'same', 400, 50);
    const before = await packKeys(backend);
    const { index } = store;
    const findNow = index.findNow.bind(index);
    let asked = 0;
    index.findNow = (...args) => {
      asked++;
      return findNow(...args);
    };
    for (let round = 0; round < 2; round++)
      for (const [id, bytes] of trees) assert.ok((await store.readMeta(id, ObjectType.tree)).equals(bytes));
    assert.ok(asked > 0 && asked < trees.size, `the index was asked ${asked} times`);
    const elsewhere = new MemoryBackend();
    const other = openStore(`${folder}/b`, { backend: elsewhere });
    await fillStore(other, 'same', 400, 50);
    for (const key of await packKeys(elsewhere)) await backend.create(key, [elsewhere.readSync(key)]);
    for (const key of before) await backend.remove(key);
    for (const [id, bytes] of trees) assert.ok((await store.readMeta(id, ObjectType.tree)).equals(bytes));
    await store.close();
    await other.close();
  }),
);

reading('a pack that is gone is a miss: another with the object serves', () =>
  withFolder(async (folder) => {
    const backend = new MemoryBackend();
    const one = openStore(`${folder}/a`, { backend });
    const stored = await fillStore(one, 'same');
    const before = await packKeys(backend);
    // Does not know of the first packs, as a writer that began at the same time.
    const elsewhere = new MemoryBackend();
    const two = openStore(`${folder}/b`, { backend: elsewhere });
    await fillStore(two, 'same');
    for (const key of await packKeys(elsewhere)) await backend.create(key, [elsewhere.readSync(key)]);
    await one.index.refresh();
    await assertAllThere(one, stored);
    for (const key of before) await backend.remove(key);
    const fresh = openStore(`${folder}/a`, { backend });
    await one.close();
    const [id] = stored.chunks.keys();
    const location = await fresh.locate(id!);
    assert.not.ok(before.includes(packKey(location!.pack)));
    await assertAllThere(fresh, stored);
    // The pack recorded last goes, the first ones come back.
    for (const key of before)
      await backend.create(key, [elsewhere.readSync((await packKeys(elsewhere))[0]!)]);
    await fresh.close();
    await two.close();
  }),
);

reading('when the pack recorded last is gone, the place recorded before it serves, without a rebuild', () =>
  withFolder(async (folder) => {
    const backend = new MemoryBackend();
    let rebuilds = 0;
    const store = openStore(`${folder}/a`, {
      backend,
      onProgress: ({ rebuild }) => void (rebuild && rebuilds++),
    });
    const stored = await fillStore(store, 'same');
    const elsewhere = new MemoryBackend();
    const two = openStore(`${folder}/b`, { backend: elsewhere });
    await fillStore(two, 'same');
    const later = await packKeys(elsewhere);
    for (const key of later) await backend.create(key, [elsewhere.readSync(key)]);
    await store.index.refresh();
    const [id] = stored.chunks.keys();
    assert.ok(later.includes(packKey((await store.locate(id!))!.pack)));
    for (const key of later) await backend.remove(key);
    await assertAllThere(store, stored);
    assert.is(rebuilds, 0);
    await store.close();
    await two.close();
  }),
);

reading('damage is told with object and pack; another copy serves when there is one', () =>
  withFolder(async (folder) => {
    const backend = new MemoryBackend();
    const store = openStore(`${folder}/a`, { backend, cacheBytes: 0 });
    const stored = await fillStore(store, 'same', 5);
    const [key] = await packKeys(backend);
    await replace(backend, key!, (bytes) => {
      bytes[48]! ^= 1;
      return bytes;
    });
    const hurt = parsePackKey(key!)!;
    const all: [Id, () => Promise<Buffer>][] = [
      ...[...stored.chunks.keys()].map((id): [Id, () => Promise<Buffer>] => [id, () => store.readChunk(id)]),
      ...[...stored.trees.keys()].map((id): [Id, () => Promise<Buffer>] => [
        id,
        async () => store.readMeta(id, ObjectType.tree),
      ]),
    ];
    let damaged = 0;
    for (const [id, read] of all) {
      if ((await store.locate(id))!.pack !== hurt) continue;
      const error = await rejects(read(), 'DAMAGED');
      assert.match(error.message, hurt);
      damaged++;
    }
    assert.is(damaged, 5);
    const elsewhere = new MemoryBackend();
    const two = openStore(`${folder}/b`, { backend: elsewhere });
    await fillStore(two, 'same', 5);
    for (const other of await packKeys(elsewhere)) await backend.create(other, [elsewhere.readSync(other)]);
    await assertAllThere(store, stored);
    await store.close();
    await two.close();
  }),
);

reading('bytes that lie whole in a sound pack, under the id of others, are not given out', () =>
  withFolder(async (folder) => {
    const backend = new MemoryBackend();
    const [wanted, other] = [bytesOf('wanted', 1000), bytesOf('other', 1000)];
    const chunk = plainIds.chunk(wanted);
    const tree = plainIds.meta(ObjectType.tree, wanted);
    const lying = openStore(`${folder}/a`, { backend, ids: { ...plainIds, meta: () => tree } });
    const writer = lying.writer(transaction());
    await writer.claimChunks(chunk);
    await writer.addBlock(sealBlock([{ id: chunk, type: ObjectType.chunk, length: other.length }], other, 3));
    await writer.putMeta(ObjectType.tree, other);
    await writer.flush();
    await lying.close();
    const store = openStore(`${folder}/b`, { backend });
    assert.is((await rejects(store.readChunk(chunk), 'DAMAGED')).subject, chunk.toString('hex'));
    const read = async () => store.readMeta(tree, ObjectType.tree);
    assert.is((await rejects(read(), 'DAMAGED')).subject, tree.toString('hex'));
    await store.close();
  }),
);

reading('abbreviations: even, odd, long, ambiguous, unknown, garbage', () =>
  withFolder(async (folder) => {
    const store = openStore(folder);
    const { chunks, trees } = await fillStore(store, 'a', 200, 50);
    const all = [...chunks.keys(), ...trees.keys()].map((id) => id.toString('hex')).sort();
    for (const prefix of ['', '0', 'a', 'f', '00', '7f', 'ff', all[17]!.slice(0, 5), all[60]!.slice(0, 64)]) {
      const found = await store.complete(prefix, 1000);
      assert.equal(
        found.map(({ id }) => id.toString('hex')),
        all.filter((hex) => hex.startsWith(prefix)),
      );
    }
    assert.is((await store.complete('', 7)).length, 7);
    assert.equal(await store.complete('xyz', 10), []);
    assert.equal(await store.complete('A', 10), []);
    assert.equal(await store.complete(`${all[0]}00`, 10), []);
    await store.close();
  }),
);

reading('a location is all that a worker needs to read a block', () =>
  withFolder(async (folder) => {
    const path = `${folder}/store`;
    const backend = await openBackend({ type: 'fs', path }, { create: true });
    const store = openStore(folder, { backend });
    const { chunks } = await fillStore(store, 'a', 10);
    const other = new FsBackend(path);
    assert.ok(isSync(other));
    for (const [id, bytes] of chunks) {
      const location = structuredClone((await store.locate(id))!);
      const block = readBlockSync(other, location);
      assert.ok(block.subarray(location.offset, location.offset + location.length).equals(bytes));
      assert.ok((await readBlock(other, location)).equals(await store.readBlock(location)));
    }
    const gone = { ...(await store.locate([...chunks.keys()][0]!))!, pack: 'f'.repeat(64) };
    throws(() => readBlockSync(other, gone), 'NOT_FOUND');
    await store.close();
    await backend.close();
  }),
);

reading.run();

const writing = suite('object store: writing');

writing('what exists is not stored again, wherever it is', () =>
  withFolder(async (folder) => {
    const backend = new MemoryBackend();
    const store = openStore(folder, { backend });
    const chunks = Array.from({ length: 50 }, (_, i) => bytesOf(i, 300));
    const writer = store.writer(transaction());
    assert.is(await putChunks(writer, [...chunks, ...chunks]), 50); // twice in one claim
    assert.is(await putChunks(writer, chunks), 0); // in an open pack
    const tree = await writer.putMeta(ObjectType.tree, Buffer.from('a tree'));
    assert.ok((await writer.putMeta(ObjectType.tree, Buffer.from('a tree'))).equals(tree));
    await writer.flush();
    const { newBytes, storedBytes } = writer.totals;
    assert.is(newBytes, 50 * 300);
    assert.is(await putChunks(writer, chunks), 0); // published
    assert.ok((await writer.putMeta(ObjectType.tree, Buffer.from('a tree'))).equals(tree));
    await writer.flush();
    assert.equal(writer.totals, { newBytes, storedBytes });
    let stored = 0;
    for await (const { size } of backend.list('objects/')) stored += size;
    assert.is(storedBytes, stored);
    const next = store.writer(transaction());
    assert.is(await putChunks(next, [...chunks, Buffer.from('one more')]), 1);
    await next.flush();
    assert.is(next.totals.newBytes, 8);
    await store.close();
  }),
);

writing('the empty content is never claimed nor stored', () =>
  withFolder(async (folder) => {
    const store = openStore(folder);
    const writer = store.writer(transaction());
    assert.equal([...(await writer.claimChunks(EMPTY_CONTENT))], [0]);
    assert.ok((await writer.putChunk(Buffer.alloc(0))).equals(EMPTY_CONTENT));
    await writer.flush();
    assert.equal(await packKeys(store.backend), []);
    await store.close();
  }),
);

writing('of callers that claim one chunk at a time only one gets it', () =>
  withFolder(async (folder) => {
    const store = openStore(folder);
    const writer = store.writer(transaction());
    const ids = Buffer.concat([1, 2, 3].map((seed) => plainIds.chunk(bytesOf(seed, 10))));
    const answers = await Promise.all(Array.from({ length: 5 }, () => writer.claimChunks(ids)));
    assert.equal(
      answers.map(([bits]) => bits),
      [7, 0, 0, 0, 0],
    );
    await rejects(writer.flush(), 'BUG');
    await store.close();
  }),
);

writing('a block with a chunk that nobody claimed is refused', () =>
  withFolder(async (folder) => {
    const store = openStore(folder);
    const writer = store.writer(transaction());
    const bytes = Buffer.from('unclaimed');
    const block = sealBlock([{ id: plainIds.chunk(bytes), type: ObjectType.chunk, length: 9 }], bytes, 3);
    await rejects(writer.addBlock(block), 'BUG');
    await store.close();
  }),
);

writing('an object can be read and located at once: waiting, in an open pack, published', () =>
  withFolder(async (folder) => {
    const store = openStore(folder, { blockTarget: 1000, packTarget: 5000 });
    const writer = store.writer(transaction());
    const seen: [Id, Buffer, ObjectType][] = [];
    for (let i = 0; i < 60; i++) {
      const bytes = bytesOf(i, 200 + i);
      seen.push([await writer.putMeta(ObjectType.list, bytes), bytes, ObjectType.list]);
      seen.push([await writer.putChunk(bytes), bytes, ObjectType.chunk]);
      for (const [id, expected, type] of seen) {
        const read = type === ObjectType.chunk ? await writer.readChunk(id) : await writer.readMeta(id, type);
        assert.ok(read.equals(expected));
        const location = await writer.locate(id);
        assert.is(location?.type, type);
        assert.is(location?.length, expected.length);
      }
    }
    await rejects(Promise.resolve(writer.readMeta(seen.at(-2)![0], ObjectType.tree)), 'WRONG_TYPE');
    await writer.flush();
    for (const [id, expected] of seen.filter(([, , type]) => type === ObjectType.list)) {
      assert.ok((await store.readMeta(id, ObjectType.list)).equals(expected));
    }
    await store.close();
  }),
);

writing('an object longer than a block is a block of its own', () =>
  withFolder(async (folder) => {
    const store = openStore(folder, { blockTarget: 1000 });
    const writer = store.writer(transaction());
    const sizes = [10, 5000, 20, 1000, 1001, 30];
    const ids: Id[] = [];
    for (const size of sizes) ids.push(await writer.putMeta(ObjectType.tree, bytesOf(size, size)));
    await writer.flush();
    for (const [i, id] of ids.entries()) {
      assert.ok((await store.readMeta(id, ObjectType.tree)).equals(bytesOf(sizes[i]!, sizes[i]!)));
    }
    await store.close();
  }),
);

writing('what lies in a pack that is gone, or that gc means to remove, is stored again', () =>
  withFolder(async (folder) => {
    const backend = new MemoryBackend();
    const store = openStore(folder, { backend });
    const chunks = Array.from({ length: 10 }, (_, i) => bytesOf(i, 300));
    const first = store.writer(transaction());
    await putChunks(first, chunks);
    await first.putMeta(ObjectType.tree, Buffer.from('tree'));
    await first.flush();
    const names = (await packKeys(backend)).map((key) => parsePackKey(key)!);

    const beside = store.writer(transaction(new Set(names)));
    assert.is(await putChunks(beside, chunks), 10);
    await beside.putMeta(ObjectType.tree, Buffer.from('tree'));
    await beside.flush();
    assert.is((await packKeys(backend)).length, 4);

    for (const key of await packKeys(backend)) await backend.remove(key);
    const after = store.writer(transaction());
    assert.is(await putChunks(after, chunks), 10);
    await after.putMeta(ObjectType.tree, Buffer.from('tree'));
    await after.flush();
    assert.is((await packKeys(backend)).length, 2);
    for (const chunk of chunks) assert.ok((await store.readChunk(plainIds.chunk(chunk))).equals(chunk));
    await store.close();
  }),
);

writing('before the commit, all packs that hold what was left out or stored are looked at', () =>
  withFolder(async (folder) => {
    const backend = new RemoteBackend();
    const store = openStore(folder, { backend });
    const chunks = Array.from({ length: 10 }, (_, i) => bytesOf(i, 300));
    const first = store.writer(transaction());
    await putChunks(first, chunks);
    await first.flush();
    const checked = transaction();
    const second = store.writer(checked);
    await putChunks(second, [...chunks, Buffer.from('new')]);
    await second.flush();
    await second.verifyReliedPacks();
    assert.equal(
      checked.checked.sort(),
      (await packKeys(backend)).map((key) => parsePackKey(key)!),
    );
    await store.close();
  }),
);

writing('whichever operation fails, what is published can be read and the rest can be stored again', () =>
  withFolder(async (folder) => {
    const chunks = Array.from({ length: 30 }, (_, i) => bytesOf(i, 400));
    const store = async (backend: FaultBackend, index: string) => {
      const failing = openStore(index, { backend, packTarget: 3000, blockTarget: 1000 });
      try {
        const writer = failing.writer(transaction());
        await putChunks(writer, chunks, 2);
        await writer.putMeta(ObjectType.tree, Buffer.from('tree'));
        await writer.flush();
        await writer.verifyReliedPacks();
      } finally {
        await failing.close();
      }
    };
    for (const when of ['before', 'after'] as const) {
      for (let n = 1; ; n++) {
        const inner = new MemoryBackend();
        const fault = new NthFault(n, when, { dead: true });
        await store(new FaultBackend(inner, fault.hook), `${folder}/${when}${n}`).catch(() => undefined);
        if (!fault.fired) break;
        assert.ok(n < 100);
        await store(new FaultBackend(inner, () => undefined), `${folder}/${when}${n}`);
        const reader = openStore(`${folder}/${when}${n}`, { backend: inner });
        for (const chunk of chunks) assert.ok((await reader.readChunk(plainIds.chunk(chunk))).equals(chunk));
        await reader.close();
      }
    }
  }),
);

writing.run();

const checking = suite('quick check of packs');

checking('a sound store has no findings', () =>
  withFolder(async (folder) => {
    const store = openStore(folder);
    await fillStore(store, 'a');
    const check = await checkPacks(store.backend, store.index);
    assert.is(check.packs, 2);
    assert.is(check.objects, 80);
    assert.equal(check.findings, []);
    await store.close();
  }),
);

checking('damaged, foreign, unknown and vanished packs are found', () =>
  withFolder(async (folder) => {
    const backend = new MemoryBackend();
    const store = openStore(`${folder}/a`, { backend });
    await fillStore(store, 'a');
    const [gone, hurt] = await packKeys(backend);
    const before = backend.readSync(gone!);
    await backend.remove(gone!);
    await replace(backend, hurt!, (bytes) => {
      bytes[bytes.length - 30]! ^= 1;
      return bytes;
    });
    await backend.create('objects/ab/readme', [Buffer.from('x')]);
    const other = openStore(`${folder}/b`, { backend: new MemoryBackend() });
    await fillStore(other, 'b');
    const [strange] = await packKeys(other.backend);
    await backend.create(strange!, [await other.backend.read(strange!)]);
    const check = await checkPacks(backend, store.index);
    assert.equal(check.findings.map(({ kind, key }) => [kind, key]).sort(), [
      ['damaged', hurt],
      ['foreign', 'objects/ab/readme'],
      ['gone', gone],
      ['unindexed', strange],
    ]);
    assert.is(check.findingCount, 4);
    await backend.create(gone!, [before.subarray(0, before.length - 1)]);
    const cut = await checkPacks(backend, store.index);
    assert.ok(cut.findings.some(({ kind, key }) => kind === 'damaged' && key === gone));
    await store.close();
    await other.close();
  }),
);

checking.run();
