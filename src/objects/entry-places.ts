/** Where in a page the parts of a tree's row lie. */
import { ID_LENGTH } from '../store/id.ts';
import { skipValues } from './encoding.ts';
import { ENTRY_FIELDS, LAST_KIND, MAX_MODE } from './entry.ts';
import { passId, passName, readKind } from './entry-row.ts';
import type { RowReader } from './row-reader.ts';

/** Offsets in the page; kind and mode as they are. */
export interface EntryPlaces {
  start: number;
  name: number;
  nameEnd: number;
  kind: number;
  id: number;
  /** NO_MODE for none */
  mode: number;
  mtime: number;
  mtimeEnd: number;
  sha256: number;
  end: number;
}

export const NO_MODE = -1;

/** Between mode and modification time: uid, gid, user, group, size. */
const OWNER_FIELDS = 5;
/** Fields between id and size: mode and the owner's. */
export const SIZE_FIELD = 5;
/** Between change time and inode: birth time. */
export const BIRTH_FIELDS = 2;
/** Fields from SHA-256 to flags: that, target, device. */
export const FLAGS_FIELD = 3;
/** Seconds and nanoseconds. */
const TIME_FIELDS = 2;
/** Behind the modification time: change and birth time, inode, link count, file system. */
const PASSED_FIELDS = 7;
/** Behind those: SHA-256, target, device, flags, attributes, extensions. */
const LAST_FIELDS = 6;

/** Of the row that was measured last. */
const places: EntryPlaces = {
  start: 0,
  name: 0,
  nameEnd: 0,
  kind: 0,
  id: 0,
  mode: 0,
  mtime: 0,
  mtimeEnd: 0,
  sha256: 0,
  end: 0,
};

/**
 * Goes behind the row at which the reader is. What it gives holds until the next call.
 * @throws Malformed for what is no row as far as that shows without decoding it
 */
export function measureEntry(row: RowReader): Readonly<EntryPlaces> {
  if (measureUsual(row.bytes, row.position)) row.goTo(places.end);
  else measureAny(row);
  return places;
}

function measureAny(row: RowReader): void {
  places.start = row.position;
  places.name = passName(row);
  places.nameEnd = row.position;
  places.kind = readKind(row);
  places.id = passId(row, 'an entry’s id');
  places.mode = row.nil() ? NO_MODE : row.uint(MAX_MODE, 'a mode');
  row.skip(OWNER_FIELDS);
  places.mtime = row.position;
  row.skip(TIME_FIELDS);
  places.mtimeEnd = row.position;
  row.skip(PASSED_FIELDS);
  places.sha256 = row.position;
  row.skip(LAST_FIELDS);
  places.end = row.position;
}

const ARRAY_16 = 0xdc;
const BINARY_8 = 0xc4;
const UINT_16 = 0xcd;
const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * The same of a row as writers make nearly all, in one function of few branches: a walk spends its time here, and most of it before the
 * compiler has come to help. False for all else, be it allowed or not: that is left to the readers that say what is wrong.
 */
function measureUsual(bytes: Buffer, start: number): boolean {
  const name = start + 5;
  if (bytes[start] !== ARRAY_16 || bytes[start + 1] !== 0 || bytes[start + 2] !== ENTRY_FIELDS) return false;
  if (bytes[start + 3] !== BINARY_8) return false;
  const nameEnd = name + (bytes[start + 4]! | 0);
  if (nameEnd === name || bytes[name] === DOT) return false;
  for (let i = name; i < nameEnd; i++) if (bytes[i] === SLASH || bytes[i] === 0) return false;
  if (bytes[nameEnd + 1] !== BINARY_8 || bytes[nameEnd + 2] !== ID_LENGTH) return false;
  const kind = bytes[nameEnd]!;
  const id = nameEnd + 3;
  let at = id + ID_LENGTH;
  if (bytes[at] !== UINT_16 || kind === 0 || kind > LAST_KIND) return false;
  const mode = (bytes[at + 1]! << 8) | bytes[at + 2]!;
  if (mode > MAX_MODE) return false;
  at += 3;
  places.start = start;
  places.name = name;
  places.nameEnd = nameEnd;
  places.kind = kind;
  places.id = id;
  places.mode = mode;
  places.mtime = at = skipValues(bytes, at, OWNER_FIELDS);
  places.mtimeEnd = at = skipValues(bytes, at, TIME_FIELDS);
  places.sha256 = at = skipValues(bytes, at, PASSED_FIELDS);
  places.end = at = skipValues(bytes, at, LAST_FIELDS);
  return at <= bytes.length;
}
