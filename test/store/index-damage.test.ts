import { cp, mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { Level } from 'level';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { plainIds } from '../../src/store/hash/ids.ts';
import { type Id, ObjectType } from '../../src/store/id.ts';
import type { RefreshProgress } from '../../src/store/index/refresh.ts';
import { packKey } from '../../src/store/layout.ts';
import type { ObjectStore } from '../../src/store/object-store/object-store.ts';
import { bytesOf, fillStore, openStore, packKeys, putChunks, transaction } from './store-rig.ts';
import { withFolder } from './temporary.ts';

type Stored = Awaited<ReturnType<typeof fillStore>>;

async function assertWorks(store: ObjectStore, { chunks, trees }: Stored): Promise<void> {
  for (const [id, bytes] of chunks) assert.ok((await store.readChunk(id)).equals(bytes));
  for (const [id, bytes] of trees) assert.ok((await store.readMeta(id, ObjectType.tree)).equals(bytes));
  assert.is((await store.complete('', 1000)).length, chunks.size + trees.size);
  const writer = store.writer(transaction());
  assert.is(await putChunks(writer, [...chunks.values()]), 0);
  const before = await packKeys(store.backend);
  for (const encoding of trees.values()) await writer.putMeta(ObjectType.tree, encoding);
  await writer.flush();
  assert.equal(await packKeys(store.backend), before);
}

/** A filled store whose index lies closed in `index`: some of it in tables, some in the log. */
async function filled(folder: string, seed = 'a'): Promise<{ backend: MemoryBackend; stored: Stored }> {
  const backend = new MemoryBackend();
  const chunks = new Map<Id, Buffer>();
  const trees = new Map<Id, Buffer>();
  for (const part of ['one', 'two']) {
    const store = openStore(folder, { backend });
    const stored = await fillStore(store, `${seed} ${part}`, 25);
    for (const entry of stored.chunks) chunks.set(...entry);
    for (const entry of stored.trees) trees.set(...entry);
    await store.close();
  }
  return { backend, stored: { chunks, trees } };
}

const damage = suite('index: damage');

const damages: Record<string, (index: string) => Promise<unknown>> = {
  'it is deleted': (index) => rm(index, { recursive: true }),
  'it is an empty folder': async (index) => {
    await rm(index, { recursive: true });
    await mkdir(index);
  },
  'it is a file': async (index) => {
    await rm(index, { recursive: true });
    await writeFile(index, 'garbage');
  },
  'it is a link to nowhere': async (index) => {
    await rm(index, { recursive: true });
    await symlink('/nowhere/at/all', index);
  },
  'CURRENT is gone': (index) => rm(`${index}/CURRENT`),
  'CURRENT is garbage': (index) => writeFile(`${index}/CURRENT`, 'garbage'),
  'CURRENT names another manifest': (index) => writeFile(`${index}/CURRENT`, 'MANIFEST-999999\n'),
  'the manifest is gone': (index) => eachFile(index, /^MANIFEST/, (file) => rm(file)),
  'the log is gone': (index) => eachFile(index, /\.log$/, (file) => rm(file)),
  'the tables are gone': (index) => eachFile(index, /\.ldb$/, (file) => rm(file)),
  'every file is empty': (index) => eachFile(index, /./, (file) => truncate(file, 0)),
  'every file is garbage': (index) =>
    eachFile(index, /./, (file) => writeFile(file, Buffer.alloc(9000, 'garbage'))),
  'every file is cut in half': (index) =>
    eachFile(index, /./, async (file) => truncate(file, (await readFile(file)).length >> 1)),
  'it has bytes in the wrong places': (index) =>
    eachFile(index, /\.(ldb|log)$/, async (file) => {
      const bytes = await readFile(file);
      for (let at = 100; at < bytes.length; at += 97) bytes[at]! ^= 0x10;
      await writeFile(file, bytes);
    }),
  'it has no marker': (index) => edit(index, (level) => level.del(Buffer.from('!'))),
  'its counters are gone': (index) => edit(index, (level) => level.del(Buffer.from('#'))),
  'its names of packs are gone': (index) => edit(index, (level) => clear(level, 'n')),
  'its packs are gone': (index) => edit(index, (level) => clear(level, 'p')),
  'its objects are gone': async (index) => {
    await edit(index, (level) => clear(level, 'm'));
    await edit(index, (level) => clear(level, 'c'));
  },
  'two entries are swapped': (index) =>
    edit(index, async (level) => {
      const [one, two] = await level.iterator({ gte: Buffer.from('c'), lt: Buffer.from('d') }).all();
      await level.put(one![0], two![1]);
      await level.put(two![0], one![1]);
    }),
};

async function eachFile(
  index: string,
  pattern: RegExp,
  act: (file: string) => Promise<unknown>,
): Promise<void> {
  for (const name of await readdir(index)) if (pattern.test(name)) await act(`${index}/${name}`);
}

type Raw = Level<Buffer, Buffer>;

async function edit(index: string, act: (level: Raw) => Promise<unknown>): Promise<void> {
  const level: Raw = new Level(index, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  await act(level);
  await level.close();
}

async function clear(level: Raw, prefix: string): Promise<void> {
  const end = Buffer.from(prefix);
  end[0]!++;
  await level.clear({ gte: Buffer.from(prefix), lt: end });
}

for (const [what, act] of Object.entries(damages)) {
  damage(`${what}: everything can be read, and is known to exist`, () =>
    withFolder(async (folder) => {
      const { backend, stored } = await filled(folder);
      await act(`${folder}/index`);
      const store = openStore(folder, { backend });
      // Reading comes first: it is a missed read that notices what LevelDB does not.
      for (const [id, bytes] of stored.chunks) assert.ok((await store.readChunk(id)).equals(bytes));
      for (const [id, bytes] of stored.trees)
        assert.ok((await store.readMeta(id, ObjectType.tree)).equals(bytes));
      await assertWorks(store, stored);
      await store.close();
      const leftovers = (await readdir(folder)).filter((name) => name !== 'index' && name !== 'tmp');
      assert.equal(leftovers, []);
      assert.equal(await readdir(`${folder}/tmp`), []);
    }),
  );
}

damage('an index cut short at any place never says that something exists which does not', () =>
  withFolder(async (folder) => {
    const { backend, stored } = await filled(`${folder}/good`);
    const log = (await readdir(`${folder}/good/index`)).find((name) => name.endsWith('.log'))!;
    const { length } = await readFile(`${folder}/good/index/${log}`);
    const unknown = bytesOf('unknown', 100);
    for (let n = 0; n <= 12; n++) {
      const copy = `${folder}/${n}`;
      await cp(`${folder}/good`, copy, { recursive: true });
      await truncate(`${copy}/index/${log}`, Math.floor((length * n) / 12));
      const store = openStore(copy, { backend });
      const writer = store.writer(transaction());
      assert.is(await putChunks(writer, [unknown]), 1);
      await putChunks(writer, [...stored.chunks.values()]); // some may be stored once more: no harm
      for (const [id, bytes] of stored.chunks) assert.ok((await writer.readChunk(id)).equals(bytes));
      await store.close();
    }
  }),
);

damage('the index of another vault is not used, whichever way round', () =>
  withFolder(async (folder) => {
    const one = await filled(`${folder}/one`, 'one');
    const two = await filled(`${folder}/two`, 'two');
    await rename(`${folder}/one/index`, `${folder}/index`);
    const other = openStore(folder, { backend: two.backend, vaultId: 'cd'.repeat(32) });
    await assertWorks(other, two.stored);
    const [strange] = one.stored.chunks.keys();
    assert.is(await other.locate(strange!), undefined);
    await other.close();
    const back = openStore(folder, { backend: one.backend });
    await assertWorks(back, one.stored);
    await back.close();
  }),
);

damage('an old copy of the index is brought up to date by the first miss', () =>
  withFolder(async (folder) => {
    const { backend } = await filled(folder);
    await cp(`${folder}/index`, `${folder}/old`, { recursive: true });
    let store = openStore(folder, { backend });
    const later = await fillStore(store, 'later', 10);
    await store.close();
    await rm(`${folder}/index`, { recursive: true });
    await rename(`${folder}/old`, `${folder}/index`);
    const events: RefreshProgress[] = [];
    store = openStore(folder, { backend, onProgress: (event) => events.push(event) });
    for (const [id, bytes] of later.chunks) assert.ok((await store.readChunk(id)).equals(bytes));
    assert.ok(events.every(({ rebuild }) => !rebuild));
    await store.close();
  }),
);

damage('the index vanishes while it is in use', () =>
  withFolder(async (folder) => {
    const { backend, stored } = await filled(folder);
    const store = openStore(folder, { backend });
    for (let i = 0; i < 5; i++) {
      await assertWorks(store, stored);
      // Not made again yet while it is held. LevelDB's own thread may make one more file between the listing and the rmdir.
      await rm(`${folder}/index`, { recursive: true, force: true, maxRetries: 20, retryDelay: 10 });
      if (i % 2 === 0) await store.release();
    }
    await store.close();
    const again = openStore(folder, { backend });
    await assertWorks(again, stored);
    await again.close();
  }),
);

damage.run();

const refreshing = suite('index: refreshing');

refreshing('progress tells how many packs there are, and that it is a rebuild', () =>
  withFolder(async (folder) => {
    const { backend } = await filled(folder);
    await rm(`${folder}/index`, { recursive: true });
    const events: RefreshProgress[] = [];
    const store = openStore(folder, { backend, onProgress: (event) => events.push(event) });
    await store.complete('', 1);
    assert.equal(
      events,
      [0, 1, 2, 3, 4].map((done) => ({ done, total: 4, rebuild: true })),
    );
    assert.equal(await store.index.refresh(), { recorded: 0, gone: 0, damaged: [] });
    assert.is(events.length, 5);
    await store.close();
  }),
);

refreshing('a damaged pack is told and left out, the others are recorded', () =>
  withFolder(async (folder) => {
    const { backend, stored } = await filled(folder);
    await rm(`${folder}/index`, { recursive: true });
    const [first] = await packKeys(backend);
    const bytes = backend.readSync(first!);
    await backend.remove(first!);
    await backend.create(first!, [bytes.subarray(0, bytes.length - 1)]);
    await backend.create(packKey('0'.repeat(64)), [Buffer.from('not a pack')]);
    await backend.create('objects/00/11/readme', [Buffer.from('not even called one')]);
    const store = openStore(folder, { backend });
    const result = await store.index.refresh();
    assert.is(result.recorded, 3);
    assert.equal(
      result.damaged.map(({ pack, error }) => [packKey(pack), error.code]).sort(),
      [
        [packKey('0'.repeat(64)), 'DAMAGED'],
        [first, 'DAMAGED'],
      ].sort(),
    );
    assert.is((await store.complete('', 1000)).length, stored.chunks.size + stored.trees.size - 25);
    await store.close();
  }),
);

refreshing('refreshes asked for at once run one after the other, each after its call', () =>
  withFolder(async (folder) => {
    let listings = 0;
    class Counting extends MemoryBackend {
      override list(...args: Parameters<MemoryBackend['list']>) {
        listings++;
        return super.list(...args);
      }
    }
    const store = openStore(folder, { backend: new Counting() });
    await store.index.refresh();
    listings = 0;
    await Promise.all(Array.from({ length: 10 }, () => store.index.refresh()));
    assert.is(listings, 2);
    await store.close();
  }),
);

refreshing('entries of packs that are gone are cleared when they are many', () =>
  withFolder(async (folder) => {
    const count = 13_000; // 10,000 are many
    const backend = new MemoryBackend();
    const store = openStore(folder, { backend, packTarget: 64 * 1024 });
    const writer = store.writer(transaction());
    const chunks = Array.from({ length: count }, (_, i) => Buffer.from(`chunk ${i}`));
    await putChunks(writer, chunks, 1000);
    await writer.flush();
    const keys = await packKeys(backend);
    for (const key of keys.slice(0, -1)) await backend.remove(key);
    const { gone } = await store.index.refresh();
    assert.is(gone, keys.length - 1);
    const range = { gte: Buffer.from('c'), lt: Buffer.from('d') };
    const entries = await store.index.read((reader) => reader.entries(range, 30_000));
    const counts = { entries: entries.length, left: (await store.complete('', 30_000)).length };
    assert.is(counts.entries, counts.left);
    assert.ok(counts.left > 0 && counts.left < 5000);
    for (const { id } of await store.complete('', 30_000)) {
      assert.ok(plainIds.chunk(await store.readChunk(id)).equals(id));
    }
    const again = store.writer(transaction());
    assert.is(await putChunks(again, chunks, 1000), count - counts.left);
    await store.close();
  }),
);

refreshing.run();
