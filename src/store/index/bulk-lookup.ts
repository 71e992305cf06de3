/** Lookups by the thousand: in LevelDB for metadata that may be there, in tables of packs for chunks where they are at hand. */
import { ID_LENGTH, type Id } from '../id.ts';
import type { PackTables } from '../pack/pack-tables.ts';
import type { Space } from '../space.ts';
import type { Location } from '../store.ts';
import type { IndexReader } from './db.ts';
import { objectKey } from './entry.ts';
import type { MetadataIds } from './metadata-ids.ts';
import type { ObjectIndex } from './object-index.ts';

/** One key for all lookups of metadata: most of them miss, and then the key was the only garbage. */
const metaKey = objectKey('meta', Buffer.alloc(ID_LENGTH));

export interface LookupSources {
  index: ObjectIndex;
  tables: PackTables;
  metadata: MetadataIds;
}

/**
 * What is known of each id's place, metadata first where no space is given. Synchronous within a slice of the index.
 * Further places of one object are left out.
 */
export function lookUpAll(
  { index, tables, metadata }: LookupSources,
  reader: IndexReader,
  ids: readonly Id[],
  space?: Space,
): (Location | undefined)[] {
  const places: (Location | undefined)[] = new Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    const isLikelyMeta = space === 'meta' || (space !== 'chunk' && metadata.mayHave(id));
    let place = isLikelyMeta ? findMeta(index, reader, id) : undefined;
    if (!place && space !== 'meta') {
      place = tables.find(id);
      if (!place) {
        place = index.findNow(reader, id, 'chunk');
        if (place) tables.note(place.pack);
      }
    }
    // Metadata that came since their ids were read.
    if (!place && !isLikelyMeta && space !== 'chunk') place = findMeta(index, reader, id);
    places[i] = place;
  }
  return places;
}

function findMeta(index: ObjectIndex, reader: IndexReader, id: Id): Location | undefined {
  metaKey.set(id, 1);
  const value = reader.get(metaKey);
  return value && index.locationOf(reader, value);
}
