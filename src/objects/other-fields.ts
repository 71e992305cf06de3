/**
 * What an entry says besides name, kind and id, as one value: so that a listing in text loses nothing. `ls-tree --full` prints
 * it, `make-tree` reads it. It is the array of a tree's row without its first three fields.
 */
import { VaultError } from '../errors.ts';
import { decode, encode } from './encoding.ts';
import { ENTRY_FIELDS, entryFields, entryFromFields } from './entry.ts';
import { Malformed } from './malformed.ts';
import type { Entry } from './model.ts';
import { arrayOf } from './shape.ts';

const SHOWN = 3;
const NO_NAME = Buffer.alloc(0);

export function encodeOtherFields(entry: Entry): Buffer {
  return encode(entryFields(entry).slice(SHOWN));
}

/**
 * The entry with name, kind and id of `shown` and everything else of `bytes`.
 * @throws USAGE for what `encodeOtherFields` does not make
 */
export function withOtherFields(shown: Pick<Entry, 'name' | 'kind' | 'id'>, bytes: Buffer): Entry {
  try {
    const others = arrayOf(decode(bytes), 'it');
    if (others.length !== ENTRY_FIELDS - SHOWN) throw new Malformed(`it has ${others.length} values`);
    const entry = entryFromFields([NO_NAME, shown.kind, shown.id, ...others], true);
    return { ...entry, name: shown.name };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new VaultError('USAGE', `the field of other values cannot be read: ${error.message}`, {
      hint: 'take it over from `vault ls-tree --full` as it is, or leave it out',
      cause: error,
    });
  }
}
