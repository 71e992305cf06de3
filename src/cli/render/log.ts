/** Snapshots in a history, and one snapshot's head. */
import { changesOf, type Difference, type LogEntry, type RefNames, type Repository } from '../../index.ts';
import type { NameStyle, Piece } from '../frame/listing-command.ts';
import type { Paint } from '../text/colour.ts';
import { formatTime } from '../text/format.ts';
import { printable, printableLine, quote } from '../text/quoting.ts';
import { ChangeTotals, differenceFields, statHead } from './change.ts';
import { statTotals } from './diff.ts';
import { extent, shownId, snapshotFields } from './snapshot.ts';

/** As git's: head, message, extent; without an empty line at the end. */
export function headText({ id, snapshot, names, forgotten }: LogEntry, paint: Paint): string {
  const { parents, timeS, host, user, author, rootPath, message, labels, problemCount } = snapshot;
  const lines = [
    `${paint('yellow', `snapshot ${id.toString('hex')}`)}${decoration(names, paint)}${mark(forgotten)}`,
    ...(parents.length > 1 ? [`Parents: ${parents.map(shownId).join(' ')}`] : []),
    `Time:    ${formatTime(timeS)}`,
    `From:    ${printableLine(host)}:${quote(rootPath)} (${printableLine(user)})`,
    ...(author === undefined ? [] : [`Author:  ${printableLine(author)}`]),
    ...labels.map(([key, value]) => `Label:   ${printableLine(key)}=${printableLine(value)}`),
    '',
    ...(message === '' ? [] : [...indented(message), '']),
    `    ${extent(snapshot)}`,
    ...(problemCount > 0 ? [`    ${problemCount} could not be read`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function indented(message: string): string[] {
  return printable(message.trimEnd())
    .split('\n')
    .map((line) => (line === '' ? '' : `    ${line}`));
}

function mark(forgotten: boolean): string {
  return forgotten ? ' (forgotten)' : '';
}

/** ` (main, tag: v1)`, or nothing. */
function decoration({ lines, tags }: RefNames, paint: Paint): string {
  const names = [
    ...lines.map((name) => paint('green', printableLine(name))),
    ...tags.map((name) => paint('cyan', `tag: ${printableLine(name)}`)),
  ];
  return names.length === 0 ? '' : ` (${names.join(', ')})`;
}

/** `3f2a91c4 2026-01-31 13:00:05 +0100 (main, tag: v1) chapter 2` */
export function oneLine({ id, snapshot, names, forgotten }: LogEntry, paint: Paint): string {
  const subject = printableLine(snapshot.message.split('\n', 1)[0]!);
  const head = `${paint('yellow', shownId(id))} ${formatTime(snapshot.timeS)}${decoration(names, paint)}${mark(forgotten)}`;
  return subject === '' ? `${head}\n` : `${head} ${subject}\n`;
}

export interface LogStyle {
  oneline: boolean;
  stat: boolean;
  paint: Paint;
  names: NameStyle;
}

/** One entry of `log`, in pieces; with `--stat` what it changed of its parent. */
export async function* entryText(
  vault: Repository,
  entry: LogEntry,
  { oneline, stat, paint, names }: LogStyle,
  isFirst: boolean,
): AsyncGenerator<Piece, void, undefined> {
  if (!isFirst && !oneline) yield '\n';
  yield oneline ? oneLine(entry, paint) : headText(entry, paint);
  if (!stat) return;
  if (!oneline && entry.snapshot.parents.length > 0) yield '\n';
  yield* statText(changesOf(vault, entry), paint, names);
}

/** Differences as `--stat` lists them, indented by one, and their totals. */
export async function* statText(
  differences: AsyncIterable<Difference>,
  paint: Paint,
  { name, eol }: NameStyle,
): AsyncGenerator<Piece, void, undefined> {
  const totals = new ChangeTotals({ withBytes: true });
  for await (const difference of totals.of(differences)) {
    yield* [' ', statHead(difference, paint), name(difference.path), eol];
  }
  if (totals.count > 0) yield ` ${statTotals(totals)}`;
}

/** @param stat list what it changed of its parent, too */
export async function entryFieldsOf(vault: Repository, entry: LogEntry, stat: boolean): Promise<object> {
  const { id, snapshot, names, forgotten } = entry;
  const fields = { ...snapshotFields(id, snapshot), ...names, forgotten };
  if (!stat) return fields;
  return { ...fields, ...(await statFields(changesOf(vault, entry))) };
}

export async function statFields(differences: AsyncIterable<Difference>): Promise<object> {
  const totals = new ChangeTotals();
  const changes: object[] = [];
  for await (const difference of totals.of(differences)) changes.push(differenceFields(difference));
  return { totals: totals.letters, changes };
}
