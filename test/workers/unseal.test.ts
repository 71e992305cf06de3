/** What an unseal worker hands over, and what it keeps. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { ChunkReader } from '../../src/workers/unseal-chunks.ts';
import { BLOCK_COLUMNS, type ChunksResult, PLACE_COLUMNS } from '../../src/workers/unseal-protocol.ts';
import { fillStore, openStore } from '../store/store-rig.ts';
import { withFolder } from '../store/temporary.ts';

test('a block whose memory went away with a result is read again by the next job', () =>
  withFolder(async (folder) => {
    const backend = new MemoryBackend();
    const store = openStore(folder, { backend });
    const { chunks } = await fillStore(store, 'seed', 16, 4000);
    const ids = [...chunks.keys()];
    const places = (await store.locateAll(ids, 'chunk')).map((place) => place!);
    assert.is(new Set(places.map(({ blockOffset }) => blockOffset)).size, 1, 'one block');
    const reader = new ChunkReader(backend);
    // A part of the block leaves it in the reader's cache, all of it takes it from there.
    for (const count of [2, 16, 16, 2, 2, 16, 2]) {
      const { pack, blockOffset, blockLength, blockRawLength } = places[0]!;
      const block = [0, blockOffset, blockLength, blockRawLength];
      assert.is(block.length, BLOCK_COLUMNS);
      const wanted = places.slice(0, count);
      const { payload, transfer } = await reader.read({
        type: 'chunks',
        packs: [pack],
        blocks: Float64Array.from(block),
        chunks: Uint32Array.from(wanted.flatMap(({ offset, length }) => [0, offset, length])),
        ids: Buffer.concat(ids.slice(0, count)),
        checked: new Uint8Array(count).fill(1),
      });
      const result = payload as ChunksResult;
      assert.equal(result.failures, []);
      for (let i = 0; i < count; i++) {
        const buffer = result.buffers[result.places[i * PLACE_COLUMNS]!]!;
        const start = result.places[i * PLACE_COLUMNS + 1]!;
        const bytes = buffer.subarray(start, start + wanted[i]!.length);
        assert.ok(chunks.get(ids[i]!)!.equals(bytes));
      }
      for (const memory of transfer ?? []) (memory as ArrayBuffer).transfer(0);
    }
    await store.close();
  }));

test.run();
