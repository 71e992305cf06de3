/**
 * What the history of paths records of a snapshot: its changes, and a change of each folder above them.
 */
import { readChanges } from '../../objects/changes.ts';
import type { Change } from '../../objects/model.ts';
import type { Id } from '../../store/id.ts';
import type { ObjectReader } from '../../store/store.ts';
import { encodeChange, hashPath } from './history-keys.ts';

const SLASH = 0x2f;

export interface HistoryRow {
  pathHash: Buffer;
  /** as `encodeChange` makes it */
  value: Buffer;
}

/** For a folder that is not among the changes itself. */
const FOLDER_CHANGED = encodeChange({ letter: 'M', metadataOnly: false });

/** The rows of a changes object, a page at a time; each path has one. */
export async function* historyRows(
  reader: ObjectReader,
  changes: Id,
): AsyncGenerator<HistoryRow[], void, undefined> {
  let held: Change | undefined;
  for await (const page of readChanges(reader, changes)) {
    const rows: HistoryRow[] = [];
    for (const change of page) {
      if (held) rows.push(rowOf(held, change.path));
      addFolders(rows, held?.path, change.path);
      held = change;
    }
    yield rows;
  }
  if (held) yield [rowOf(held, undefined)];
}

/** In walk order what is in a folder follows it: then it is not only the folder's metadata that has changed. */
function rowOf(change: Change, following: Buffer | undefined): HistoryRow {
  const metadataOnly = change.metadataOnly && !(following && isInside(following, change.path));
  return { pathHash: hashPath(change.path), value: encodeChange({ ...change, metadataOnly }) };
}

function isInside(path: Buffer, folder: Buffer): boolean {
  return path[folder.length] === SLASH && folder.compare(path, 0, folder.length) === 0;
}

/** The folders of `path`, without those that `before` is in, or is. */
function addFolders(rows: HistoryRow[], before: Buffer | undefined, path: Buffer): void {
  for (let end = path.indexOf(SLASH); end >= 0; end = path.indexOf(SLASH, end + 1)) {
    const folder = path.subarray(0, end);
    if (before && (before.equals(folder) || isInside(before, folder))) continue;
    rows.push({ pathHash: hashPath(folder), value: FOLDER_CHANGED });
  }
}
