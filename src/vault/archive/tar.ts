/**
 * tar in the pax interchange format (POSIX.1-2017, pax, "ustar" and "pax extended header"): a header block of 512 bytes, the
 * content, zeros up to the next block. What the old header has no room for (long or non-ASCII names, fractions of seconds,
 * large numbers) goes into an extended header in front of it. The same snapshot gives the same bytes: nothing is taken from the clock.
 *
 * A name that is not UTF-8 is written as its bytes, which tar programs on POSIX systems take as they are.
 */
import { isAscii } from 'node:buffer';
import { type Entry, Kind } from '../../objects/model.ts';

const BLOCK = 512;
/** tar writes records of 20 blocks, and an archive ends with two empty blocks at least. */
const RECORD = 20 * BLOCK;
/** What 11 octal digits hold. */
const MOST_SIZE = 0o77777777777;
/** What 7 octal digits hold. */
const MOST_ID = 0o7777777;

const TYPES: Partial<Record<Kind, string>> = {
  [Kind.file]: '0',
  [Kind.symlink]: '2',
  [Kind.char]: '3',
  [Kind.block]: '4',
  [Kind.dir]: '5',
  [Kind.fifo]: '6',
};
const HARD_LINK = '1';

/** A field of the header: where it begins and how long it is. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkname: [157, 100],
  magic: [257, 8],
  uname: [265, 32],
  gname: [297, 32],
  devmajor: [329, 8],
  devminor: [337, 8],
} as const;

export interface TarMember {
  /** of a folder without a final slash */
  path: Buffer;
  entry: Entry;
  /** bytes of the content that follows; 0 for anything but a file with its content */
  size: number;
  /** another member that this is a further name of */
  linkTo?: Buffer;
}

/** Whether tar can hold such a thing: all but sockets. */
export function hasTarType(kind: Kind): boolean {
  return TYPES[kind] !== undefined;
}

/** The header blocks of one member. Behind them come its bytes and `tarPadding`. */
export function tarHeader({ path, entry, size, linkTo }: TarMember): Buffer {
  const records: Buffer[] = [];
  const extend = (key: string, value: Buffer | string): void =>
    void records.push(paxRecord(key, Buffer.from(value)));
  const fit = (key: string, value: Buffer, room: number): Buffer => {
    if (value.length > room || !isAscii(value)) extend(key, value);
    return value.subarray(0, room);
  };
  const number = (key: string, value: number, most: number): number => {
    if (value >= 0 && value <= most) return value;
    extend(key, String(value));
    return 0;
  };
  const { mtimeS = 0, mtimeNs = 0, kind } = entry;
  const link = linkTo ?? (kind === Kind.symlink ? entry.target! : Buffer.alloc(0));
  const name = kind === Kind.dir ? Buffer.concat([path, Buffer.from('/')]) : path;
  if (mtimeNs !== 0 || mtimeS < 0 || mtimeS > MOST_SIZE) extend('mtime', decimalTime(mtimeS, mtimeNs));
  const header = block({
    name: fit('path', name, 100),
    mode: entry.mode ?? (kind === Kind.dir ? 0o755 : 0o644),
    uid: number('uid', entry.uid ?? 0, MOST_ID),
    gid: number('gid', entry.gid ?? 0, MOST_ID),
    size: number('size', size, MOST_SIZE),
    mtime: Math.min(Math.max(mtimeS, 0), MOST_SIZE),
    type: linkTo ? HARD_LINK : TYPES[kind]!,
    linkname: fit('linkpath', link, 100),
    uname: fit('uname', Buffer.from(entry.user ?? ''), 32),
    gname: fit('gname', Buffer.from(entry.group ?? ''), 32),
    devmajor: entry.rdevMajor ?? 0,
    devminor: entry.rdevMinor ?? 0,
  });
  return records.length === 0 ? header : Buffer.concat([extendedHeader(name, records), header]);
}

/** Zeros behind a content of so many bytes. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc(-size & (BLOCK - 1));
}

/** What ends an archive of so many bytes. */
export function tarEnd(written: number): Buffer {
  const end = 2 * BLOCK;
  return Buffer.alloc(end + ((RECORD - ((written + end) % RECORD)) % RECORD));
}

function extendedHeader(name: Buffer, records: readonly Buffer[]): Buffer {
  const body = Buffer.concat(records);
  // Only seen by a program that knows no extended headers and unpacks them as files.
  const last = Buffer.from(`PaxHeaders/${name.toString('latin1').replaceAll(/[^\w.-]/g, '_')}`).subarray(
    0,
    100,
  );
  const fields = { name: last, mode: 0o644, uid: 0, gid: 0, size: body.length, mtime: 0, type: 'x' };
  const none = Buffer.alloc(0);
  const rest = { linkname: none, uname: none, gname: none, devmajor: 0, devminor: 0 };
  return Buffer.concat([block({ ...fields, ...rest }), body, tarPadding(body.length)]);
}

/** `<length> <key>=<value>\n`, the length counting itself. */
function paxRecord(key: string, value: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = body.length;
  while (length !== body.length + String(length).length) length = body.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}

/** Seconds and nanoseconds (0 or more, also before 1970) as a decimal number. */
function decimalTime(s: number, ns: number): string {
  const nano = (value: number): string => `.${String(value).padStart(9, '0')}`.replace(/\.?0+$/, '');
  if (s >= 0 || ns === 0) return `${s}${nano(ns)}`;
  return `${s === -1 ? '-0' : s + 1}${nano(1_000_000_000 - ns)}`;
}

type Values = Record<Exclude<keyof typeof FIELDS, 'magic' | 'checksum'>, Buffer | number | string>;

function block(values: Values): Buffer {
  const header = Buffer.alloc(BLOCK);
  const put = (field: keyof typeof FIELDS, value: Buffer | number | string): void => {
    const [start, length] = FIELDS[field];
    if (typeof value === 'number') header.write(value.toString(8).padStart(length - 1, '0'), start, 'latin1');
    else header.set(Buffer.from(value).subarray(0, length), start);
  };
  for (const [field, value] of Object.entries(values)) put(field as keyof Values, value);
  put('magic', 'ustar\x0000');
  put('checksum', '        ');
  const sum = header.reduce((total, byte) => total + byte, 0);
  put('checksum', `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}
