/**
 * Reads the rows of a page, field by field, from msgpack: what `decode` gives, without the arrays in between. Every
 * read is checked against the page's end, so that there is nothing to check before.
 */
import type { Id } from '../store/id.ts';
import { decode, skipValue, skipValues } from './encoding.ts';
import { malformed } from './malformed.ts';

interface RecentText {
  start: number;
  end: number;
  value: string;
}

const UINT_32 = 0xce;
const NIL = 0xc0;
const TRUE = 0xc3;
const EMPTY_ARRAY = 0x90;

export class RowReader {
  /** the page that is read, for who says later what is wrong with it */
  readonly page: Id | undefined;
  /** all of it: a view of a block that others read, too */
  readonly bytes: Buffer;
  #at: number;
  #latin1: string | undefined;
  readonly #recent: RecentText[] = [];

  constructor(bytes: Buffer, page?: Id) {
    this.page = page;
    this.bytes = bytes;
    this.#at = 0;
  }

  /** How far the reader is. */
  get position(): number {
    return this.#at;
  }

  /** Reads on from where a row begins. */
  goTo(position: number): this {
    this.#at = position;
    return this;
  }

  get remaining(): number {
    return this.bytes.length - this.#at;
  }

  /** Skips a nil, if there is one. */
  nil(): boolean {
    if (this.bytes[this.#at] !== NIL) return false;
    this.#at++;
    return true;
  }

  /** Skips a true, if there is one. */
  true(): boolean {
    if (this.bytes[this.#at] !== TRUE) return false;
    this.#at++;
    return true;
  }

  /** Skips an empty array, if there is one. */
  emptyArray(): boolean {
    if (this.bytes[this.#at] !== EMPTY_ARRAY) return false;
    this.#at++;
    return true;
  }

  /** The length of the array that begins here. */
  array(what: string): number {
    const bytes = this.bytes;
    const token = bytes[this.#at++]!;
    if ((token & 0xf0) === 0x90) return token & 0x0f;
    if (token === 0xdc) return this.#uint(2);
    if (token === 0xdd) return this.#uint(4);
    return malformed(`${what} is not an array`);
  }

  /** An integer from 0 to `max`, which is safe. */
  uint(max: number, what: string): number {
    const value = this.int(what);
    return value >= 0 && value <= max ? (value as number) : malformed(`${what} is out of range`);
  }

  /** Any integer: Number where it is safe, else BigInt. */
  int(what: string): number | bigint {
    const token = this.bytes[this.#at++]!;
    if (token < 0x80) return token;
    if (token >= 0xe0) return token - 0x100;
    switch (token) {
      case 0xcc:
        return this.#uint(1);
      case 0xcd:
        return this.#uint(2);
      case 0xce:
        return this.#uint(4);
      case 0xd0:
        return (this.#uint(1) << 24) >> 24;
      case 0xd1:
        return (this.#uint(2) << 16) >> 16;
      case 0xd2:
        return this.#uint(4) | 0;
      case 0xcf:
      case 0xd3:
        return this.#long(token === 0xd3);
      default:
        return malformed(`${what} is not an integer`);
    }
  }

  #uint(length: 1 | 2 | 4): number {
    const bytes = this.bytes;
    const at = this.#at;
    this.#at = at + length;
    if (this.#at > bytes.length) malformed('it ends early');
    if (length === 1) return bytes[at]!;
    if (length === 2) return (bytes[at]! << 8) | bytes[at + 1]!;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }

  #long(signed: boolean): number | bigint {
    const high = signed ? this.#uint(4) | 0 : this.#uint(4);
    const low = this.#uint(4);
    const value = high * 0x100000000 + low;
    return Number.isSafeInteger(value) ? value : (BigInt(high) << 32n) | BigInt(low);
  }

  /** A byte string: a view of the page. */
  binary(what: string): Buffer {
    const start = this.passBinary(what);
    return this.bytes.subarray(start, this.#at);
  }

  /** Goes behind a byte string. Where its bytes begin; they end where the reader is then. */
  passBinary(what: string): number {
    const length = this.#binaryLength(what);
    const start = this.#at;
    this.#at = start + length;
    if (this.#at > this.bytes.length) malformed('it ends early');
    return start;
  }

  #binaryLength(what: string): number {
    const token = this.bytes[this.#at++];
    if (token === 0xc4) return this.#uint(1);
    if (token === 0xc5) return this.#uint(2);
    if (token === 0xc6) return this.#uint(4);
    return malformed(`${what} is not a byte string`);
  }

  /** The bytes from `start` to `end`, a character each. The page is made one string at the first call: cheaper than each piece alone. */
  latin1(start: number, end: number): string {
    this.#latin1 ??= this.bytes.toString('latin1');
    return this.#latin1.slice(start, end);
  }

  /** Whether the bytes from `start` to `end` are those of another page from `otherStart` to `otherEnd`. */
  isSame(start: number, end: number, other: RowReader, otherStart: number, otherEnd: number): boolean {
    if (end - start !== otherEnd - otherStart) return false;
    const a = this.bytes;
    const b = other.bytes;
    for (let i = start, j = otherStart; i < end; i++, j++) if (a[i] !== b[j]) return false;
    return true;
  }

  /** True only when there are numbers of 32 bits without sign at both places, and other ones: a quick look. */
  areOtherUint32(at: number, other: RowReader, otherAt: number): boolean {
    const a = this.bytes;
    const b = other.bytes;
    if (a[at] !== UINT_32 || b[otherAt] !== UINT_32) return false;
    for (let i = 4; i > 0; i--) if (a[at + i] !== b[otherAt + i]) return true;
    return false;
  }

  /** Goes behind so many values, which are only measured: whether they are what they should be shows when they are read. */
  skip(count: number): void {
    this.#at = skipValues(this.bytes, this.#at, count);
    if (this.#at > this.bytes.length) malformed('it ends early');
  }

  /** Text that is often the same as the last one read with this `slot`, as owners are. */
  text(slot: number, what: string): string {
    const token = this.bytes[this.#at]!;
    let length = 0;
    if ((token & 0xe0) === 0xa0) {
      this.#at++;
      length = token & 0x1f;
    } else if (token === 0xd9) {
      this.#at++;
      length = this.#uint(1);
    } else {
      return this.#longText(what);
    }
    const start = this.#at;
    if (start + length > this.bytes.length) malformed('it ends early');
    this.#at = start + length;
    const recent = this.#recent[slot];
    if (recent && this.isSame(recent.start, recent.end, this, start, start + length)) return recent.value;
    const value = this.bytes.toString('utf8', start, start + length);
    this.#recent[slot] = { start, end: start + length, value };
    return value;
  }

  #longText(what: string): string {
    const value = this.value();
    return typeof value === 'string' ? value : malformed(`${what} is not text`);
  }

  /** Anything, by the general decoder. */
  value(): unknown {
    const start = this.#at;
    this.#at = skipValue(this.bytes, start);
    return decode(this.bytes.subarray(start, this.#at));
  }

  /** @throws Malformed unless all has been read */
  end(): void {
    if (this.#at !== this.bytes.length) malformed('there are bytes behind its end');
  }
}
