/** A store over a backend and a folder for its index, and objects to put into it. */
import { createHash } from 'node:crypto';
import type { Backend } from '../../src/store/backend/backend.ts';
import { MemoryBackend } from '../../src/store/backend/memory.ts';
import { type IdScheme, plainIds } from '../../src/store/hash/ids.ts';
import { type Id, ObjectType } from '../../src/store/id.ts';
import { IndexDb } from '../../src/store/index/db.ts';
import { ObjectIndex } from '../../src/store/index/object-index.ts';
import type { RefreshProgress } from '../../src/store/index/refresh.ts';
import { ObjectStore } from '../../src/store/object-store/object-store.ts';
import type { StoreWriter, WriterTransaction } from '../../src/store/object-store/object-writer.ts';
import { sealBlock } from '../../src/store/pack/block.ts';

export const VAULT_ID = 'ab'.repeat(32);

export interface RigOptions {
  backend?: Backend;
  vaultId?: string;
  packTarget?: number;
  blockTarget?: number;
  cacheBytes?: number;
  ids?: IdScheme;
  patience?: number;
  onProgress?: (progress: RefreshProgress) => void;
}

/** A store whose index is in `folder`/index. */
export function openStore(folder: string, options: RigOptions = {}): ObjectStore {
  const backend = options.backend ?? new MemoryBackend();
  const db = new IndexDb({
    places: [{ path: `${folder}/index`, tmp: `${folder}/tmp` }],
    vaultId: options.vaultId ?? VAULT_ID,
    patience: options.patience ?? 30_000,
  });
  const progress = options.onProgress && { onProgress: options.onProgress };
  return new ObjectStore({
    backend,
    index: new ObjectIndex(db, backend, { ...progress }),
    ids: options.ids ?? plainIds,
    settings: {
      pack: { target: options.packTarget ?? 16 * 1024 * 1024 },
      block: { target: options.blockTarget ?? 256 * 1024 },
      compression: { level: 3 },
    },
    cacheBytes: options.cacheBytes ?? 32 * 1024 * 1024,
  });
}

/** A transaction beside which there is no gc. */
export function transaction(excluded = new Set<string>()): WriterTransaction & { checked: string[] } {
  const checked: string[] = [];
  return {
    checked,
    assertUploadAllowed: () => undefined,
    mayRelyOn: (pack, present) => present && !excluded.has(pack),
    assertPacks: async (packs) => {
      checked.push(...packs);
    },
  };
}

/** `length` bytes that depend on `seed` only; half of them compress. */
export function bytesOf(seed: number | string, length: number): Buffer {
  const bytes = Buffer.alloc(length, `line ${seed}\n`);
  for (let at = 0, n = 0; at < length; at += 64, n++) {
    createHash('sha256')
      .update(`${seed}/${n}`)
      .digest()
      .copy(bytes, at, 0, Math.min(32, length - at));
  }
  return bytes;
}

/** Claims chunks and delivers those that are wanted, in blocks of `perBlock`; how many there were. */
export async function putChunks(
  writer: StoreWriter,
  chunks: readonly Buffer[],
  perBlock = 16,
): Promise<number> {
  const ids = chunks.map((chunk) => plainIds.chunk(chunk));
  const bitmap = await writer.claimChunks(Buffer.concat(ids));
  const wanted = chunks.flatMap((chunk, i) =>
    (bitmap[i >> 3]! >> (i & 7)) & 1 ? [{ chunk, id: ids[i]! }] : [],
  );
  for (let i = 0; i < wanted.length; i += perBlock) {
    const group = wanted.slice(i, i + perBlock);
    const objects = group.map(({ id, chunk }) => ({ id, type: ObjectType.chunk, length: chunk.length }));
    await writer.addBlock(sealBlock(objects, Buffer.concat(group.map(({ chunk }) => chunk)), 3));
  }
  return wanted.length;
}

/** Publishes `count` chunks of about `length` bytes and as many trees. */
export async function fillStore(
  store: ObjectStore,
  seed: string,
  count = 40,
  length = 500,
): Promise<{ chunks: Map<Id, Buffer>; trees: Map<Id, Buffer> }> {
  const writer = store.writer(transaction());
  const contents = Array.from({ length: count }, (_, i) => bytesOf(`${seed} chunk ${i}`, length + i));
  await putChunks(writer, contents);
  const trees = new Map<Id, Buffer>();
  for (let i = 0; i < count; i++) {
    const encoding = bytesOf(`${seed} tree ${i}`, length + i);
    trees.set(await writer.putMeta(ObjectType.tree, encoding), encoding);
  }
  await writer.flush();
  return { chunks: new Map(contents.map((bytes) => [plainIds.chunk(bytes), bytes])), trees };
}

/** Keys of all packs, ascending. */
export async function packKeys(backend: Backend): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of backend.list('objects/')) keys.push(key);
  return keys;
}
