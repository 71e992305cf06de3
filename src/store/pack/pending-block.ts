/**
 * Small objects waiting until there are enough of them for a block.
 */
import { invariant } from '../../errors.ts';
import { type Id, idKey, type ObjectType } from '../id.ts';
import type { BlockObject, SealedBlock } from '../store.ts';
import { MAX_BLOCK_RAW, sealBlock } from './block.ts';

interface PendingObject {
  type: ObjectType;
  offset: number;
  length: number;
}

export class PendingBlock {
  readonly #target: number;
  readonly #byKey = new Map<string, PendingObject>();
  #objects: BlockObject[] = [];
  #raw: Buffer;
  #length = 0;

  /** @param target bytes; only an object longer than that makes a longer block */
  constructor(target: number) {
    this.#target = target;
    this.#raw = Buffer.allocUnsafeSlow(target);
  }

  /** Bytes of its objects. */
  get length(): number {
    return this.#length;
  }

  /** False when it should be sealed first. */
  hasRoomFor(length: number): boolean {
    return this.#length === 0 || this.#length + length <= this.#target;
  }

  /** Copies the object's bytes. */
  add(id: Id, type: ObjectType, bytes: Uint8Array): void {
    const length = bytes.byteLength;
    invariant(length > 0 && length <= MAX_BLOCK_RAW, `an object of ${length} bytes`);
    if (this.#length + length > this.#raw.length) this.#raw = Buffer.allocUnsafeSlow(length);
    this.#raw.set(bytes, this.#length);
    this.#objects.push({ id, type, length });
    this.#byKey.set(idKey(id), { type, offset: this.#length, length });
    this.#length += length;
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** A copy of the object's bytes, and its type. */
  read(key: string): { type: ObjectType; bytes: Buffer } | undefined {
    const found = this.#byKey.get(key);
    if (!found) return undefined;
    const { type, offset, length } = found;
    return { type, bytes: Buffer.from(this.#raw.subarray(offset, offset + length)) };
  }

  /** Seals what waits, 1 … n objects; then nothing waits. */
  seal(level: number): SealedBlock {
    const block = sealBlock(this.#objects, this.#raw.subarray(0, this.#length), level);
    if (this.#raw.length > this.#target) this.#raw = Buffer.allocUnsafeSlow(this.#target);
    this.#objects = [];
    this.#byKey.clear();
    this.#length = 0;
    return block;
  }
}
