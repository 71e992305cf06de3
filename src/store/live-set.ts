/**
 * The ids of all objects that are live, for gc: 17 bytes a slot, 19 to 24 an id, where an `IdSet` takes 43 to 86.
 *
 * Of an id 17 bytes are looked at: the first 16, and the last, which chooses the shard. Two ids that agree in these 136 bits pass for one.
 * That does not happen by chance; who makes such a pair (2^68 hashes) can lose one of the two objects that he made.
 */
import { ID_LENGTH, type Id } from './id.ts';
import type { Space } from './space.ts';

const KEY_LENGTH = 16;
const SHARDS = 256;
const FIRST_SLOTS = 32;
const MOST_LOAD = 0.88;
const GROWTH = 1.25;

const LIVE = 1;
const FOUND = 3;

class Shard {
  #keys = Buffer.alloc(FIRST_SLOTS * KEY_LENGTH);
  #states = new Uint8Array(FIRST_SLOTS);
  #size = 0;

  get bytes(): number {
    return this.#keys.length + this.#states.length;
  }

  add(ids: Buffer, at: number): boolean {
    const slot = this.#slotFor(ids, at);
    if (this.#states[slot] !== 0) return false;
    ids.copy(this.#keys, slot * KEY_LENGTH, at, at + KEY_LENGTH);
    this.#states[slot] = LIVE;
    if (++this.#size > this.#states.length * MOST_LOAD) this.#grow();
    return true;
  }

  state(ids: Buffer, at: number): number {
    return this.#states[this.#slotFor(ids, at)]!;
  }

  /** True when it is live and was not found before. */
  find(ids: Buffer, at: number): boolean {
    const slot = this.#slotFor(ids, at);
    if (this.#states[slot] !== LIVE) return false;
    this.#states[slot] = FOUND;
    return true;
  }

  /** The key of an id that was not found. */
  firstLost(): Buffer | undefined {
    const slot = this.#states.indexOf(LIVE);
    return slot === -1 ? undefined : this.#keys.subarray(slot * KEY_LENGTH, (slot + 1) * KEY_LENGTH);
  }

  forget(): void {
    for (let slot = 0; slot < this.#states.length; slot++)
      if (this.#states[slot] === FOUND) this.#states[slot] = LIVE;
  }

  /** Open addressing by the id's first bytes, which are as good as random. */
  #slotFor(ids: Buffer, at: number): number {
    const slots = this.#states.length;
    let slot = Math.floor((ids.readUInt32LE(at) / 2 ** 32) * slots);
    while (this.#states[slot] !== 0 && !this.#isAt(slot, ids, at)) slot = slot + 1 === slots ? 0 : slot + 1;
    return slot;
  }

  #isAt(slot: number, ids: Buffer, at: number): boolean {
    const keys = this.#keys;
    const start = slot * KEY_LENGTH;
    for (let i = 0; i < KEY_LENGTH; i++) if (keys[start + i] !== ids[at + i]) return false;
    return true;
  }

  #grow(): void {
    const keys = this.#keys;
    const states = this.#states;
    const slots = Math.ceil(states.length * GROWTH);
    this.#keys = Buffer.alloc(slots * KEY_LENGTH);
    this.#states = new Uint8Array(slots);
    for (let i = 0; i < states.length; i++) {
      if (states[i] === 0) continue;
      const slot = this.#slotFor(keys, i * KEY_LENGTH);
      keys.copy(this.#keys, slot * KEY_LENGTH, i * KEY_LENGTH, (i + 1) * KEY_LENGTH);
      this.#states[slot] = states[i]!;
    }
    // Left to the garbage collector, what shards have grown out of is as much again as they take.
    (keys.buffer as ArrayBuffer).transfer(0);
  }
}

export class LiveSet {
  readonly #shards: Record<Space, Shard[]> = { meta: newShards(), chunk: newShards() };
  #size = 0;
  #found = 0;

  /** Live objects. */
  get size(): number {
    return this.#size;
  }

  /** Live objects that were not found since `forgetFound`. */
  get lost(): number {
    return this.#size - this.#found;
  }

  /** Memory that it takes. */
  get bytes(): number {
    let bytes = 0;
    for (const shard of this.#each()) bytes += shard.bytes;
    return bytes;
  }

  /** True when it was not live before. `id` may be the 32 bytes at `at` of a table. */
  add(space: Space, id: Id, at = 0): boolean {
    const added = this.#shard(space, id, at).add(id, at);
    if (added) this.#size++;
    return added;
  }

  has(space: Space, id: Buffer, at = 0): boolean {
    return this.#shard(space, id, at).state(id, at) !== 0;
  }

  /** Whether a live object was found. */
  isFound(space: Space, id: Buffer, at = 0): boolean {
    return this.#shard(space, id, at).state(id, at) === FOUND;
  }

  /** Notes that an object, if it is live, has a place; true when it is and had none. */
  find(space: Space, id: Buffer, at = 0): boolean {
    const found = this.#shard(space, id, at).find(id, at);
    if (found) this.#found++;
    return found;
  }

  forgetFound(): void {
    for (const shard of this.#each()) shard.forget();
    this.#found = 0;
  }

  /** The first digits of one id that was not found, for messages. */
  firstLost(): string | undefined {
    for (const shard of this.#each()) {
      const key = shard.firstLost();
      if (key) return key.toString('hex');
    }
    return undefined;
  }

  #shard(space: Space, id: Buffer, at: number): Shard {
    return this.#shards[space][id[at + ID_LENGTH - 1]!]!;
  }

  *#each(): Generator<Shard, void, undefined> {
    yield* this.#shards.meta;
    yield* this.#shards.chunk;
  }
}

function newShards(): Shard[] {
  return Array.from({ length: SHARDS }, () => new Shard());
}
