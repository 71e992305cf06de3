/**
 * Entries of which little is decoded: for whoever looks at many and needs of most only what they are called and where they lead.
 */
import { ID_LENGTH, type Id, ObjectType } from '../store/id.ts';
import { MAX_MODE } from './entry.ts';
import { readEntry, readKind, readName } from './entry-row.ts';
import { decoding } from './malformed.ts';
import type { Entry, Kind } from './model.ts';
import type { RowReader } from './row-reader.ts';

/** It is no `Entry`: what it lacks would pass for absent. */
export interface EntryView {
  readonly name: Buffer;
  readonly kind: Kind;
  readonly id: Id;
  readonly mode: number | undefined;
  /** All of it. @throws DAMAGED when one of its other fields is malformed */
  entry(): Entry;
  /** True only when all that makes a difference to people (`sameEntry`) is encoded alike in both: a quick look before they are decoded. */
  isLike(other: EntryView): boolean;
}

/** Fields between mode and change time: uid, gid, user, group, size, modification time. */
const COMPARED_FIELDS = 7;
/** Behind them: change and birth time, inode, link count, file system. */
const PASSED_FIELDS = 7;
/** Behind those: SHA-256, target, device, flags, attributes, extensions. */
const LAST_FIELDS = 6;

/** A row of a page that stays in memory as long as the view. */
class RowView implements EntryView {
  readonly name: Buffer;
  readonly kind: Kind;
  readonly mode: number | undefined;
  readonly #row: RowReader;
  readonly #start: number;
  readonly #idEnd: number;
  readonly #mtimeEnd: number;
  readonly #sha256: number;
  readonly #end: number;
  #entry: Entry | undefined;

  constructor(row: RowReader) {
    this.#row = row;
    this.#start = row.position;
    this.name = readName(row);
    this.kind = readKind(row);
    row.passBinary(ID_LENGTH, 'an entry’s id');
    this.#idEnd = row.position;
    this.mode = row.nil() ? undefined : row.uint(MAX_MODE, 'a mode');
    row.skip(COMPARED_FIELDS);
    this.#mtimeEnd = row.position;
    row.skip(PASSED_FIELDS);
    this.#sha256 = row.position;
    row.skip(LAST_FIELDS);
    this.#end = row.position;
  }

  get id(): Id {
    return this.#row.slice(this.#idEnd - ID_LENGTH, this.#idEnd);
  }

  entry(): Entry {
    const row = this.#row;
    this.#entry ??= decoding(ObjectType.tree, row.page!, () => readEntry(row.goTo(this.#start)));
    return this.#entry;
  }

  isLike(other: EntryView): boolean {
    if (!(other instanceof RowView) || this.kind !== other.kind) return false;
    const idAt = this.#idEnd - ID_LENGTH;
    const otherIdAt = other.#idEnd - ID_LENGTH;
    return (
      this.#row.isSame(idAt, this.#mtimeEnd, other.#row, otherIdAt, other.#mtimeEnd) &&
      this.#row.isSame(this.#sha256, this.#end, other.#row, other.#sha256, other.#end)
    );
  }
}

/** @throws Malformed for what is no row as far as that shows without decoding it */
export function readView(row: RowReader): EntryView {
  return new RowView(row);
}

/** An entry that is decoded already. */
export function viewOf(entry: Entry): EntryView {
  const { name, kind, id, mode } = entry;
  return { name, kind, id, mode, entry: () => entry, isLike: () => false };
}
