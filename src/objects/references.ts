/** Which objects one names: the edges along which a vault hangs together. */
import { type Id, ObjectType } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import { changesFormat } from './changes.ts';
import { isList } from './entry-flags.ts';
import { listFormat } from './list.ts';
import { type Entry, Kind } from './model.ts';
import { type PagedFormat, readPage } from './paged.ts';
import { readSnapshot } from './snapshot.ts';
import { treeFormat } from './tree.ts';

export interface Reference {
  id: Id;
  type: ObjectType;
}

/**
 * The objects that must be there for this one to be whole, one step on: pages of a long one, entries of a tree, chunks of a list; of a
 * snapshot tree and changes, but not its parents, which stand for themselves. Rows of changes name what was, not what must be.
 * @throws MISSING_OBJECT, DAMAGED
 */
export async function references(reader: ObjectReader, { id, type }: Reference): Promise<Reference[]> {
  switch (type) {
    case ObjectType.chunk:
      return [];
    case ObjectType.list:
      return ofPage(listFormat, reader, id, (chunk) => [{ id: chunk.id, type: ObjectType.chunk }]);
    case ObjectType.tree:
      return ofPage(treeFormat, reader, id, ofEntry);
    case ObjectType.changes:
      return ofPage(changesFormat, reader, id, () => []);
    case ObjectType.snapshot: {
      const { root, changes } = await readSnapshot(reader, id);
      return changes ? [...ofEntry(root), { id: changes, type: ObjectType.changes }] : ofEntry(root);
    }
  }
}

async function ofPage<Row>(
  format: PagedFormat<Row>,
  reader: ObjectReader,
  id: Id,
  ofRow: (row: Row) => Reference[],
): Promise<Reference[]> {
  const { rows, children } = await readPage(format, reader, id);
  return [...children.map((child) => ({ id: child.id, type: format.type })), ...rows.flatMap(ofRow)];
}

/** Its content, and attributes that have contents of their own. */
export function ofEntry(entry: Entry): Reference[] {
  const found: Reference[] = [{ id: entry.id, type: storedType(entry) }];
  for (const xattr of entry.xattrs ?? []) {
    if ('id' in xattr) found.push({ id: xattr.id, type: ObjectType.chunk });
  }
  return found;
}

/** What an entry's id names. */
export function storedType(entry: Entry): ObjectType {
  if (entry.kind === Kind.dir) return ObjectType.tree;
  return isList(entry) ? ObjectType.list : ObjectType.chunk;
}
