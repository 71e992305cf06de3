/** The versions of a file or folder. */
import {
  changesOf,
  type Difference,
  type Entry,
  Kind,
  metadataChanges,
  type PathVersion,
  type Repository,
} from '../../index.ts';
import type { Piece } from '../frame/listing-command.ts';
import type { Paint } from '../text/colour.ts';
import { formatSize, formatTime } from '../text/format.ts';
import { jsonTime, nameFields } from '../text/json.ts';
import { entryFields } from '../text/json-entry.ts';
import { modeLetters } from '../text/long-line.ts';
import { quote } from '../text/quoting.ts';
import { metadataText, paintLetter } from './change.ts';
import { type LogStyle, statFields, statText } from './log.ts';
import { shownId } from './snapshot.ts';

const NUMBER_COLUMN = 4;
const SIZE_COLUMN = 11;
const SHORT = 8;

/** `   2  2026-01-31 13:00:05 +0100  3f2a91c4  M      12.4 kB  -rw-r--r--  9b1c77d0` and what else there is to say. */
function versionLine(version: PathVersion, paint: Paint): string {
  const { number, id, snapshot, letter, entry } = version;
  const columns = [
    String(number ?? '-').padStart(NUMBER_COLUMN),
    formatTime(snapshot.timeS),
    paint('yellow', shownId(id)),
    paintLetter(paint, letter),
    (entry?.size === undefined ? '-' : formatSize(entry.size)).padStart(SIZE_COLUMN),
    entry ? modeLetters(entry) : '-'.padEnd(10),
    contentDigits(entry),
    ...note(version),
  ];
  return `${columns.join('  ').trimEnd()}\n`;
}

/** The first digits of the content's SHA-256, of a folder's id. */
function contentDigits(entry: Entry | undefined): string {
  const digits = entry?.sha256 ?? entry?.id;
  return digits ? digits.toString('hex').slice(0, SHORT) : '-'.padEnd(SHORT);
}

function note({ letter, from, similarity, old, entry, metadataOnly, available }: PathVersion): string[] {
  const notes: string[] = [];
  if (from) notes.push(`from ${quote(from)}${similarity === 100 ? '' : `, ${similarity} % alike`}`);
  if (metadataOnly && old && entry) notes.push(`only ${metadataText(old, entry)}`);
  else if (metadataOnly) notes.push('only metadata');
  if (entry?.kind === Kind.symlink && entry.target) notes.push(`-> ${quote(entry.target)}`);
  if (!available && letter !== 'D') notes.push('not available');
  return notes.length === 0 ? [] : [notes.join('; ')];
}

/** With `--stat`, what has changed in a folder. */
export async function* versionText(
  vault: Repository,
  version: PathVersion,
  { stat, paint, names }: LogStyle,
): AsyncGenerator<Piece, void, undefined> {
  yield versionLine(version, paint);
  if (stat) yield* statText(changesIn(vault, version), paint, names);
}

function changesIn(vault: Repository, version: PathVersion): AsyncIterable<Difference> {
  return changesOf(vault, version, [version.path]);
}

export async function versionFields(vault: Repository, version: PathVersion, stat: boolean): Promise<object> {
  const { number, id, snapshot, letter, path, from, similarity, metadataOnly, old, entry, available } =
    version;
  const { path: _path, path_b64: _bytes, id: content, ...fields } = entry ? entryFields(path, entry) : {};
  return {
    ...nameFields(path),
    version: number ?? null,
    snapshot: id,
    time: jsonTime(snapshot.timeS, snapshot.timeNs),
    letter,
    ...(from && nameFields(from, 'from')),
    ...(similarity !== undefined && { similarity }),
    metadata_only: metadataOnly,
    changed: old && entry ? [...new Set(metadataChanges(old, entry).map(({ field }) => field))] : [],
    available,
    ...(content !== undefined && { content }),
    ...fields,
    ...(stat && (await statFields(changesIn(vault, version)))),
  };
}
