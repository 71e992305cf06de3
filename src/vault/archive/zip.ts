/**
 * A zip file as a stream; the deflating is fflate's.
 *
 * fflate has a container of its own, but that knows no zip64 (4 GiB, 65,535 names), writes local time, and keeps every name
 * until the end. Here a name costs 28 bytes until the directory is written, for which the names are walked over once more.
 */
import { crc32 } from 'node:zlib';
import { Deflate, deflateSync } from 'fflate';
import { Kind } from '../../objects/model.ts';
import {
  descriptor,
  directoryRecord,
  endRecords,
  localHeader,
  type ZipMember,
  type ZipSums,
  type ZipWay,
} from './zip-records.ts';

/** Contents up to this size are deflated in one piece, and kept raw where that does not pay. */
const SMALL = 1024 * 1024;
const LEVEL = 6;
/** A little less than 4 GiB, since deflating may make a content a little larger. */
const LEAST_WIDE = 0xf0000000;

export class ZipWriter {
  #offset = 0;
  readonly #columns = new Columns();
  readonly #leastWide: number;

  /** @param leastWide size or offset from which the fields of zip64 are used */
  constructor(leastWide = LEAST_WIDE) {
    this.#leastWide = leastWide;
  }

  /**
   * The bytes of one member.
   * @param size of the content exactly; 0 for a folder
   * @throws REFUSED for a name that a zip file cannot hold
   */
  async *member(
    member: ZipMember,
    size: number,
    content: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const start = this.#offset;
    const sums = { crc: 0, stored: 0, size };
    const parts =
      size <= SMALL ? small(member, sums, content) : large(member, sums, content, this.#way(sums));
    for await (const part of parts) {
      this.#offset += part.length;
      yield part;
    }
    this.#columns.add(start, sums);
  }

  /** The directory. @param members the same ones, in the same order */
  async *end(members: AsyncIterable<ZipMember>): AsyncGenerator<Uint8Array, void, undefined> {
    const start = this.#offset;
    let i = 0;
    for await (const member of members) {
      const { offset, ...sums } = this.#columns.at(i++);
      const way = this.#way(sums);
      const record = directoryRecord(member, sums, offset, {
        ...way,
        wide: way.wide || offset >= this.#leastWide,
      });
      this.#offset += record.length;
      yield record;
    }
    yield endRecords(i, start, this.#offset - start, this.#offset >= this.#leastWide);
  }

  #way({ stored, size }: ZipSums): ZipWay {
    const isLarge = size > SMALL;
    return { deflated: isLarge || stored < size, sizesFollow: isLarge, wide: size >= this.#leastWide };
  }
}

/** What the directory must know of each member, in the order of writing. */
class Columns {
  #count = 0;
  #numbers = new Float64Array(3 * 1024);
  #crcs = new Uint32Array(1024);

  add(offset: number, { stored, size, crc }: ZipSums): void {
    if (this.#count === this.#crcs.length) {
      const numbers = new Float64Array(2 * this.#numbers.length);
      const crcs = new Uint32Array(2 * this.#crcs.length);
      numbers.set(this.#numbers);
      crcs.set(this.#crcs);
      this.#numbers = numbers;
      this.#crcs = crcs;
    }
    this.#numbers.set([offset, stored, size], 3 * this.#count);
    this.#crcs[this.#count++] = crc;
  }

  at(i: number): ZipSums & { offset: number } {
    const [offset, stored, size] = [0, 1, 2].map((column) => this.#numbers[3 * i + column]!);
    return { offset: offset!, stored: stored!, size: size!, crc: this.#crcs[i]! };
  }
}

/** @param sums what is not known yet is filled in */
async function* small(
  member: ZipMember,
  sums: ZipSums,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  const raw = Buffer.concat(parts);
  const isWorthIt = member.entry.kind === Kind.file && raw.length > 0;
  const deflated = isWorthIt ? deflateSync(raw, { level: LEVEL }) : raw;
  const bytes = deflated.length < raw.length ? deflated : raw;
  Object.assign(sums, { crc: crc32(raw), stored: bytes.length });
  yield localHeader(member, sums, { deflated: bytes !== raw, sizesFollow: false, wide: false });
  yield bytes;
}

async function* large(
  member: ZipMember,
  sums: ZipSums,
  content: AsyncIterable<Uint8Array>,
  way: ZipWay,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield localHeader(member, { crc: 0, stored: 0, size: 0 }, way);
  const deflated: Uint8Array[] = [];
  const deflate = new Deflate({ level: LEVEL }, (part) => deflated.push(part));
  for await (const part of content) {
    sums.crc = crc32(part, sums.crc);
    deflate.push(part);
    yield* taken(deflated, sums);
  }
  deflate.push(new Uint8Array(0), true);
  yield* taken(deflated, sums);
  yield descriptor(sums, way.wide);
}

function* taken(parts: Uint8Array[], sums: ZipSums): Generator<Uint8Array, void, undefined> {
  for (const part of parts.splice(0)) {
    sums.stored += part.length;
    yield part;
  }
}
