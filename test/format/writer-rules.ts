/**
 * The writer's rules of `docs/format.md`, from the document alone and as plainly as they stand there: what is shortest,
 * where pages end, where contents are cut. The code must do the same, faster.
 */
import { hash } from 'node:crypto';

const sha256 = (bytes: Uint8Array): Buffer => hash('sha256', bytes, 'buffer');

export type Value = null | boolean | number | bigint | string | Buffer | readonly Value[];

// Page 10: encoding

export function encodeValue(value: Value): Buffer {
  if (value === null) return Buffer.of(0xc0);
  if (typeof value === 'boolean') return Buffer.of(value ? 0xc3 : 0xc2);
  if (typeof value === 'number' || typeof value === 'bigint') return encodeInteger(BigInt(value));
  if (Buffer.isBuffer(value))
    return Buffer.concat([
      head(value.length, [
        [256, 0xc4, 1],
        [65_536, 0xc5, 2],
        [2 ** 32, 0xc6, 4],
      ]),
      value,
    ]);
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([
      head(text.length, [
        [32, 0xa0, 0],
        [256, 0xd9, 1],
        [65_536, 0xda, 2],
        [2 ** 32, 0xdb, 4],
      ]),
      text,
    ]);
  }
  const list = value as readonly Value[];
  return Buffer.concat([
    head(list.length, [
      [16, 0x90, 0],
      [65_536, 0xdc, 2],
      [2 ** 32, 0xdd, 4],
    ]),
    ...list.map(encodeValue),
  ]);
}

/** The first row whose limit is above `count`; with 0 bytes the count is in the token. */
function head(count: number, rows: [limit: number, token: number, bytes: number][]): Buffer {
  const [, token, bytes] = rows.find(([limit]) => count < limit)!;
  return bytes === 0
    ? Buffer.of(token + count)
    : Buffer.concat([Buffer.of(token), bigEndian(BigInt(count), bytes)]);
}

function encodeInteger(value: bigint): Buffer {
  if (value >= -32n && value < 128n) return bigEndian(value, 1);
  const rows: [low: bigint, limit: bigint, token: number, bytes: number][] = [
    [0n, 1n << 8n, 0xcc, 1],
    [0n, 1n << 16n, 0xcd, 2],
    [0n, 1n << 32n, 0xce, 4],
    [0n, 1n << 63n, 0xd3, 8],
    [0n, 1n << 64n, 0xcf, 8],
    [-(1n << 7n), 0n, 0xd0, 1],
    [-(1n << 15n), 0n, 0xd1, 2],
    [-(1n << 31n), 0n, 0xd2, 4],
    [-(1n << 63n), 0n, 0xd3, 8],
  ];
  const [, , token, bytes] = rows.find(([low, limit]) => value >= low && value < limit)!;
  return Buffer.concat([Buffer.of(token), bigEndian(value, bytes)]);
}

/** Two's complement. */
function bigEndian(value: bigint, bytes: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt.asUintN(64, value));
  return buffer.subarray(8 - bytes);
}

// Page 11: paged lists

export interface Row {
  key: Buffer;
  /** encoded */
  bytes: number;
}

/** The numbers of rows of one level's pages. */
export function pageLengths(rows: readonly Row[], hashOf: (key: Buffer) => Buffer): number[] {
  const before = rows.slice(0, -1).reduce((sum, row) => sum + row.bytes, 0);
  if (rows.length <= 1024 && before < 4 * 1024 * 1024) return [rows.length];
  const pages: number[] = [];
  let count = 0;
  let bytes = 0;
  for (const [i, row] of rows.entries()) {
    count++;
    bytes += row.bytes;
    const isFull = count === 1024 || bytes >= 4 * 1024 * 1024;
    const isBoundary = count >= 16 && hashOf(row.key)[3] === 0;
    if (!isFull && !isBoundary && i < rows.length - 1) continue;
    pages.push(count);
    count = 0;
    bytes = 0;
  }
  return pages;
}

/** H for trees and changes. */
export function nameHash(level: number): (key: Buffer) => Buffer {
  return (key) => sha256(Buffer.concat([Buffer.of(level), key]));
}

// Page 16: chunker

export function gear(): number[] {
  const digests = Array.from({ length: 32 }, (_, i) =>
    sha256(Buffer.concat([Buffer.from('vault gear 1\0'), Buffer.of(i)])),
  );
  return digests.flatMap((digest) => [0, 4, 8, 12, 16, 20, 24, 28].map((at) => digest.readUInt32BE(at)));
}

export interface Cutting {
  min: number;
  avg: number;
  max: number;
  normalization: number;
}

/** Lengths of the chunks of `content`. */
export function cut(content: Buffer, { min, avg, max, normalization }: Cutting): number[] {
  const table = gear();
  const bits = Math.log2(avg);
  const chunks: number[] = [];
  for (let start = 0; start < content.length; ) {
    const left = content.length - start;
    let length = 0;
    if (left <= min) length = left;
    let h = 0;
    for (let at = 1; length === 0; at++) {
      h = (2 * h + table[content[start + at - 1]!]!) % 2 ** 32;
      const zeros = at <= avg ? bits + normalization : bits - normalization;
      if ((at > min && h < 2 ** (32 - zeros)) || at === max || at === left) length = at;
    }
    chunks.push(length);
    start += length;
  }
  return chunks;
}
