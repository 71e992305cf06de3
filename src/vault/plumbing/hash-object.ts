/** Ids of contents, and their storing by hand: what `hash-object` does. */
import type { ChunkRef } from '../../objects/model.ts';
import { type Content, storeContent } from '../contents/store-content.ts';
import type { Repository } from '../repository.ts';
import { ScratchWriter } from '../scan/scratch-writer.ts';
import { storeByHand } from '../transaction/stored-by-hand.ts';

export interface HashedContent extends Content {
  chunks: (ChunkRef & { offset: number })[];
}

/** Contents that one transaction takes in; its commit names each (a record holds 10,000 ids). */
const MOST_CONTENTS = 8192;

export interface HashOptions {
  signal?: AbortSignal;
}

/** The contents' ids, as storing them would give. Nothing is stored. Results come in order, as each is known. @throws ABORTED */
export async function* hashContents(
  repository: Repository,
  contents: AsyncIterable<AsyncIterable<Uint8Array>>,
  options: HashOptions = {},
): AsyncGenerator<HashedContent, void, undefined> {
  for await (const bytes of contents) {
    yield await hashOne(repository, new ScratchWriter(repository.store), bytes, options);
  }
}

/**
 * Stores the contents. What is stored by hand stays for 14 days unless a snapshot or tag takes it up (`docs/format.md`, "Transactions and gc").
 * Results come when all of a transaction's contents are safe.
 * @throws ABORTED
 */
export async function* storeContents(
  repository: Repository,
  contents: AsyncIterable<AsyncIterable<Uint8Array>>,
  options: HashOptions = {},
): AsyncGenerator<HashedContent, void, undefined> {
  const rest = contents[Symbol.asyncIterator]();
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    const stored: HashedContent[] = [];
    await storeByHand(repository, async ({ writer }) => {
      for (; !next.done; next = await rest.next()) {
        stored.push(await hashOne(repository, writer, next.value, options));
        if (stored.length === MOST_CONTENTS) break;
      }
      return { ids: stored.map(({ id }) => id) };
    });
    yield* stored;
  }
}

async function hashOne(
  repository: Repository,
  writer: Parameters<typeof storeContent>[2],
  bytes: AsyncIterable<Uint8Array>,
  { signal }: HashOptions,
): Promise<HashedContent> {
  const chunks: HashedContent['chunks'] = [];
  const content = await storeContent(bytes, repository.config.chunker, writer, (chunk, offset) => {
    signal?.throwIfAborted();
    chunks.push({ ...chunk, offset });
  });
  return { ...content, chunks };
}
