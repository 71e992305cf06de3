/** A set of ids in one piece of memory: 43 to 86 bytes an id, where a `Set` of strings takes 120. */
import { ID_LENGTH, type Id, isSameId } from './id.ts';

const FIRST_SLOTS = 1024;

export class IdSet {
  #ids = Buffer.alloc(FIRST_SLOTS * ID_LENGTH);
  #used = new Uint8Array(FIRST_SLOTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** True when it was not in it before. */
  add(id: Id): boolean {
    const slot = this.#slotFor(id);
    if (this.#used[slot] === 1) return false;
    this.#ids.set(id, slot * ID_LENGTH);
    this.#used[slot] = 1;
    this.#size++;
    if (this.#size > this.#used.length * 0.75) this.#grow();
    return true;
  }

  /** @param at where the id begins in `ids` */
  has(ids: Buffer, at = 0): boolean {
    return this.#used[this.#slotFor(ids, at)] === 1;
  }

  /** Open addressing by the id's first bytes, which are as good as random. */
  #slotFor(ids: Buffer, at = 0): number {
    const mask = this.#used.length - 1;
    let slot = ids.readUInt32LE(at) & mask;
    while (this.#used[slot] === 1 && !isSameId(this.#ids, slot * ID_LENGTH, ids, at)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const ids = this.#ids;
    const used = this.#used;
    this.#ids = Buffer.alloc(ids.length * 2);
    this.#used = new Uint8Array(used.length * 2);
    for (let i = 0; i < used.length; i++) {
      if (used[i] === 0) continue;
      const id = ids.subarray(i * ID_LENGTH, (i + 1) * ID_LENGTH);
      const slot = this.#slotFor(id);
      this.#ids.set(id, slot * ID_LENGTH);
      this.#used[slot] = 1;
    }
  }
}
