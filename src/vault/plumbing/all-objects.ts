/** Every object of a vault, once. */
import type { Id, ObjectType } from '../../store/id.ts';
import type { ObjectIndex } from '../../store/index/object-index.ts';
import type { Space } from '../../store/space.ts';
import type { Location } from '../../store/store.ts';
import { listPacks, packObjects } from '../packs/pack-listing.ts';
import type { Repository } from '../repository.ts';

export interface StoredObject {
  id: Id;
  type: ObjectType;
  place: Location;
}

export interface AllObjectsOptions {
  /** as they lie in the packs, which reads contents fastest, instead of by id */
  unordered?: boolean;
  /** an object that lies in several packs comes as often, as they lie there */
  copies?: boolean;
}

/**
 * In groups. An object that lies in several packs comes once, and so does an id that both a metadata object and a chunk have: as the former.
 * Memory does not grow with their number.
 */
export async function* allObjects(
  repository: Repository,
  options: AllObjectsOptions = {},
): AsyncGenerator<StoredObject[], void, undefined> {
  const { index } = repository.store;
  await index.refresh();
  if (options.copies) yield* everyCopy(repository);
  else yield* options.unordered ? inPackOrder(repository) : byId(index);
}

async function* byId(index: ObjectIndex): AsyncGenerator<StoredObject[], void, undefined> {
  const meta = new Cursor(index, 'meta');
  const chunks = new Cursor(index, 'chunk');
  for (;;) {
    await meta.fill();
    await chunks.fill();
    const merged: StoredObject[] = [];
    while (meta.current && chunks.current) {
      const order = meta.current.id.compare(chunks.current.id);
      merged.push(order <= 0 ? meta.take() : chunks.take());
      if (order === 0) chunks.take();
    }
    if (meta.isEnded) while (chunks.current) merged.push(chunks.take());
    if (chunks.isEnded) while (meta.current) merged.push(meta.take());
    if (merged.length > 0) yield merged;
    else if (meta.isEnded && chunks.isEnded) return;
  }
}

/** A place in one space of the index. */
class Cursor {
  readonly #pages: AsyncGenerator<{ id: Id; location: Location }[], void, undefined>;
  #page: { id: Id; location: Location }[] = [];
  #next = 0;
  isEnded = false;

  constructor(index: ObjectIndex, space: Space) {
    this.#pages = index.each(space);
  }

  get current(): { id: Id } | undefined {
    return this.#page[this.#next];
  }

  take(): StoredObject {
    const { id, location } = this.#page[this.#next++]!;
    return { id, type: location.type, place: location };
  }

  async fill(): Promise<void> {
    while (!this.current && !this.isEnded) {
      const { done, value } = await this.#pages.next();
      this.isEnded = done ?? false;
      this.#page = value ?? [];
      this.#next = 0;
    }
  }
}

/** An object comes with the pack that it is read from. */
async function* inPackOrder(repository: Repository): AsyncGenerator<StoredObject[], void, undefined> {
  const { store } = repository;
  for await (const objects of everyCopy(repository)) {
    const places = await store.locateAll(objects.map(({ id }) => id));
    yield objects.filter(({ place }, i) => samePlace(places[i], place));
  }
}

async function* everyCopy(repository: Repository): AsyncGenerator<StoredObject[], void, undefined> {
  for await (const { pack } of listPacks(repository)) yield* packObjects(repository, pack);
}

function samePlace(a: Location | undefined, b: Location): boolean {
  return a?.pack === b.pack && a.blockOffset === b.blockOffset && a.offset === b.offset;
}
