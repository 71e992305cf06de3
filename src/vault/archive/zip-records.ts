/** The records of a zip file (PKWARE's APPNOTE 6.3.10), byte for byte. */
import { isAscii, isUtf8 } from 'node:buffer';
import { VaultError } from '../../errors.ts';
import { type Entry, Kind } from '../../objects/model.ts';
import { quote } from '../../objects/names.ts';

export interface ZipMember {
  /** of a folder without a final slash */
  path: Buffer;
  entry: Entry;
}

/** What is known of a content once it is written. */
export interface ZipSums {
  crc: number;
  /** bytes in the archive */
  stored: number;
  /** bytes of the content */
  size: number;
}

/** How a member's content is written. */
export interface ZipWay {
  deflated: boolean;
  /** CRC and sizes stand behind the content, not before it */
  sizesFollow: boolean;
  /** sizes in fields of 8 bytes */
  wide: boolean;
}

const MOST_16 = 0xffff;
const MOST_32 = 0xffffffff;
/** Made on Unix, by the rules of version 4.5 (zip64). */
const MADE_BY = (3 << 8) | 45;
const IS_UTF8 = 0x800;
const SIZES_FOLLOW = 8;
const DEFLATED = 8;
const DOS_FOLDER = 0x10;

const KIND_BITS: Partial<Record<Kind, number>> = {
  [Kind.file]: 0o100000,
  [Kind.dir]: 0o040000,
  [Kind.symlink]: 0o120000,
};

/** Whether zip can hold such a thing: files, folders and symlinks. */
export function hasZipType(kind: Kind): boolean {
  return KIND_BITS[kind] !== undefined;
}

/** @throws REFUSED for a name that a zip file cannot hold */
export function localHeader(member: ZipMember, sums: ZipSums, way: ZipWay): Buffer {
  const name = zipName(member);
  const wide: Field[] = [
    [2, 1],
    [2, 16],
    [8, 0],
    [8, 0],
  ];
  const extra = Buffer.concat([record(way.wide ? wide : []), timeExtra(member.entry)]);
  const head = record([[4, 0x04034b50], ...common(member, sums, way, name, extra)]);
  return Buffer.concat([head, name, extra]);
}

/** Behind a content whose sizes follow. */
export function descriptor({ crc, stored, size }: ZipSums, isWide: boolean): Buffer {
  const width = isWide ? 8 : 4;
  return record([
    [4, 0x08074b50],
    [4, crc],
    [width, stored],
    [width, size],
  ]);
}

/** A member in the directory at the end; `way.wide` also where only the offset needs it. */
export function directoryRecord(member: ZipMember, sums: ZipSums, offset: number, way: ZipWay): Buffer {
  const { stored, size } = sums;
  const name = zipName(member);
  const wide: Field[] = [
    [2, 1],
    [2, 24],
    [8, size],
    [8, stored],
    [8, offset],
  ];
  const extra = Buffer.concat([record(way.wide ? wide : []), timeExtra(member.entry)]);
  const { kind, mode = kind === Kind.dir ? 0o755 : 0o644 } = member.entry;
  const attributes = (KIND_BITS[kind]! | mode) * 0x10000 + (kind === Kind.dir ? DOS_FOLDER : 0);
  const head = record([
    [4, 0x02014b50],
    [2, MADE_BY],
    ...common(member, sums, way, name, extra),
    [2, 0], // comment
    [2, 0], // disk
    [2, 0],
    [4, attributes],
    [4, way.wide ? MOST_32 : offset],
  ]);
  return Buffer.concat([head, name, extra]);
}

/**
 * What ends the file.
 * @param start where the directory begins, and `length` its bytes
 */
export function endRecords(count: number, start: number, length: number, isLong: boolean): Buffer {
  const isWide = isLong || count >= MOST_16;
  const wide: Field[] = [
    [4, 0x06064b50],
    [8, 44],
    [2, MADE_BY],
    [2, 45],
    [4, 0],
    [4, 0],
    [8, count],
    [8, count],
    [8, length],
    [8, start],
    // where that record is
    [4, 0x07064b50],
    [4, 0],
    [8, start + length],
    [4, 1],
  ];
  return record([
    ...(isWide ? wide : []),
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, isWide ? MOST_16 : count],
    [2, isWide ? MOST_16 : count],
    [4, isWide ? MOST_32 : length],
    [4, isWide ? MOST_32 : start],
    [2, 0],
  ]);
}

/** A folder's ends with a slash. */
function zipName({ path, entry }: ZipMember): Buffer {
  const name = entry.kind === Kind.dir ? Buffer.concat([path, Buffer.from('/')]) : path;
  if (name.length <= MOST_16) return name;
  throw new VaultError('REFUSED', `the name ${quote(path.subarray(0, 100))}… is too long for a zip file`, {
    hint: 'a tar archive can hold it: --format tar.gz',
    subject: path.toString(),
  });
}

type Field = [bytes: 2 | 4 | 8, value: number];

/** From the version to the lengths of name and extra fields, as both headers have them. */
function common(
  { entry }: ZipMember,
  { crc, stored, size }: ZipSums,
  { deflated, sizesFollow, wide }: ZipWay,
  name: Buffer,
  extra: Buffer,
): Field[] {
  const flags = (sizesFollow ? SIZES_FOLLOW : 0) | (isUtf8(name) && !isAscii(name) ? IS_UTF8 : 0);
  const [time, date] = dosTime(entry.mtimeS ?? 0);
  return [
    [2, wide ? 45 : 20],
    [2, flags],
    [2, deflated ? DEFLATED : 0],
    [2, time],
    [2, date],
    [4, crc],
    [4, wide ? MOST_32 : stored],
    [4, wide ? MOST_32 : size],
    [2, name.length],
    [2, extra.length],
  ];
}

/** Info-ZIP's "UT" field: the modification time in UTC, where 32 bits hold it. */
function timeExtra({ mtimeS }: Entry): Buffer {
  if (mtimeS === undefined || mtimeS !== (mtimeS | 0)) return Buffer.alloc(0);
  const extra = Buffer.from([0x55, 0x54, 5, 0, 1, 0, 0, 0, 0]);
  extra.writeInt32LE(mtimeS, 5);
  return extra;
}

const EARLIEST = Date.UTC(1980, 0, 1);
const LATEST = Date.UTC(2107, 11, 31, 23, 59, 58);

/** To two seconds, 1980 … 2107; in UTC, since an archive must not depend on where it is made. */
function dosTime(seconds: number): [time: number, date: number] {
  const at = new Date(Math.min(Math.max(seconds * 1000, EARLIEST), LATEST));
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return [time, ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate()];
}

/** Little-endian numbers one behind the other. */
function record(fields: readonly Field[]): Buffer {
  const bytes = Buffer.alloc(fields.reduce((total, [length]) => total + length, 0));
  let at = 0;
  for (const [length, value] of fields) {
    if (length === 8) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeUIntLE(value, at, length);
    at += length;
  }
  return bytes;
}
