/** What `show` prints of a snapshot's changes, a folder, a file. */
import { type Change, type Entry, Kind, type Shown, type Walked } from '../../index.ts';
import type { NameStyle, Piece } from '../frame/listing-command.ts';
import type { Paint } from '../text/colour.ts';
import { nameFields } from '../text/json.ts';
import { entryFields } from '../text/json-entry.ts';
import { paintLetter } from './change.ts';
import { headText } from './log.ts';
import { problemLines } from './scan.ts';
import { snapshotFields } from './snapshot.ts';

/** A snapshot above its changes: head, what could not be read, and a line between. */
export function snapshotText(shown: Shown & { kind: 'snapshot' }, paint: Paint): string {
  const { snapshot } = shown;
  const problems = problemLines(snapshot).map((line) => `    ${line}\n`);
  return [headText(shown, paint), ...problems, snapshot.parents.length > 0 ? '\n' : ''].join('');
}

/** `M path`, as `status` does. */
export function changeLine(change: Change, paint: Paint, { name, eol }: NameStyle): Piece[] {
  const note = change.metadataOnly && eol === '\n' ? paint('dim', '  (metadata only)') : '';
  return [`${paintLetter(paint, change.letter)} `, name(change.path), note, eol];
}

export function entryLine({ entry }: Walked, { name, eol }: NameStyle): Piece[] {
  return [name(entry.name), entry.kind === Kind.dir ? '/' : '', eol];
}

/** Fields of the document, but for the rows. A file's content is not in it: `cat-object` prints that. */
export function shownFields(shown: Shown): object {
  switch (shown.kind) {
    case 'snapshot':
      return { type: 'snapshot', ...snapshotFields(shown.id, shown.snapshot), ...shown.names };
    case 'tree':
      return { type: 'tree', id: shown.id, ...(shown.path && nameFields(shown.path)) };
    case 'blob':
      return blobFields(shown.info.entry, shown);
    case 'changes':
      return { type: 'changes', id: shown.id };
  }
}

function blobFields(entry: Entry | undefined, { info, path }: Shown & { kind: 'blob' }): object {
  return entry && path ? entryFields(path, entry) : { type: 'blob', id: info.id };
}
