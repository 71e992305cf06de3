/** A tree's row between an `Entry` and a page's bytes. `entry.ts` defines the fields; this is the fast way. */
import { ID_LENGTH, type Id } from '../store/id.ts';
import {
  ENTRY_FIELDS,
  LAST_KIND,
  MAX_MODE,
  MAX_UINT32,
  refuse,
  rejectName,
  xattrFields,
  xattrsOf,
} from './entry.ts';
import { malformed } from './malformed.ts';
import type { Entry, Kind } from './model.ts';
import { checkName } from './names.ts';
import type { RowReader } from './row-reader.ts';
import type { RowWriter } from './row-writer.ts';
import { extensionFields, extensionsOf, MAX_NANOS } from './shape.ts';

/** @throws USAGE for an entry that no reader would accept */
export function writeEntry(entry: Entry, out: RowWriter): void {
  const { name, id, sha256, target } = entry;
  checkName(name);
  if (id.length !== ID_LENGTH) refuse(entry, `its id has ${id.length} bytes, not ${ID_LENGTH}`);
  out.array(ENTRY_FIELDS);
  out.binary(name);
  writeUint(entry, entry.kind, LAST_KIND, out, 1);
  out.binary(id);
  writeUint(entry, entry.mode, MAX_MODE, out);
  writeUint(entry, entry.uid, MAX_UINT32, out);
  writeUint(entry, entry.gid, MAX_UINT32, out);
  writeText(entry.user, out);
  writeText(entry.group, out);
  writeUint(entry, entry.size, Number.MAX_SAFE_INTEGER, out);
  writeTime(entry, entry.mtimeS, entry.mtimeNs, out);
  writeTime(entry, entry.ctimeS, entry.ctimeNs, out);
  writeTime(entry, entry.btimeS, entry.btimeNs, out);
  writeInt(entry.ino, out);
  writeUint(entry, entry.nlink, MAX_UINT32, out);
  writeUint(entry, entry.fs, MAX_UINT32, out);
  writeDigest(entry, sha256, id, out);
  if (target === undefined) out.nil();
  else out.binary(target);
  writeDevice(entry, out);
  writeUint(entry, entry.flags, MAX_UINT32, out);
  if (entry.xattrs === undefined) out.nil();
  else out.value(xattrFields(entry));
  if (entry.ext === undefined) out.array(0);
  else out.value(extensionFields(entry.ext));
}

function writeInt(value: number | bigint | undefined, out: RowWriter): void {
  if (value === undefined) out.nil();
  else out.int(value);
}

function writeUint(entry: Entry, value: number | undefined, max: number, out: RowWriter, min = 0): void {
  if (value === undefined) out.nil();
  else if (value >= min && value <= max) out.int(value);
  else refuse(entry, `${value} is out of range`);
}

function writeTime(entry: Entry, s: number | undefined, ns: number | undefined, out: RowWriter): void {
  writeInt(s, out);
  writeUint(entry, ns, MAX_NANOS, out);
}

function writeText(value: string | undefined, out: RowWriter): void {
  if (value === undefined) out.nil();
  else out.text(value);
}

function writeDigest(entry: Entry, sha256: Buffer | undefined, id: Id, out: RowWriter): void {
  if (sha256 === undefined) out.nil();
  else if (sha256 === id || sha256.equals(id)) out.true();
  else if (sha256.length === ID_LENGTH) out.binary(sha256);
  else refuse(entry, `its sha256 has ${sha256.length} bytes, not ${ID_LENGTH}`);
}

function writeDevice(entry: Entry, out: RowWriter): void {
  const { rdevMajor, rdevMinor } = entry;
  if (rdevMajor === undefined && rdevMinor === undefined) {
    out.nil();
    return;
  }
  out.array(2);
  writeUint(entry, rdevMajor ?? 0, MAX_UINT32, out);
  writeUint(entry, rdevMinor ?? 0, MAX_UINT32, out);
}

/** @throws Malformed for what `writeEntry` does not write */
export function readEntry(row: RowReader): Entry {
  const nameStart = passName(row);
  const name = row.bytes.subarray(nameStart, row.position);
  const kind = readKind(row);
  const entry: Entry = { name, kind, id: readId(row, 'an entry’s id') };
  if (!row.nil()) entry.mode = row.uint(MAX_MODE, 'a mode');
  if (!row.nil()) entry.uid = row.uint(MAX_UINT32, 'a uid');
  if (!row.nil()) entry.gid = row.uint(MAX_UINT32, 'a gid');
  if (!row.nil()) entry.user = row.text(0, 'a user');
  if (!row.nil()) entry.group = row.text(1, 'a group');
  if (!row.nil()) entry.size = row.uint(Number.MAX_SAFE_INTEGER, 'a size');
  if (!row.nil()) entry.mtimeS = Number(row.int('an mtime'));
  if (!row.nil()) entry.mtimeNs = row.uint(MAX_NANOS, 'an mtime');
  if (!row.nil()) entry.ctimeS = Number(row.int('a ctime'));
  if (!row.nil()) entry.ctimeNs = row.uint(MAX_NANOS, 'a ctime');
  if (!row.nil()) entry.btimeS = Number(row.int('a birth time'));
  if (!row.nil()) entry.btimeNs = row.uint(MAX_NANOS, 'a birth time');
  if (!row.nil()) entry.ino = row.int('an inode');
  if (!row.nil()) entry.nlink = row.uint(MAX_UINT32, 'a link count');
  if (!row.nil()) entry.fs = row.uint(MAX_UINT32, 'a file system');
  if (!row.nil()) entry.sha256 = row.true() ? entry.id : readId(row, 'a sha256');
  if (!row.nil()) entry.target = row.binary('a target');
  if (!row.nil()) readDevice(row, entry);
  if (!row.nil()) entry.flags = row.uint(MAX_UINT32, 'flags');
  if (!row.nil()) entry.xattrs = xattrsOf(row.value(), 'an entry');
  if (!row.emptyArray()) {
    const ext = extensionsOf(row.value(), 'an entry’s extensions');
    if (ext) entry.ext = ext;
  }
  return entry;
}

/** Goes behind an entry's name, with which its row begins. Where the name begins; it ends where the reader is then. */
export function passName(row: RowReader): number {
  const count = row.array('an entry');
  if (count !== ENTRY_FIELDS) malformed(`an entry has ${count} fields, not ${ENTRY_FIELDS}`);
  const start = row.passBinary('an entry’s name');
  rejectName(row.bytes, start, row.position);
  return start;
}

export function readKind(row: RowReader): Kind {
  const kind = row.uint(LAST_KIND, 'an entry’s kind') as Kind;
  return (kind as number) === 0 ? malformed('an entry’s kind is out of range') : kind;
}

/** Goes behind an id; where it begins. */
export function passId(row: RowReader, what: string): number {
  const start = row.passBinary(what);
  const length = row.position - start;
  return length === ID_LENGTH ? start : malformed(`${what} has ${length} bytes, not ${ID_LENGTH}`);
}

function readId(row: RowReader, what: string): Id {
  const start = passId(row, what);
  return row.bytes.subarray(start, start + ID_LENGTH);
}

function readDevice(row: RowReader, entry: Entry): void {
  if (row.array('a device') !== 2) malformed('a device has not two numbers');
  entry.rdevMajor = row.uint(MAX_UINT32, 'a device');
  entry.rdevMinor = row.uint(MAX_UINT32, 'a device');
}
