/** Under which name a file was there before a snapshot added it. */
import { readChanges } from '../../objects/changes.ts';
import { type Change, type Entry, Kind, type Snapshot } from '../../objects/model.ts';
import { EMPTY_CONTENT, type Id, idKey } from '../../store/id.ts';
import { differences, type Side, snapshotSide } from '../diff/diff.ts';
import { type RenameCandidate, renameCandidate } from '../diff/rename-candidates.ts';
import { searchRenames } from '../diff/rename-search.ts';
import { entryAt } from '../entry-at.ts';
import type { Repository } from '../repository.ts';
import { splitPath } from '../split-path.ts';

export interface FormerName {
  path: Buffer;
  /** percent */
  similarity: number;
}

/** A file in the snapshot that added it. */
export interface AddedFile {
  id: Id;
  snapshot: Snapshot;
  path: Buffer;
  entry: Entry;
}

type Row = Pick<Change, 'path' | 'letter' | 'kind' | 'id'>;

/** Least similarity, percent. */
const MINIMUM = 50;
/** Deleted files of one snapshot that are compared with the added one. */
const MOST_DELETED = 1000;

/**
 * Looks among what was deleted since `parent`: an equal content, of several that with the same last name; else the most
 * similar one that did not become another file as it was.
 * @param parent the nearest kept ancestor
 * @param onSkipped called with the number of deleted files when they are too many to compare
 */
export async function formerName(
  repository: Repository,
  added: AddedFile,
  parent: Id,
  onSkipped: (files: number) => void,
): Promise<FormerName | undefined> {
  const deleted: Row[] = [];
  let equal: Buffer | undefined;
  let count = 0;
  const old = await snapshotSide(repository, parent);
  const isOldThere = await repository.store.locate(old.root.id, 'meta'); // not when it is forgotten
  for await (const change of changesSince(repository, added, parent)) {
    const row = change.letter === 'T' && isOldThere ? await formerRow(old, change) : change;
    if (row?.letter !== 'D' || row.kind !== Kind.file || row.id.equals(EMPTY_CONTENT)) continue;
    if (row.id.equals(added.entry.id)) equal = nearer(equal, row.path, added.path);
    else if (count++ < MOST_DELETED) deleted.push(row);
  }
  if (equal) return { path: equal, similarity: 100 };
  if (count > MOST_DELETED) onSkipped(count);
  if (count === 0 || count > MOST_DELETED) return undefined;
  const moved = await movedContents(changesSince(repository, added, parent), deleted);
  if (!isOldThere) return undefined;
  const sources = deleted.filter(({ id }) => !moved.has(idKey(id)));
  const target = renameCandidate(added.path, added.entry)!;
  const { found, skipped } = await searchRenames(
    [old, await candidatesOf(old, sources)],
    [await snapshotSide(repository, added.id), [target]],
    { minimum: MINIMUM, limit: MOST_DELETED },
  );
  if (skipped > 0) onSkipped(skipped);
  return found[0] && { path: found[0].from.path, similarity: found[0].similarity };
}

/** From the snapshot's own list where that begins at `parent`, else by comparing the trees. */
async function* changesSince(
  repository: Repository,
  { id, snapshot: { changes, parents } }: AddedFile,
  parent: Id,
): AsyncGenerator<Row, void, undefined> {
  if (changes && parents[0]?.equals(parent)) {
    for await (const page of readChanges(repository.store, changes)) yield* page;
    return;
  }
  const sides = [await snapshotSide(repository, parent), await snapshotSide(repository, id)] as const;
  for await (const { path, letter, old, new: next } of differences(...sides)) {
    const entry = (next ?? old)!;
    if (letter !== 'R') yield { path, letter, kind: entry.kind, id: entry.id };
  }
}

/** The file whose name a folder has taken, as a deleted one; undefined where it was something else. */
async function formerRow(old: Side, { path, kind }: Row): Promise<Row | undefined> {
  const entry = kind === Kind.dir ? await entryAt(old.reader, old.root, splitPath(path)) : undefined;
  return entry && { path, letter: 'D', kind: entry.kind, id: entry.id };
}

function nearer(known: Buffer | undefined, path: Buffer, target: Buffer): Buffer {
  return known && (lastName(known) === lastName(target) || lastName(path) !== lastName(target))
    ? known
    : path;
}

function lastName(path: Buffer): string {
  return path.subarray(path.lastIndexOf(0x2f) + 1).toString('latin1');
}

/** Which of the deleted contents came back under another name. */
async function movedContents(rows: AsyncIterable<Row>, deleted: readonly Row[]): Promise<Set<string>> {
  const ids = new Set(deleted.map(({ id }) => idKey(id)));
  const moved = new Set<string>();
  for await (const { letter, id } of rows) {
    if (letter === 'A' && ids.has(idKey(id))) moved.add(idKey(id));
  }
  return moved;
}

async function candidatesOf(side: Side, rows: readonly Row[]): Promise<RenameCandidate[]> {
  const candidates: RenameCandidate[] = [];
  for (const { path } of rows) {
    const entry = await entryAt(side.reader, side.root, splitPath(path));
    const candidate = entry && renameCandidate(path, entry);
    if (candidate) candidates.push(candidate);
  }
  return candidates;
}
