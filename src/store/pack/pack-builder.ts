/**
 * A pack being filled in memory. Its blocks stay as they were sealed, and can be read until it is published.
 */
import { invariant } from '../../errors.ts';
import { createSha256 } from '../hash/hash.ts';
import { idKey, type ObjectType } from '../id.ts';
import type { PackKind } from '../space.ts';
import type { SealedBlock } from '../store.ts';
import { assertObjects } from './block.ts';
import { encodeRows, ROW_LENGTH } from './object-table.ts';
import {
  BLOCK_ROW_LENGTH,
  encodeFooter,
  encodeHeader,
  MAX_PACK_LENGTH,
  MAX_PACK_OBJECTS,
  PACK_HEADER_LENGTH,
  PACK_TRAILER_LENGTH,
  type PackContents,
} from './pack.ts';

/** A block of a pack that is not published yet. */
export interface OpenBlock {
  /** of this process' blocks */
  serial: number;
  bytes: Buffer;
  rawLength: number;
}

/** An object in a pack that is not published yet. */
export interface OpenObject {
  block: OpenBlock;
  type: ObjectType;
  /** in the decoded block */
  offset: number;
  length: number;
}

export interface FinishedPack {
  /** SHA-256 of the parts, hex */
  name: string;
  parts: Buffer[];
  contents: PackContents;
}

/** Bytes that a footer may need besides its rows, and the trailer. */
const END_ROOM = 1024;

let blocksMade = 0;

export class PackBuilder {
  readonly kind: PackKind;
  readonly #hash = createSha256();
  readonly #parts: Buffer[];
  readonly #blockRows: Buffer[] = [];
  readonly #objectRows: Buffer[] = [];
  readonly #objects = new Map<string, OpenObject>();
  #count = 0;
  #length = PACK_HEADER_LENGTH;

  /** @param salt 32 random bytes, which make the pack's name one that never was and never comes again */
  constructor(kind: PackKind, salt: Buffer) {
    this.kind = kind;
    const header = encodeHeader(kind, salt);
    this.#parts = [header];
    this.#hash.update(header);
  }

  /** Objects in it. */
  get count(): number {
    return this.#count;
  }

  /** Bytes that it would have at most if it were finished now. */
  get size(): number {
    return this.#length + this.#blockRows.length * BLOCK_ROW_LENGTH + this.#count * ROW_LENGTH + END_ROOM;
  }

  /** False when a pack with the block as well would be longer, or hold more objects, than a pack may. */
  hasRoomFor(block: SealedBlock): boolean {
    const rows = BLOCK_ROW_LENGTH + block.objects.length * ROW_LENGTH;
    const fits = this.size + block.bytes.byteLength + rows < MAX_PACK_LENGTH;
    return fits && this.#count + block.objects.length <= MAX_PACK_OBJECTS;
  }

  add(block: SealedBlock): void {
    assertObjects(block.objects, block.rawLength);
    invariant(this.hasRoomFor(block), 'a block does not fit its pack');
    const { buffer, byteOffset, byteLength } = block.bytes;
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    const row = Buffer.allocUnsafe(BLOCK_ROW_LENGTH);
    row.writeUInt32BE(this.#length, 0);
    row.writeUInt32BE(bytes.length, 4);
    row.writeUInt32BE(block.rawLength, 8);
    row.writeUInt32BE(block.objects.length, 12);
    this.#hash.update(bytes);
    this.#parts.push(bytes);
    this.#blockRows.push(row);
    this.#objectRows.push(encodeRows(block.objects));
    this.#count += block.objects.length;
    this.#length += bytes.length;
    const own: OpenBlock = { serial: blocksMade++, bytes, rawLength: block.rawLength };
    let offset = 0;
    for (const { id, type, length } of block.objects) {
      this.#objects.set(idKey(id), { block: own, type, offset, length });
      offset += length;
    }
  }

  /** @param key of an id, as `idKey` makes it */
  find(key: string): OpenObject | undefined {
    return this.#objects.get(key);
  }

  has(key: string): boolean {
    return this.#objects.has(key);
  }

  /** Adds footer and trailer. Nothing can be added any more. */
  finish(level: number): FinishedPack {
    const blocks = Buffer.concat(this.#blockRows);
    const objects = Buffer.concat(this.#objectRows);
    const [footer, trailer] = encodeFooter(blocks, objects, level);
    this.#hash.update(footer);
    this.#hash.update(trailer);
    const size = this.#length + footer.length + PACK_TRAILER_LENGTH;
    invariant(size < MAX_PACK_LENGTH, `a pack of ${size} bytes`);
    return {
      name: this.#hash.digest().toString('hex'),
      parts: [...this.#parts, footer, trailer],
      contents: { kind: this.kind, size, blocks, objects },
    };
  }
}
