/** A set of objects, in which a chunk and a metadata object may have one id: 43 to 86 bytes each. */
import type { Id, ObjectType } from './id.ts';
import { IdSet } from './id-set.ts';
import { spaceOf } from './space.ts';

export class ObjectSet {
  readonly #ids = { meta: new IdSet(), chunk: new IdSet() };

  /** True when it was not in it before. */
  add(type: ObjectType, id: Id): boolean {
    return this.#ids[spaceOf(type)].add(id);
  }
}
