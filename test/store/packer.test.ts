import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VaultError } from '../../src/errors.ts';
import { FaultBackend } from '../../src/store/backend/fault.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { sha256 } from '../../src/store/hash/hash.ts';
import { idKey, ObjectType } from '../../src/store/id.ts';
import { packKey } from '../../src/store/layout.ts';
import { sealBlock } from '../../src/store/pack/block.ts';
import { MAX_PACK_LENGTH } from '../../src/store/pack/pack.ts';
import { type FinishedPack, PackBuilder } from '../../src/store/pack/pack-builder.ts';
import { Packer, type PackerOptions } from '../../src/store/pack/packer.ts';
import { PackKind } from '../../src/store/space.ts';
import type { SealedBlock } from '../../src/store/store.ts';
import { rejects, throws } from './backend-suite.ts';
import { packKeys } from './store-rig.ts';

function blockOf(length: number): SealedBlock {
  const raw = randomBytes(length);
  return sealBlock([{ id: sha256(raw), type: ObjectType.chunk, length }], raw, 1);
}

function options(
  target: number,
  after: (pack: FinishedPack) => Promise<void> = async () => {},
): PackerOptions {
  return { target, level: 3, beforeUpload: () => undefined, afterUpload: after };
}

test('packs are published when they reach the target, under the SHA-256 of their bytes', async () => {
  const backend = new MemoryBackend();
  const finished: string[] = [];
  const packer = new Packer(
    backend,
    options(10_000, async ({ name }) => void finished.push(name)),
  );
  for (let i = 0; i < 20; i++) await packer.add(PackKind.data, blockOf(1000));
  await packer.flush(PackKind.data);
  const keys = await packKeys(backend);
  assert.equal(finished.map(packKey).sort(), keys);
  assert.ok(keys.length >= 2 && keys.length <= 4, `${keys.length} packs`);
  let bytes = 0;
  for (const key of keys) {
    const pack = backend.readSync(key);
    bytes += pack.length;
    assert.ok(key.endsWith(sha256(pack).toString('hex')));
  }
  assert.is(packer.bytes, bytes);
});

test('a pack that is on its way stays as it was when it got its name, whatever is made meanwhile', async () => {
  const storage = new MemoryBackend();
  const create = storage.create.bind(storage);
  storage.create = async (key, parts) => {
    await setTimeout(20);
    return create(key, parts);
  };
  const packer = new Packer(storage, options(2000));
  const added: Promise<void>[] = [];
  for (let i = 0; i < 6; i++) {
    for (const kind of [PackKind.data, PackKind.meta]) {
      // Many rows of one length, so that the footer is compressed.
      const raw = Buffer.alloc(3000, `${kind} ${i}`);
      const id = sha256(raw);
      const objects = Array.from({ length: 300 }, () => ({
        id,
        type: kind === PackKind.data ? ObjectType.chunk : ObjectType.tree,
        length: 10,
      }));
      added.push(packer.add(kind, sealBlock(objects, raw, 3)), packer.add(kind, blockOf(3000)));
    }
  }
  await Promise.all(added);
  await packer.flush(PackKind.data);
  await packer.flush(PackKind.meta);
  const keys = await packKeys(storage);
  assert.ok(keys.length >= 12, `${keys.length} packs`);
  for (const key of keys) assert.ok(key.endsWith(sha256(storage.readSync(key)).toString('hex')), key);
});

test('an object can be found until its pack is recorded', async () => {
  let record = () => {};
  const packer = new Packer(
    new MemoryBackend(),
    options(100_000, () => new Promise<void>((resolve) => (record = resolve))),
  );
  const block = blockOf(1000);
  const key = idKey(block.objects[0]!.id);
  await packer.add(PackKind.data, block);
  assert.is(packer.find(PackKind.data, key)?.length, 1000);
  assert.is(packer.find(PackKind.meta, key), undefined);
  const flushed = packer.flush(PackKind.data);
  for (let i = 0; i < 50; i++) await Promise.resolve();
  assert.is(packer.find(PackKind.data, key)?.length, 1000);
  record();
  await flushed;
  assert.is(packer.find(PackKind.data, key), undefined);
});

test('at most two packs are on their way, and whoever adds waits', async () => {
  const gates: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const packer = new Packer(
    new MemoryBackend(),
    options(1000, async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => gates.push(resolve));
      running--;
    }),
  );
  let added = 0;
  const adding = Array.from({ length: 6 }, () =>
    packer.add(PackKind.data, blockOf(2000)).then(() => added++),
  );
  for (let i = 0; i < 200; i++) await Promise.resolve();
  assert.is(most, 2);
  assert.is(added, 1); // the first found room
  while (gates.length > 0) {
    gates.shift()!();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(adding);
  await packer.flush(PackKind.data);
  assert.is(most, 2);
});

test('a failed upload fails whatever comes after it', async () => {
  const inner = new MemoryBackend();
  let fail = false;
  const backend = new FaultBackend(inner, () =>
    fail ? { when: 'before', error: new VaultError('NO_SPACE', 'full') } : undefined,
  );
  const packer = new Packer(backend, options(5000));
  await packer.add(PackKind.data, blockOf(6000));
  fail = true;
  await packer.add(PackKind.data, blockOf(6000)).catch(() => undefined);
  await rejects(packer.flush(PackKind.data), 'NO_SPACE');
  fail = false;
  await rejects(packer.add(PackKind.data, blockOf(10)), 'NO_SPACE');
  await rejects(packer.flush(PackKind.meta), 'NO_SPACE');
});

test('a transaction that must not upload stops it before anything is there', async () => {
  const backend = new MemoryBackend();
  const refuse = () => {
    throw new VaultError('BUG', 'no');
  };
  const packer = new Packer(backend, { ...options(5000), beforeUpload: refuse });
  await packer.add(PackKind.data, blockOf(100));
  await rejects(packer.flush(PackKind.data), 'BUG');
  assert.equal(await packKeys(backend), []);
});

test('a pack that is there already is taken for ours when it is as long', async () => {
  class Answerless extends MemoryBackend {
    override async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
      await super.create(key, parts);
      return false; // the first answer was lost, and the request sent again
    }
  }
  let recorded = 0;
  const packer = new Packer(
    new Answerless(),
    options(5000, async () => void recorded++),
  );
  await packer.add(PackKind.data, blockOf(100));
  await packer.flush(PackKind.data);
  assert.is(recorded, 1);
  class Wrong extends MemoryBackend {
    override async create(key: string): Promise<boolean> {
      await super.create(key, [Buffer.from('else')]);
      return false;
    }
  }
  const other = new Packer(new Wrong(), options(5000));
  await other.add(PackKind.data, blockOf(100));
  await rejects(other.flush(PackKind.data), 'DAMAGED');
});

test('a pack takes no block beyond its bounds', () => {
  const builder = new PackBuilder(PackKind.data, Buffer.alloc(32));
  const large = { bytes: Buffer.alloc(MAX_PACK_LENGTH - 1000), rawLength: 1, objects: blockOf(1).objects };
  assert.is(builder.hasRoomFor(large), false);
  throws(() => builder.add(large), 'BUG');
  assert.is(builder.hasRoomFor({ ...large, bytes: Buffer.alloc(MAX_PACK_LENGTH - 2000) }), true);
});

test.run();
