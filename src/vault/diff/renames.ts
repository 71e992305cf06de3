/** Differences in which a file that went and one that came, of the same or a similar content, are one: a rename. */
import { sameContent } from '../../objects/entry-diff.ts';
import { type Entry, Kind } from '../../objects/model.ts';
import type { Difference, Side } from './diff.ts';
import { KeptDifferences } from './kept-differences.ts';
import { type RenameCandidate, renameCandidate } from './rename-candidates.ts';
import { type FoundRename, searchRenames } from './rename-search.ts';

export interface RenameOptions {
  /** least similarity in percent, 1 … 100 (then only equal contents are found); 50 unless given */
  minimum?: number;
  /** with more than limit² pairs of files, only equal contents and equal names are looked for; 1,000 unless given */
  limit?: number;
  signal?: AbortSignal;
}

type Differences = () => AsyncGenerator<Difference[], void, undefined>;

export interface Renamed {
  /** in walk order, many at a time, renames where the new name comes */
  differences: Differences;
  /** files that were not looked at closely since they were too many or too large; 0 is the usual */
  skipped: number;
}

/** Deleted, and added, files that are remembered: at most 110 MB together. With more, no renames are looked for. */
const MOST_CANDIDATES = 80_000;
const MINIMUM = 50;
const LIMIT = 1000;

/**
 * Looks through the differences for renames, and gives them again with those in: from memory while they are few, else by a second walk.
 * @param differences gives the same ones each time it is called
 * @throws as walking and reading contents do
 */
export async function withRenames(
  a: Side,
  b: Side,
  differences: Differences,
  { minimum = MINIMUM, limit = LIMIT, signal }: RenameOptions,
): Promise<Renamed> {
  const deleted: RenameCandidate[] = [];
  const added: RenameCandidate[] = [];
  const kept = new KeptDifferences();
  let skipped = 0;
  for await (const group of differences()) {
    kept.add(group);
    for (const difference of group) {
      // Most are: their entries stay undecoded.
      if (difference.letter === 'M') continue;
      const entry = gone(difference) ?? came(difference);
      const candidate = entry && renameCandidate(difference.path, entry);
      const candidates = entry === difference.old ? deleted : added;
      if (!candidate) continue;
      if (candidates.length < MOST_CANDIDATES) candidates.push(candidate);
      else skipped++;
    }
  }
  const again: Differences = () => replayed(kept, differences);
  if (skipped > 0) return { differences: again, skipped: skipped + deleted.length + added.length };
  if (deleted.length === 0 || added.length === 0) return { differences: again, skipped };
  // What a side has is read through the reader that knows both.
  const result = await searchRenames([{ ...a, reader: b.reader }, deleted], [b, added], {
    minimum,
    limit,
    signal,
  });
  if (result.found.length === 0) return { differences: again, skipped: result.skipped };
  return { differences: () => merged(again(), result.found), skipped: result.skipped };
}

/** What was kept, the first time; after that, and where it was too much, what a walk finds. */
async function* replayed(
  kept: KeptDifferences,
  differences: Differences,
): AsyncGenerator<Difference[], void, undefined> {
  yield* kept.take() ?? differences();
}

/** What left its name: a folder that has taken it since is no later version of a file. */
function gone({ letter, old, new: next }: Difference): Entry | undefined {
  return letter === 'D' || (letter === 'T' && next!.kind === Kind.dir) ? old : undefined;
}

/** What came to a name that nothing had, or only a folder. */
function came({ letter, old, new: next }: Difference): Entry | undefined {
  return letter === 'A' || (letter === 'T' && old!.kind === Kind.dir) ? next : undefined;
}

async function* merged(
  differences: AsyncIterable<Difference[]>,
  found: readonly FoundRename[],
): AsyncGenerator<Difference[], void, undefined> {
  const sources = new Set(found.map(({ from }) => from.path.toString('latin1')));
  const targets = new Map(found.map((one) => [one.to.path.toString('latin1'), one]));
  for await (const group of differences) {
    yield group.flatMap((difference) => {
      const { letter, path } = difference;
      if (letter === 'M') return difference;
      const key = path.toString('latin1');
      const rename = targets.get(key);
      if (rename) return [...folderOf(difference), renamed(path, difference.new!, rename)];
      return sources.has(key) ? folderOf(difference) : difference;
    });
  }
}

/** What is left of a difference between a file and a folder without the file. */
function folderOf({ path, old, new: next }: Difference): Difference[] {
  if (old?.kind === Kind.dir) return [{ path, letter: 'D', metadataOnly: false, old }];
  return next?.kind === Kind.dir ? [{ path, letter: 'A', metadataOnly: false, new: next }] : [];
}

function renamed(path: Buffer, next: Entry, { from, similarity }: FoundRename): Difference {
  const old = from.entry;
  const metadataOnly = sameContent(old, next);
  return { path, letter: 'R', from: from.path, similarity, metadataOnly, old, new: next };
}
