/** Earlier restores: their list, what undoing one has done, what pruning removes. */
import { type KeptState, type RunRecord, type UndoResult, whyNot } from '../../index.ts';
import type { NameStyle, Piece } from '../frame/listing-command.ts';
import { formatCounted } from '../text/format.ts';
import { nameFields } from '../text/json.ts';
import { quote } from '../text/quoting.ts';
import { shownPlace } from './restore.ts';

/** `20260131T120000Z-3fa9c1d2  restored  5b1c77d0:src  /home/me/docs`, and what can be done about it. */
export function* runText(record: RunRecord, { name, eol }: NameStyle): Generator<Piece, void, undefined> {
  const { run, outcome, owner } = record;
  const what =
    owner.undoes === undefined ? `${owner.snapshot.slice(0, 8)}:` : `undoes ${owner.undoes.slice(-8)}`;
  yield `${run}  ${(owner.undoes === undefined ? outcome : 'undo').padEnd(8)}  ${what}`;
  if (owner.undoes === undefined) yield name(owner.path);
  yield '  ';
  yield name(owner.destination);
  const notes = [
    ...(record.leftOut > 0 ? [`not whole: ${formatCounted(record.leftOut, 'name')} left out`] : []),
    ...(whyNot(record) === undefined ? ['can be undone'] : []),
    ...(record.previous ? ['previous kept'] : []),
  ];
  yield `${notes.length === 0 ? '' : `  (${notes.join(', ')})`}${eol}`;
}

export function runFields(record: RunRecord): object {
  const { run, time, outcome, changes, leftOut, previous, undoneBy, owner, folder } = record;
  return {
    run,
    time,
    outcome,
    snapshot: owner.snapshot,
    ...nameFields(owner.path),
    ...nameFields(owner.destination, 'destination'),
    ...(previous && nameFields(previous, 'previous')),
    ...(owner.undoes !== undefined && { undoes: owner.undoes }),
    ...(undoneBy !== undefined && { undone_by: undoneBy }),
    changes,
    left_out: leftOut,
    undoable: whyNot(record) === undefined,
    ...nameFields(folder, 'record'),
  };
}

export function undoText({ undone, changes, destination, previous }: UndoResult, dryRun: boolean): string {
  const verb = dryRun ? 'would undo' : 'undid';
  const lines = [
    `${verb} ${undone}: ${formatCounted(changes, 'name')} of ${shownPlace(destination)} put back`,
  ];
  if (previous) lines.push(`what the restore had put there is kept in ${shownPlace(previous)}`);
  return `${lines.join('\n')}\n`;
}

export function undoFields({ undone, run, destination, changes, previous }: UndoResult): object {
  return {
    undone,
    run,
    ...nameFields(destination, 'destination'),
    changes,
    ...(previous && nameFields(previous, 'previous')),
  };
}

export function pruneText(states: readonly KeptState[], dryRun: boolean): string {
  if (states.length === 0) return 'nothing is kept of what restores have replaced\n';
  const verb = dryRun ? 'would remove' : 'removed';
  return states.map(({ previous }) => `${verb} ${quote(previous)}\n`).join('');
}

export function pruneFields(states: readonly KeptState[], dryRun: boolean): object {
  return {
    dry_run: dryRun,
    removed: states.map(({ run, previous }) => ({ run, ...nameFields(previous) })),
  };
}
