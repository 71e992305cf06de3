/**
 * The one encoder: msgpack in fixed-order arrays. What may occur is nil, booleans, integers, byte strings, text and
 * arrays; maps, floats and extension types may not. `docs/format.md`, "Encoding".
 *
 * Input is walked over before msgpackr sees it: msgpackr allocates what an array's header promises, so that a small
 * input can otherwise exhaust the heap.
 */
// The plain entry of the package: the other one loads a native string reader that changes nothing for us but start-up.
import { Packr } from 'msgpackr/pack';
import { invariant, VaultError } from '../errors.ts';
import { malformed } from './malformed.ts';

/** Arrays in arrays; the deepest of ours, an attribute in a page's row, is 5. */
const MAX_DEPTH = 8;
/** Values in one decoded object, arrays counted; bounds the heap that a decode takes to some 64 MiB. */
const MAX_VALUES = 1 << 20;

const packr = new Packr({ useRecords: false, mapsAsObjects: false, useToJSON: false });

/** What may be encoded. Integers from 2^32 on must come as BigInt: `int` makes them. */
export type Encodable = null | boolean | number | bigint | string | Uint8Array | readonly Encodable[];

/** The bytes of `value`; they share memory with other encodings, so they are not for transfer between threads. */
export function encode(value: Encodable): Buffer {
  const bytes = packr.pack(value);
  invariant(isOneValue(bytes), 'an encoding is one value of the allowed types');
  return bytes;
}

function isOneValue(bytes: Uint8Array): boolean {
  try {
    return skipValue(bytes, 0) === bytes.length;
  } catch {
    return false;
  }
}

/**
 * The value that `bytes` hold: integers of 64 bits as BigInt, byte strings as views of `bytes`.
 * @throws Malformed for anything but exactly one value of the allowed types
 */
export function decode(bytes: Buffer): unknown {
  if (skipValue(bytes, 0) !== bytes.length) malformed('there are bytes behind its end');
  return packr.unpack(bytes);
}

/**
 * An integer as the encoder must see it: msgpackr writes a Number from 2^32 on as a float.
 * @throws USAGE for what is no integer of 64 bits
 */
export function int(value: number | bigint): number | bigint {
  if (typeof value === 'number') {
    if (value >>> 0 === value || value >> 0 === value) return value;
    if (!Number.isInteger(value)) throw new VaultError('USAGE', `${value} is not an integer`);
    return inRange(BigInt(value));
  }
  if (value >= -0x80000000n && value <= 0xffffffffn) return Number(value);
  return inRange(value);
}

function inRange(value: bigint): bigint {
  if (value < -(1n << 63n) || value >= 1n << 64n)
    throw new VaultError('USAGE', `${value} does not fit 64 bits`);
  return value;
}

/** Text as the encoder must see it: half a surrogate pair has no UTF-8. */
export function text(value: string): string {
  return value.toWellFormed();
}

/** A decoded integer: Number where it is safe, else BigInt. */
export function fromInt(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/**
 * Walks over the value at `start` and returns where it ends.
 * @throws Malformed when it has a forbidden type, nests too deep, is too large or reaches behind the end
 */
export function skipValue(bytes: Uint8Array, start: number): number {
  const left = [1];
  let depth = 0;
  let at = start;
  let values = 0;
  while (depth >= 0) {
    if (left[depth] === 0) {
      depth--;
      continue;
    }
    left[depth]!--;
    if (++values > MAX_VALUES) malformed('it has too many values');
    const token = byteAt(bytes, at++);
    const count = arrayCount(bytes, at, token);
    if (count < 0) {
      at += scalarLength(bytes, at, token);
      if (at > bytes.length) malformed('it ends early');
    } else {
      at += arrayHeaderLength(token);
      // Every value takes a byte at least, so a larger count is a lie.
      if (count > bytes.length - at) malformed('an array ends early');
      if (++depth > MAX_DEPTH) malformed('it nests too deep');
      left[depth] = count;
    }
  }
  return at;
}

/**
 * Walks over so many values, which are only measured. Where the last one ends, which may be behind the end of `bytes`.
 * @throws Malformed as `skipValue`
 */
export function skipValues(bytes: Uint8Array, start: number, count: number): number {
  let at = start;
  for (let i = 0; i < count; i++) {
    const token = bytes[at]!;
    const length = VALUE_LENGTHS[token]!;
    if (length > 0) at += length;
    else if (token === 0xc4) at += 2 + (bytes[at + 1]! | 0);
    else at = skipValue(bytes, at);
  }
  return at;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  return byte === undefined ? malformed('it ends early') : byte;
}

function uintAt(bytes: Uint8Array, at: number, length: 1 | 2 | 4): number {
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + byteAt(bytes, at + i);
  return value;
}

/** Values in the array that `token` begins, or -1 when it begins none. */
function arrayCount(bytes: Uint8Array, at: number, token: number): number {
  if ((token & 0xf0) === 0x90) return token & 0x0f;
  if (token === 0xdc) return uintAt(bytes, at, 2);
  if (token === 0xdd) return uintAt(bytes, at, 4);
  return -1;
}

function arrayHeaderLength(token: number): number {
  return token === 0xdc ? 2 : token === 0xdd ? 4 : 0;
}

/** Bytes of a value, by its token, where that alone tells them; else 0. */
const VALUE_LENGTHS = Uint8Array.from({ length: 256 }, (_, token) => {
  if (token < 0x80 || token >= 0xe0) return 1; // small integers
  if ((token & 0xe0) === 0xa0) return 1 + (token & 0x1f); // short text
  switch (token) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
    case 0x90: // an empty array
      return 1;
    case 0xcc: // unsigned integers
    case 0xd0: // signed integers
      return 2;
    case 0xcd:
    case 0xd1:
      return 3;
    case 0xce:
    case 0xd2:
      return 5;
    case 0xcf:
    case 0xd3:
      return 9;
    default:
      return 0;
  }
});

/** Bytes that follow the token of a value that is no array. */
function scalarLength(bytes: Uint8Array, at: number, token: number): number {
  const length = VALUE_LENGTHS[token]!;
  if (length > 0) return length - 1;
  switch (token) {
    case 0xc4: // bytes
    case 0xd9: // text
      return 1 + uintAt(bytes, at, 1);
    case 0xc5:
    case 0xda:
      return 2 + uintAt(bytes, at, 2);
    case 0xc6:
    case 0xdb:
      return 4 + uintAt(bytes, at, 4);
    default:
      return malformed(`it has a value of forbidden type 0x${token.toString(16)}`);
  }
}
