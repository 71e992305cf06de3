/** Contents from a stream of bytes: cut, hashed, and stored where a writer is given. One thread: for pipes and single files. */
import { type ChunkerParams, createChunker } from '../../objects/chunker.ts';
import { ListBuilder } from '../../objects/list.ts';
import type { ChunkRef } from '../../objects/model.ts';
import { createSha256 } from '../../store/hash/hash.ts';
import type { Id } from '../../store/id.ts';
import type { ObjectWriter } from '../../store/store.ts';

export interface Content {
  id: Id;
  /** the id names a list, not a chunk */
  list: boolean;
  /** bytes */
  size: number;
  /** SHA-256 of all bytes */
  sha256: Buffer;
}

/** Bytes read ahead of a cut, besides what one chunk may have. */
const READ_AHEAD = 1024 * 1024;

/**
 * @param writer where chunks and lists go; a `ScratchWriter` only hashes
 * @param onChunk told of each chunk in order
 * @throws what `bytes` or `writer` throw
 */
export async function storeContent(
  bytes: AsyncIterable<Uint8Array>,
  chunkerParams: ChunkerParams,
  writer: ObjectWriter,
  onChunk?: (chunk: ChunkRef, offset: number) => void | Promise<void>,
): Promise<Content> {
  const chunker = createChunker(chunkerParams);
  const whole = createSha256();
  const list = new ListBuilder((type, encoding) => writer.putMeta(type, encoding));
  const buffer = Buffer.allocUnsafeSlow(chunkerParams.max + READ_AHEAD);
  let held = 0;
  let offset = 0;

  /** Cuts off all chunks that are complete; what is left moves to the front. */
  const cut = async (final: boolean): Promise<void> => {
    let start = 0;
    while (start < held) {
      const end = chunker.next(buffer, start, held, final);
      if (end <= start) break;
      const chunk = buffer.subarray(start, end);
      const id = await writer.putChunk(chunk);
      await list.add({ id, length: chunk.length });
      await onChunk?.({ id, length: chunk.length }, offset);
      offset += chunk.length;
      start = end;
    }
    buffer.copyWithin(0, start, held);
    held -= start;
  };

  for await (const piece of bytes) {
    whole.update(piece);
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + buffer.length - held);
      buffer.set(part, held);
      held += part.length;
      at += part.length;
      if (held === buffer.length) await cut(false);
    }
  }
  await cut(true);
  return { ...(await list.finish()), sha256: whole.digest() };
}
