/**
 * Finds all that is alive. Memory: the set of live ids (store/live-set.ts: 20 to 30 bytes each, 300 MB for 10 million), and the open
 * ends of one way down, some thousand references.
 *
 * Roots are walked in the order in which they came to be, so what one brings lies together in packs: each block of metadata is decoded
 * about once. Contents are not read.
 */
import { type Reference, references } from '../../objects/references.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../store/id.ts';
import { LiveSet } from '../../store/live-set.ts';
import type { ObjectStore } from '../../store/object-store/object-store.ts';
import { spaceOf } from '../../store/space.ts';
import type { Progress } from '../progress.ts';
import { IDS_PER_RELEASE, releaseMemoryEvery } from '../release-memory.ts';
import type { Root, Roots } from './roots.ts';

export interface MarkOptions {
  progress: Progress;
  signal?: AbortSignal;
}

/**
 * @throws MISSING_OBJECT when something that must be there is not: gc has moved on, or it is damage; DAMAGED, ABORTED
 */
export async function mark(store: ObjectStore, roots: Roots, options: MarkOptions): Promise<LiveSet> {
  const walk = new Walk(store, options);
  options.progress.phase('mark');
  for (const root of roots.whole) if (!root.loose) await walk.whole(root);
  for (const id of roots.shallow) await walk.shallow(id);
  await walk.ancestors();
  await walk.loose(roots.whole.filter(({ loose }) => loose));
  return walk.live;
}

class Walk {
  readonly live = new LiveSet();
  readonly #store: ObjectStore;
  readonly #options: MarkOptions;
  /** parents of live snapshots: they stay, shallow */
  readonly #parents: Id[] = [];
  #open: Reference[] = [];

  constructor(store: ObjectStore, options: MarkOptions) {
    this.#store = store;
    this.#options = options;
  }

  async whole({ id, type }: Root): Promise<void> {
    if (type !== undefined) this.#visit({ id, type });
    else for (const found of await typesOf(this.#store, id)) this.#visit({ id, type: found });
    await this.#walk();
  }

  /** The snapshot's object and its changes, which tell what happened to a path; not its tree. */
  async shallow(id: Id): Promise<void> {
    if (!this.live.add('meta', id)) return;
    this.#tick();
    const { changes, parents } = await readSnapshot(this.#store, id);
    if (changes) this.#visit({ id: changes, type: ObjectType.changes });
    this.#parents.push(...parents);
    await this.#walk();
  }

  /** When all that is alive as a whole has been walked: what it descends from. */
  async ancestors(): Promise<void> {
    for (let id = this.#parents.pop(); id; id = this.#parents.pop()) await this.shallow(id);
  }

  /** What is there of objects that need not be whole. */
  async loose(roots: readonly Root[]): Promise<void> {
    if (roots.length === 0) return;
    // The packs of every commit that was listed are known after that.
    await this.#store.index.refresh();
    for (const { id } of roots) {
      // Also one that is alive already: a forgotten snapshot, of which only the object was walked so far.
      for (const type of await typesOf(this.#store, id)) await this.#openIfThere({ id, type });
      for (let next = this.#open.pop(); next; next = this.#open.pop()) {
        for (const reference of await references(this.#store, next)) await this.#visitIfThere(reference);
      }
    }
  }

  async #visitIfThere(reference: Reference): Promise<void> {
    const { id, type } = reference;
    if (!this.live.has(spaceOf(type), id)) await this.#openIfThere(reference);
  }

  async #openIfThere(reference: Reference): Promise<void> {
    const { id, type } = reference;
    const space = spaceOf(type);
    if (!(await this.#store.index.find(id, space))) return;
    if (this.live.add(space, id)) this.#tick();
    this.#open.push(reference);
  }

  async #walk(): Promise<void> {
    for (let next = this.#open.pop(); next; next = this.#open.pop()) {
      if (next.type === ObjectType.snapshot) {
        const { parents } = await readSnapshot(this.#store, next.id);
        this.#parents.push(...parents);
      }
      for (const reference of await references(this.#store, next)) this.#visit(reference);
    }
  }

  #visit(reference: Reference): void {
    const { id, type } = reference;
    const isChunk = type === ObjectType.chunk;
    if (isChunk && id.equals(EMPTY_CONTENT)) return;
    if (!this.live.add(spaceOf(type), id)) return;
    this.#tick();
    if (!isChunk) this.#open.push(reference);
  }

  #tick(): void {
    releaseMemoryEvery(IDS_PER_RELEASE, this.live.size);
    this.#options.signal?.throwIfAborted();
    this.#options.progress.file(0, false);
  }
}

/** What a committed id may be: both, should a chunk have the id of metadata. */
export async function typesOf(store: ObjectStore, id: Id): Promise<ObjectType[]> {
  const meta = (await store.locate(id, 'meta'))?.type;
  const types = meta === undefined ? [] : [meta];
  if (meta === undefined || (await store.index.find(id, 'chunk'))) types.push(ObjectType.chunk);
  return types;
}
