/** The lines of `status`. */
import type { Difference, Exclusion, SnapshotPlan } from '../../index.ts';
import type { NameStyle, Piece } from '../frame/listing-command.ts';
import type { Paint } from '../text/colour.ts';
import { formatAge } from '../text/format.ts';
import { nameFields } from '../text/json.ts';
import { printableLine } from '../text/quoting.ts';
import { differenceFields, metadataText, paintLetter } from './change.ts';
import { shownId } from './snapshot.ts';

/** What a snapshot would record, or leave out. */
export type StatusRow = { change: Difference } | { excluded: Exclusion };

/**
 * The changes, then what is left out but for the store itself, which nobody expects inside.
 * @param excluded false: the changes only
 */
export async function* statusRows(
  plan: SnapshotPlan,
  excluded: boolean,
): AsyncGenerator<StatusRow, void, undefined> {
  for await (const change of plan.changes()) yield { change };
  for (const exclusion of excluded ? plan.scanned.excluded : []) {
    if (exclusion.reason !== 'store') yield { excluded: exclusion };
  }
}

/** `M path`, `! path` */
export function statusLine(row: StatusRow, paint: Paint, { name, eol }: NameStyle, notes: boolean): Piece[] {
  if ('excluded' in row) {
    const { path, reason } = row.excluded;
    return [`${paint('dim', '!')} `, name(path), notes ? paint('dim', `  (${reason})`) : '', eol];
  }
  const { change } = row;
  const metadata = notes && change.metadataOnly ? metadataText(change.old, change.new) : '';
  const note = metadata === '' ? '' : paint('dim', `  (${metadata})`);
  return [`${paintLetter(paint, change.letter)} `, name(change.path), note, eol];
}

export function statusFields(row: StatusRow): object {
  if ('change' in row) return differenceFields(row.change);
  return { letter: '!', ...nameFields(row.excluded.path), reason: row.excluded.reason };
}

/** Above the lines, on a terminal. */
export function statusHeading({ line, parent }: SnapshotPlan): string {
  if (!parent) return `on line ${printableLine(line)}, which has no snapshot yet:`;
  const age = formatAge(parent.snapshot.timeS, Date.now() / 1000);
  return `on line ${printableLine(line)}, since ${shownId(parent.id)} (${age}):`;
}

/** Instead of lines. */
export function nothingChanged({ line, parent }: SnapshotPlan): string {
  if (!parent) return `line ${printableLine(line)} has no snapshot yet, and there is nothing to store`;
  return `nothing has changed since ${printableLine(line)} ${shownId(parent.id)}`;
}
