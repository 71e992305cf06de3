/** Trees: one directory each, its entries in bytewise order of their names. */
import { VaultError } from '../errors.ts';
import { sha256Start } from '../store/hash/hash.ts';
import { type Id, ObjectType } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import { readEntry, writeEntry } from './entry-row.ts';
import { type EntryView, readView } from './entry-view.ts';
import { type Entry, Kind } from './model.ts';
import { compareNames, joinPath, quote } from './names.ts';
import type { PagedFormat, PageReading } from './paged.ts';
import { PagedBuilder, type Put } from './paged-builder.ts';
import { lookupRow, readRows } from './paged-cursor.ts';

export type { Put } from './paged-builder.ts';

/** The boundary hash of keys that are names or paths: the first four bytes of SHA-256(level ∥ key). */
export function hashKey(level: number, key: Buffer): number {
  const length = 1 + key.length;
  if (hashed.length < length) hashed = Buffer.allocUnsafeSlow(length);
  hashed[0] = level;
  hashed.set(key, 1);
  return sha256Start(hashed.subarray(0, length));
}

/** What is hashed, until the next call. */
let hashed = Buffer.allocUnsafeSlow(512);

export const treeFormat: PagedFormat<Entry> = {
  type: ObjectType.tree,
  key: (entry) => entry.name,
  boundaryHash: hashKey,
  order: { keys: compareNames, rows: (a, b) => compareNames(a.name, b.name) },
  write: writeEntry,
  read: readEntry,
};

/** Rows of which little is decoded. */
export const viewFormat: PageReading<EntryView> = {
  type: ObjectType.tree,
  key: (view) => view.name,
  order: { keys: compareNames, rows: (a, b) => a.compareName(b) },
  read: readView,
};

export class TreeBuilder {
  readonly #pages: PagedBuilder<Entry>;

  constructor(put: Put) {
    this.#pages = new PagedBuilder(treeFormat, put);
  }

  /**
   * Takes the next entry, in strictly ascending order of names. Returns a promise when a page became full: wait for it
   * before the next call. The buffer of the name must not change before `finish`.
   * @throws USAGE for an entry that cannot be stored, or one out of order
   */
  add(entry: Entry): void | Promise<void> {
    return this.#pages.add(entry);
  }

  /** Stores what is left. The tree's id and its number of entries. */
  async finish(): Promise<{ id: Id; rows: number }> {
    const { id, rows } = await this.#pages.finish();
    return { id, rows };
  }
}

/** The entries in order, a page at a time, from the first whose name is `from` or behind it; no page when there are none. */
export function readTree(
  reader: ObjectReader,
  id: Id,
  from?: Buffer,
): AsyncGenerator<Entry[], void, undefined> {
  return readRows(treeFormat, reader, id, from);
}

/** The entry called `name`, if there is one. Reads one page a level. */
export function lookupEntry(reader: ObjectReader, tree: Id, name: Buffer): Promise<Entry | undefined> {
  return lookupRow(treeFormat, reader, tree, name);
}

/**
 * The entry that the names lead to from `root`; `root` itself for none; undefined when one is not there.
 * @throws BAD_PATH when the path goes into something that is no directory
 */
export async function lookupPath(
  reader: ObjectReader,
  root: Entry,
  names: readonly Buffer[],
): Promise<Entry | undefined> {
  let entry = root;
  let path: Buffer = Buffer.alloc(0);
  for (const name of names) {
    if (entry.kind !== Kind.dir) {
      throw new VaultError('BAD_PATH', `${quote(path)} is not a directory`, {
        subject: path.toString(),
        hint: 'give the path of something in a directory, or of the file itself',
      });
    }
    path = joinPath(path, name);
    const next = await lookupEntry(reader, entry.id, name);
    if (next === undefined) return undefined;
    entry = next;
  }
  return entry;
}
