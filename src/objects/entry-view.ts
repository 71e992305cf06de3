/**
 * Entries of which little is decoded: for whoever looks at many and needs of most only what they are called and where they lead.
 */
import { ID_LENGTH, type Id, ObjectType } from '../store/id.ts';
import { ENTRY_FIELDS, MAX_MODE } from './entry.ts';
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
}

/** Fields that a view has decoded or passed: name, kind, id, mode. */
const HEAD_FIELDS = 4;

/** A row of a page that stays in memory as long as the view. */
class RowView implements EntryView {
  readonly name: Buffer;
  readonly kind: Kind;
  readonly mode: number | undefined;
  readonly #row: RowReader;
  readonly #start: number;
  readonly #idEnd: number;

  constructor(row: RowReader) {
    this.#row = row;
    this.#start = row.position;
    this.name = readName(row);
    this.kind = readKind(row);
    row.passBinary(ID_LENGTH, 'an entry’s id');
    this.#idEnd = row.position;
    this.mode = row.nil() ? undefined : row.uint(MAX_MODE, 'a mode');
    row.skip(ENTRY_FIELDS - HEAD_FIELDS);
  }

  get id(): Id {
    return this.#row.slice(this.#idEnd - ID_LENGTH, this.#idEnd);
  }

  entry(): Entry {
    const row = this.#row;
    return decoding(ObjectType.tree, row.page!, () => readEntry(row.goTo(this.#start)));
  }
}

/** @throws Malformed for what is no row as far as that shows without decoding it */
export function readView(row: RowReader): EntryView {
  return new RowView(row);
}

/** An entry that is decoded already. */
export function viewOf(entry: Entry): EntryView {
  const { name, kind, id, mode } = entry;
  return { name, kind, id, mode, entry: () => entry };
}
