/** Everything that objects lead to: what must be there for them to be whole. */
import { type Reference, references } from '../objects/references.ts';
import { ObjectType } from '../store/id.ts';
import { IdSet } from '../store/id-set.ts';
import type { ObjectReader } from '../store/store.ts';

/**
 * The objects themselves and all below them, each once, in no promised order. Memory: up to 90 bytes an object.
 * @throws MISSING_OBJECT, DAMAGED where something below cannot be read
 */
export async function* closure(
  reader: ObjectReader,
  objects: readonly Reference[],
): AsyncGenerator<Reference, void, undefined> {
  // A chunk may have the id of a metadata object.
  const seen = { chunk: new IdSet(), meta: new IdSet() };
  const open = [...objects];
  for (let next = open.pop(); next; next = open.pop()) {
    const isChunk = next.type === ObjectType.chunk;
    if (!seen[isChunk ? 'chunk' : 'meta'].add(next.id)) continue;
    yield next;
    if (!isChunk) open.push(...(await references(reader, next)));
  }
}
