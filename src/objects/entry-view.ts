/**
 * Entries of which little is decoded: for whoever looks at many and needs of most only what they are called and where they lead.
 */
import { ID_LENGTH, type Id, ObjectType } from '../store/id.ts';
import { BIRTH_FIELDS, FLAGS_FIELD, measureEntry, NO_MODE, SIZE_FIELD } from './entry-places.ts';
import { readEntry } from './entry-row.ts';
import { isUnchanged, type Stamp } from './entry-stamp.ts';
import { decoding } from './malformed.ts';
import { type Entry, Flag, Kind } from './model.ts';
import { compareNames, compareNamesAt } from './names.ts';
import type { RowReader } from './row-reader.ts';

/** It is no `Entry`: what it lacks would pass for absent. */
export interface EntryView {
  readonly name: Buffer;
  /** a character for each byte of the name: cheaper than `name` where all of a page is looked at */
  readonly latin1Name: string;
  readonly kind: Kind;
  readonly id: Id;
  readonly mode: number | undefined;
  /** What stays in memory as long as the view. */
  readonly memory: ArrayBufferLike;
  /** All of it, decoded at each call. @throws DAMAGED when one of its other fields is malformed */
  entry(): Entry;
  /** True only when all that makes a difference to people (`sameEntry`) is encoded alike in both: a quick look before they are decoded. */
  isLike(other: EntryView): boolean;
  /** True only when something that makes a difference is another in both: as quick a look. */
  isApart(other: EntryView): boolean;
  /** True only when the contents (`sameContent`) are encoded alike in both: as quick a look. */
  hasContentOf(other: EntryView): boolean;
  /** As `isUnchanged` of entry-stamp.ts. @throws DAMAGED when a field that it looks at is malformed */
  isUnchanged(stamp: Stamp, fs: number): boolean;
  /** The order of their names. */
  compareName(other: EntryView): number;
  /** The order of its name and another one. */
  compareNameTo(name: Uint8Array): number;
}

/** A row of a page that stays in memory as long as the view. */
class RowView implements EntryView {
  readonly kind: Kind;
  readonly mode: number | undefined;
  readonly #row: RowReader;
  readonly #start: number;
  readonly #name: number;
  readonly #nameEnd: number;
  readonly #id: number;
  readonly #mtime: number;
  readonly #mtimeEnd: number;
  readonly #sha256: number;
  readonly #end: number;

  constructor(row: RowReader) {
    const places = measureEntry(row);
    this.kind = places.kind as Kind;
    this.mode = places.mode === NO_MODE ? undefined : places.mode;
    this.#row = row;
    this.#start = places.start;
    this.#name = places.name;
    this.#nameEnd = places.nameEnd;
    this.#id = places.id;
    this.#mtime = places.mtime;
    this.#mtimeEnd = places.mtimeEnd;
    this.#sha256 = places.sha256;
    this.#end = places.end;
  }

  get name(): Buffer {
    return this.#row.bytes.subarray(this.#name, this.#nameEnd);
  }

  get latin1Name(): string {
    return this.#row.latin1(this.#name, this.#nameEnd);
  }

  get id(): Id {
    return this.#row.bytes.subarray(this.#id, this.#id + ID_LENGTH);
  }

  get memory(): ArrayBufferLike {
    return this.#row.bytes.buffer;
  }

  entry(): Entry {
    const row = this.#row;
    return decoding(ObjectType.tree, row.page!, () => readEntry(row.goTo(this.#start)));
  }

  isLike(other: EntryView): boolean {
    if (!(other instanceof RowView) || this.kind !== other.kind) return false;
    return (
      this.#row.isSame(this.#id, this.#mtimeEnd, other.#row, other.#id, other.#mtimeEnd) &&
      this.#row.isSame(this.#sha256, this.#end, other.#row, other.#sha256, other.#end)
    );
  }

  isApart(other: EntryView): boolean {
    if (this.kind !== other.kind || this.mode !== other.mode) return true;
    if (!(other instanceof RowView) || this.kind === Kind.dir) return false;
    return this.#row.areOtherUint32(this.#mtime, other.#row, other.#mtime);
  }

  hasContentOf(other: EntryView): boolean {
    if (!(other instanceof RowView) || this.kind !== other.kind) return false;
    return (
      this.#row.isSame(this.#id, this.#id + ID_LENGTH, other.#row, other.#id, other.#id + ID_LENGTH) &&
      this.#row.isSame(this.#sha256, this.#end, other.#row, other.#sha256, other.#end)
    );
  }

  isUnchanged(stamp: Stamp, fs: number): boolean {
    if (this.kind !== stamp.kind) return false;
    return decoding(ObjectType.tree, this.#row.page!, () => this.#has(stamp, fs));
  }

  #has(stamp: Stamp, fs: number): boolean {
    const row = this.#row.goTo(this.#mtime);
    if (!isNext(row, stamp.mtimeS) || !isNext(row, stamp.mtimeNs)) return false;
    if (!isNext(row, stamp.ctimeS) || !isNext(row, stamp.ctimeNs)) return false;
    row.skip(BIRTH_FIELDS);
    if (!isNext(row, stamp.ino)) return false;
    row.skip(1); // link count
    if (!isNext(row, fs)) return false;
    if (this.kind === Kind.file) {
      row.goTo(this.#id + ID_LENGTH).skip(SIZE_FIELD);
      if (!isNext(row, stamp.size)) return false;
    }
    row.goTo(this.#sha256).skip(FLAGS_FIELD);
    return row.nil() || (Number(row.int('flags')) & Flag.racy) === 0;
  }

  compareName(other: EntryView): number {
    if (!(other instanceof RowView)) return compareNames(this.name, other.name);
    const [a, b] = [this.#row.bytes, other.#row.bytes];
    return compareNamesAt(a, this.#name, this.#nameEnd, b, other.#name, other.#nameEnd);
  }

  compareNameTo(name: Uint8Array): number {
    return compareNamesAt(this.#row.bytes, this.#name, this.#nameEnd, name, 0, name.length);
  }
}

/** Whether the field that comes next is an integer and this one; a Number as `Entry` has it, which may be rounded. */
function isNext(row: RowReader, value: number | bigint): boolean {
  if (row.nil()) return false;
  const found = row.int('a time, inode, file system or size');
  return (typeof value === 'number' ? Number(found) : found) === value;
}

/** @throws Malformed for what is no row as far as that shows without decoding it */
export function readView(row: RowReader): EntryView {
  return new RowView(row);
}

/** An entry that is decoded already. */
export function viewOf(entry: Entry): EntryView {
  const { name, kind, id, mode } = entry;
  return {
    name,
    latin1Name: name.toString('latin1'),
    kind,
    id,
    mode,
    memory: name.buffer,
    entry: () => entry,
    isLike: () => false,
    isApart: (other) => kind !== other.kind || mode !== other.mode,
    hasContentOf: () => false,
    isUnchanged: (stamp, fs) => isUnchanged(entry, stamp, fs),
    compareName: (other) => compareNames(name, other.name),
    compareNameTo: (other) => compareNames(name, other),
  };
}
