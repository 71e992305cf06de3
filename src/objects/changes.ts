/** Changes objects: the paths in which a snapshot differs from its first parent, in walk order. */
import { VaultError } from '../errors.ts';
import { ID_LENGTH, type Id, ObjectType } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import { LAST_KIND } from './entry.ts';
import { malformed } from './malformed.ts';
import type { Change, ChangeLetter, Kind } from './model.ts';
import { comparePaths, pathFault, quote } from './names.ts';
import type { PagedFormat } from './paged.ts';
import { PagedBuilder, type Put } from './paged-builder.ts';
import { readRows } from './paged-cursor.ts';
import type { RowReader } from './row-reader.ts';
import type { RowWriter } from './row-writer.ts';
import { hashKey } from './tree.ts';

const FIELDS = 5;
const LETTERS: readonly string[] = ['A', 'M', 'D', 'T'] satisfies ChangeLetter[];

export const changesFormat: PagedFormat<Change> = {
  type: ObjectType.changes,
  key: (change) => change.path,
  boundaryHash: hashKey,
  order: { keys: comparePaths, rows: (a, b) => comparePaths(a.path, b.path) },
  write: writeChange,
  read: readChange,
};

function changeFault(change: Change): string | undefined {
  if (!LETTERS.includes(change.letter)) return `has the unknown letter ${quote(Buffer.from(change.letter))}`;
  if (change.metadataOnly && change.letter !== 'M') return 'says that only metadata differs, and is no M';
  if (change.kind < 1 || change.kind > LAST_KIND) return `has the unknown kind ${change.kind}`;
  if (change.id.length !== ID_LENGTH) return 'has an id of another length';
  const fault = pathFault(change.path);
  return fault === undefined ? undefined : `has a path that ${fault}`;
}

function writeChange(change: Change, out: RowWriter): void {
  const fault = changeFault(change);
  if (fault !== undefined) throw new VaultError('USAGE', `the change of ${quote(change.path)} ${fault}`);
  out.array(FIELDS);
  out.binary(change.path);
  out.text(change.letter);
  out.int(change.kind);
  out.binary(change.id);
  out.int(change.metadataOnly ? 1 : 0);
}

function readChange(row: RowReader): Change {
  if (row.array('a change') !== FIELDS) malformed(`a change has not ${FIELDS} fields`);
  const change: Change = {
    path: row.binary('a path'),
    letter: row.text(0, 'a letter') as ChangeLetter,
    kind: row.uint(LAST_KIND, 'a kind') as Kind,
    id: row.binary('an id'),
    metadataOnly: row.uint(1, 'a mark') === 1,
  };
  const fault = changeFault(change);
  return fault === undefined ? change : malformed(`the change of ${quote(change.path)} ${fault}`);
}

export class ChangesBuilder {
  readonly #pages: PagedBuilder<Change>;

  constructor(put: Put) {
    this.#pages = new PagedBuilder(changesFormat, put);
  }

  /**
   * Takes the next change, in walk order. Returns a promise when a page became full: wait for it before the next call.
   * @throws USAGE for a change that cannot be stored, or one out of order
   */
  add(change: Change): void | Promise<void> {
    return this.#pages.add(change);
  }

  /** Stores what is left. The id of the changes object and its number of rows. */
  async finish(): Promise<{ id: Id; rows: number }> {
    const { id, rows } = await this.#pages.finish();
    return { id, rows };
  }
}

/** The changes in walk order, a page at a time, from the first whose path is `from` or behind it. */
export function readChanges(
  reader: ObjectReader,
  id: Id,
  from?: Buffer,
): AsyncGenerator<Change[], void, undefined> {
  return readRows(changesFormat, reader, id, from);
}
