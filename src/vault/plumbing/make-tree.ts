/** Trees from their rows: `make-tree`. */
import { VaultError } from '../../errors.ts';
import { isList } from '../../objects/entry-flags.ts';
import { type Entry, Flag, Kind } from '../../objects/model.ts';
import { compareNames, nameFault, quote } from '../../objects/names.ts';
import { ofEntry, type Reference } from '../../objects/references.ts';
import { TreeBuilder } from '../../objects/tree.ts';
import { EMPTY_CONTENT, type Id, ObjectType } from '../../store/id.ts';
import type { ObjectReader } from '../../store/store.ts';
import type { Repository } from '../repository.ts';
import { type HandWriter, storeByHand } from '../transaction/stored-by-hand.ts';

/** A row to be, and how messages call it: `line 3`. */
export interface TreeRow {
  entry: Entry;
  where: string;
}

/** Rows of one tree: they are sorted before the first is stored, about 500 bytes each. */
export const MOST_TREE_ROWS = 4_000_000;

/**
 * Stores a tree and gives its id. Rows may come in any order. An entry that does not say whether its id is a chunk's or a list's
 * is taken for what the vault has.
 * @param options.missing do not look whether the objects are there
 * @throws USAGE for a name that comes twice or an entry that no tree may have, NOT_FOUND and WRONG_TYPE for an object that is not
 *   there or is another than the row says, MISSING_OBJECT when part of it is not. Nothing is stored then
 */
export async function makeTree(
  repository: Repository,
  rows: readonly TreeRow[],
  options: { missing?: boolean } = {},
): Promise<Id> {
  for (const { entry, where } of rows) {
    const fault = nameFault(entry.name);
    if (fault !== undefined) throw badName(where, entry, fault);
  }
  const sorted = rows.toSorted((a, b) => compareNames(a.entry.name, b.entry.name));
  for (let i = 1; i < sorted.length; i++) {
    const [one, two] = [sorted[i - 1]!, sorted[i]!];
    if (one.entry.name.equals(two.entry.name)) throw twice(one, two);
  }
  const { ids } = await storeByHand(repository, async (hand) => {
    const entries = options.missing
      ? sorted.map(({ entry }) => entry)
      : await checked(repository, hand, sorted);
    const builder = new TreeBuilder((type, encoding) => hand.writer.putMeta(type, encoding));
    for (const entry of entries) {
      const stored = builder.add(entry);
      if (stored) await stored;
    }
    return { ids: [(await builder.finish()).id] };
  });
  return ids[0]!;
}

async function checked({ store }: Repository, hand: HandWriter, rows: readonly TreeRow[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const row of rows) {
    const entry = await withKnownType(store, row);
    const named = ofEntry(entry);
    const there = await hand.mayName(named);
    const lost = named.find((_, i) => !there[i]);
    if (lost) throw notThere(row, lost);
    entries.push(entry);
  }
  return entries;
}

/** The entry with the list mark where its content is a list. */
async function withKnownType(reader: ObjectReader, row: TreeRow): Promise<Entry> {
  const { entry } = row;
  const { id, kind, flags = 0 } = entry;
  if (id.equals(EMPTY_CONTENT) && kind !== Kind.dir) return entry;
  const meta = (await reader.locate(id, 'meta'))?.type;
  if (kind === Kind.dir) {
    if (meta === ObjectType.tree) return entry;
    throw meta === undefined && !(await reader.locate(id, 'chunk'))
      ? notThere(row, { id })
      : wrongType(row, 'tree');
  }
  if (isList(entry) && meta === ObjectType.list) return entry;
  if (await reader.locate(id, 'chunk')) return isList(entry) ? withFlags(entry, flags & ~Flag.list) : entry;
  if (meta === ObjectType.list) return withFlags(entry, flags | Flag.list);
  throw meta === undefined ? notThere(row, { id }) : wrongType(row, 'blob');
}

function withFlags(entry: Entry, flags: number): Entry {
  const { flags: _, ...rest } = entry;
  return flags === 0 ? rest : { ...rest, flags };
}

function badName(where: string, { name }: Entry, fault: string): VaultError {
  return new VaultError('USAGE', `${where}: the name ${quote(name)} ${fault}`, {
    hint: 'rows are those of one folder; nothing was stored',
    subject: name.toString(),
  });
}

function twice(one: TreeRow, two: TreeRow): VaultError {
  const name = quote(one.entry.name);
  return new VaultError('USAGE', `${one.where} and ${two.where} both have the name ${name}`, {
    hint: 'a tree has each name once; nothing was stored',
    subject: one.entry.name.toString(),
  });
}

function notThere({ where, entry }: TreeRow, { id }: Pick<Reference, 'id'>): VaultError {
  const hex = id.toString('hex');
  const name = quote(entry.name);
  return new VaultError('NOT_FOUND', `${where}: object ${hex} of ${name} is not in the vault`, {
    hint: 'store it first, or say --missing; nothing was stored',
    subject: hex,
  });
}

function wrongType({ where, entry }: TreeRow, wanted: string): VaultError {
  const hex = entry.id.toString('hex');
  return new VaultError('WRONG_TYPE', `${where}: object ${hex} is no ${wanted}`, {
    hint: 'nothing was stored',
    subject: hex,
  });
}
