/** What a path of a tree names. */
import { isVaultError } from '../errors.ts';
import type { Entry } from '../objects/model.ts';
import { lookupPath } from '../objects/tree.ts';
import type { ObjectReader } from '../store/store.ts';

/** Undefined where there is nothing, also where the path goes into what is no folder. */
export async function entryAt(
  reader: ObjectReader,
  root: Entry,
  names: Buffer[],
): Promise<Entry | undefined> {
  try {
    return await lookupPath(reader, root, names);
  } catch (error) {
    if (isVaultError(error, 'BAD_PATH')) return undefined;
    throw error;
  }
}
