/** A tree with one entry changed: the folders above it are written anew, everything else is taken over. */
import { VaultError } from '../errors.ts';
import type { Id } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';
import { type Entry, Kind } from './model.ts';
import { compareNames, quote } from './names.ts';
import { lookupEntry, type Put, readTree, TreeBuilder } from './tree.ts';

/**
 * Puts `entry` below the names of `folders`, whatever was there before.
 * @param root undefined for an empty tree
 * @param folder makes a folder that is not there; its id is set here
 * @returns the id of the new root tree
 * @throws BAD_PATH where one of `folders` is something else
 */
export async function putEntry(
  reader: ObjectReader,
  put: Put,
  root: Id | undefined,
  folders: readonly Buffer[],
  entry: Entry,
  folder: (name: Buffer) => Entry,
): Promise<Id> {
  const [name, ...deeper] = folders;
  if (name === undefined) return replaceRow(reader, put, root, entry);
  const there = root && (await lookupEntry(reader, root, name));
  if (there && there.kind !== Kind.dir) {
    throw new VaultError('BAD_PATH', `${quote(name)} is not a folder`, {
      hint: 'choose another name',
      subject: name.toString(),
    });
  }
  const id = await putEntry(reader, put, there?.id, deeper, entry, folder);
  return replaceRow(reader, put, root, { ...(there ?? folder(name)), id });
}

/** The tree with `entry` in the place of the one of its name, or in its place in the order. */
async function replaceRow(reader: ObjectReader, put: Put, tree: Id | undefined, entry: Entry): Promise<Id> {
  const builder = new TreeBuilder(put);
  let isPlaced = false;
  for await (const page of tree ? readTree(reader, tree) : []) {
    for (const row of page) {
      const order = compareNames(row.name, entry.name);
      if (order >= 0 && !isPlaced) {
        await builder.add(entry);
        isPlaced = true;
      }
      if (order !== 0) await builder.add(row);
    }
  }
  if (!isPlaced) await builder.add(entry);
  return (await builder.finish()).id;
}
