/** Everything that objects lead to: what must be there for them to be whole. */
import { type Reference, references } from '../../objects/references.ts';
import { ObjectType } from '../../store/id.ts';
import { ObjectSet } from '../../store/object-set.ts';
import type { ObjectReader } from '../../store/store.ts';

/**
 * The objects themselves and all below them, each once, in no promised order. Memory: up to 90 bytes an object.
 * @param seen what is passed over, with all below it; what is given is added
 * @throws MISSING_OBJECT, DAMAGED where something below cannot be read
 */
export async function* closure(
  reader: ObjectReader,
  objects: readonly Reference[],
  seen = new ObjectSet(),
): AsyncGenerator<Reference, void, undefined> {
  const open = [...objects];
  for (let next = open.pop(); next; next = open.pop()) {
    if (!seen.add(next.type, next.id)) continue;
    yield next;
    if (next.type !== ObjectType.chunk) open.push(...(await references(reader, next)));
  }
}
