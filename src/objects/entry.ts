/**
 * A tree's row as an array of fields, in the order of `Entry`: the definition of the encoding. `entry-row.ts` reads and
 * writes the same bytes faster.
 */
import { VaultError } from '../errors.ts';
import { ID_LENGTH } from '../store/id.ts';
import { type Encodable, fromInt, int, text } from './encoding.ts';
import { malformed } from './malformed.ts';
import { type Entry, Kind, type Xattr } from './model.ts';
import { MAX_NAME, nameFault, quote } from './names.ts';
import {
  arrayOf,
  bytesOf,
  extensionFields,
  extensionsOf,
  fieldsOf,
  idOf,
  intOf,
  MAX_NANOS,
  nanosOf,
  optional,
  secondsOf,
  textOf,
} from './shape.ts';

/** Fields of a row, by position. */
export const ENTRY_FIELDS = 24;

/** Permission bits. */
export const MAX_MODE = 0o7777;
export const MAX_UINT32 = 0xffffffff;
export const LAST_KIND = Kind.block;

/**
 * The fields of `entry`.
 * @throws USAGE naming the field that no reader would accept; the name is the caller's to check, since a root has none
 */
export function entryFields(entry: Entry): Encodable[] {
  const { id, sha256, rdevMajor, rdevMinor } = entry;
  const hasDevice = rdevMajor !== undefined || rdevMinor !== undefined;
  return [
    entry.name,
    uint(entry, 'kind', LAST_KIND, 1),
    exact(entry, 'id', id),
    uint(entry, 'mode', MAX_MODE),
    uint(entry, 'uid', MAX_UINT32),
    uint(entry, 'gid', MAX_UINT32),
    entry.user === undefined ? null : text(entry.user),
    entry.group === undefined ? null : text(entry.group),
    uint(entry, 'size', Number.MAX_SAFE_INTEGER),
    entry.mtimeS === undefined ? null : int(entry.mtimeS),
    uint(entry, 'mtimeNs', MAX_NANOS),
    entry.ctimeS === undefined ? null : int(entry.ctimeS),
    uint(entry, 'ctimeNs', MAX_NANOS),
    entry.btimeS === undefined ? null : int(entry.btimeS),
    uint(entry, 'btimeNs', MAX_NANOS),
    entry.ino === undefined ? null : int(entry.ino),
    uint(entry, 'nlink', MAX_UINT32),
    uint(entry, 'fs', MAX_UINT32),
    sha256 === undefined ? null : sha256.equals(id) || exact(entry, 'sha256', sha256),
    entry.target ?? null,
    hasDevice ? [uint(entry, 'rdevMajor', MAX_UINT32) ?? 0, uint(entry, 'rdevMinor', MAX_UINT32) ?? 0] : null,
    uint(entry, 'flags', MAX_UINT32),
    xattrFields(entry),
    extensionFields(entry.ext),
  ];
}

type UintField =
  | 'kind'
  | 'mode'
  | 'uid'
  | 'gid'
  | 'size'
  | 'mtimeNs'
  | 'ctimeNs'
  | 'btimeNs'
  | 'nlink'
  | 'fs'
  | 'rdevMajor'
  | 'rdevMinor'
  | 'flags';

function uint(entry: Entry, field: UintField, max: number, min = 0): number | bigint | null {
  const value = entry[field];
  if (value === undefined) return null;
  if (value >= min && value <= max) return int(value);
  return refuse(entry, `its ${field} ${value} is out of range`);
}

function exact(entry: Entry, field: string, id: Buffer): Buffer {
  return id.length === ID_LENGTH
    ? id
    : refuse(entry, `its ${field} has ${id.length} bytes, not ${ID_LENGTH}`);
}

export function refuse(entry: Entry, reason: string): never {
  throw new VaultError('USAGE', `the entry ${quote(entry.name)} cannot be stored: ${reason}`);
}

/** Attributes as they are encoded, or nil. */
export function xattrFields(entry: Entry): Encodable {
  const { xattrs } = entry;
  if (xattrs === undefined) return null;
  let previous: Buffer | undefined;
  return xattrs.map((xattr) => {
    const { name } = xattr;
    if (name.length === 0 || (previous && previous.compare(name) >= 0)) {
      refuse(entry, 'its attributes are not sorted by name');
    }
    previous = name;
    return 'value' in xattr ? [name, xattr.value] : [name, null, exact(entry, 'attribute', xattr.id)];
  });
}

/** @throws Malformed for what `entryFields` does not make; the empty name only where `isRoot` */
export function entryFromFields(value: unknown, isRoot = false): Entry {
  const fields = fieldsOf(value, ENTRY_FIELDS, 'an entry');
  const name = bytesOf(fields[0], 'an entry’s name');
  if (!isRoot || name.length > 0) rejectName(name);
  const what = `entry ${quote(name)}`;
  const id = idOf(fields[2], `${what} id`);
  const entry: Entry = { name, kind: intOf(fields[1], 1, LAST_KIND, `${what} kind`) as Kind, id };
  const uintAt = (at: number, field: UintField, max: number) => {
    const number = optional(fields[at], `${what} ${field}`, (raw, where) => intOf(raw, 0, max, where));
    if (number !== undefined) (entry as Record<UintField, number>)[field] = number;
  };
  const timeAt = (at: number, s: 'mtimeS' | 'ctimeS' | 'btimeS', ns: 'mtimeNs' | 'ctimeNs' | 'btimeNs') => {
    if (fields[at] !== null) entry[s] = secondsOf(fields[at], `${what} ${s}`);
    if (fields[at + 1] !== null) entry[ns] = nanosOf(fields[at + 1], `${what} ${ns}`);
  };
  uintAt(3, 'mode', MAX_MODE);
  uintAt(4, 'uid', MAX_UINT32);
  uintAt(5, 'gid', MAX_UINT32);
  if (fields[6] !== null) entry.user = textOf(fields[6], `${what} user`);
  if (fields[7] !== null) entry.group = textOf(fields[7], `${what} group`);
  uintAt(8, 'size', Number.MAX_SAFE_INTEGER);
  timeAt(9, 'mtimeS', 'mtimeNs');
  timeAt(11, 'ctimeS', 'ctimeNs');
  timeAt(13, 'btimeS', 'btimeNs');
  if (fields[15] !== null) entry.ino = inodeOf(fields[15], `${what} ino`);
  uintAt(16, 'nlink', MAX_UINT32);
  uintAt(17, 'fs', MAX_UINT32);
  if (fields[18] !== null) entry.sha256 = fields[18] === true ? id : idOf(fields[18], `${what} sha256`);
  if (fields[19] !== null) entry.target = bytesOf(fields[19], `${what} target`);
  if (fields[20] !== null) {
    const [major, minor] = fieldsOf(fields[20], 2, `${what} device`);
    entry.rdevMajor = intOf(major, 0, MAX_UINT32, `${what} device`);
    entry.rdevMinor = intOf(minor, 0, MAX_UINT32, `${what} device`);
  }
  uintAt(21, 'flags', MAX_UINT32);
  if (fields[22] !== null) entry.xattrs = xattrsOf(fields[22], what);
  const ext = extensionsOf(fields[23], `${what} extensions`);
  if (ext) entry.ext = ext;
  return entry;
}

/** @throws Malformed unless what lies from `start` to `end` may be a name */
export function rejectName(bytes: Buffer, start = 0, end = bytes.length): void {
  const fault = nameFault(bytes, start, end);
  if (fault === undefined) return;
  malformed(`the name ${quote(bytes.subarray(start, Math.min(end, start + MAX_NAME)))} ${fault}`);
}

function inodeOf(value: unknown, what: string): number | bigint {
  if (typeof value === 'bigint') return fromInt(value);
  return typeof value === 'number' ? value : malformed(`${what} is not an integer`);
}

/** Attributes from their fields. */
export function xattrsOf(value: unknown, what: string): Xattr[] {
  let previous: Buffer | undefined;
  return arrayOf(value, `${what} attributes`).map((pair) => {
    const fields = arrayOf(pair, `${what} attribute`);
    const name = bytesOf(fields[0], `${what} attribute name`);
    if (name.length === 0 || (previous && previous.compare(name) >= 0)) {
      malformed(`${what} has attributes that are not sorted by name`);
    }
    previous = name;
    if (fields.length === 2) return { name, value: bytesOf(fields[1], `${what} attribute`) };
    if (fields.length === 3 && fields[1] === null) return { name, id: idOf(fields[2], `${what} attribute`) };
    return malformed(`${what} has an attribute of unknown form`);
  });
}
