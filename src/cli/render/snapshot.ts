/** Snapshots as the commands print them. */
import type { Id, Snapshot, SnapshotPlan, SnapshotResult } from '../../index.ts';
import { formatCounted, formatDuration, formatSize } from '../text/format.ts';
import { jsonTime, nameFields } from '../text/json.ts';
import { printableLine, quote } from '../text/quoting.ts';
import { ChangeTotals, differenceFields } from './change.ts';
import { problemFields, scanFields } from './scan.ts';

const SHORT = 8;

export function shownId(id: Id): string {
  return id.toString('hex', 0, SHORT / 2);
}

/**
 * `main 3f2a91c4  1,204 files  312.4 MB  new 96.1 MB in 0.9 s`; with `-q`, without a time, only the id. Where none was
 * taken, that, and nothing with `-q`.
 */
export function resultText(
  { id, parent, line, snapshot }: SnapshotResult,
  elapsedMs: number | undefined,
): string {
  if (elapsedMs === undefined) return id === undefined ? '' : `${id.toString('hex')}\n`;
  const name = printableLine(line);
  if (id === undefined) return `${name} ${shownId(parent!)}  nothing has changed, no snapshot was taken\n`;
  return `${name} ${shownId(id)}  ${extent(snapshot)} in ${formatDuration(elapsedMs)}\n`;
}

/** With `--if-changed` there may be no snapshot to tag. */
export function noTagText(tag: string, { parent }: SnapshotResult): string {
  return `nothing has changed, so tag ${tag} was not made; \`vault tag ${tag} ${shownId(parent!)}\` gives it to the last snapshot`;
}

/** `1,204 files  312.4 MB  new 96.1 MB` */
export function extent({ stats: { files, bytes, newBytes } }: Snapshot): string {
  return `${formatCounted(files, 'file')}  ${formatSize(bytes)}  new ${formatSize(newBytes)}`;
}

/** The document of `snapshot --json`; `snapshot` is null when nothing had changed. */
export function resultFields(result: SnapshotResult): object {
  const { id, parent, line, snapshot, changed } = result;
  return {
    line,
    snapshot: id ? snapshotFields(id, snapshot) : null,
    head: id ?? parent ?? null,
    parent: parent ?? null,
    changed,
    ...scanFields(result),
  };
}

export function snapshotFields(id: Id, snapshot: Snapshot): object {
  const { tree, parents, changes, generation, timeS, timeNs, host, user, author, message, labels, stats } =
    snapshot;
  return {
    id,
    tree,
    parents,
    ...(changes && { changes_object: changes }),
    generation,
    time: jsonTime(timeS, timeNs),
    host,
    user,
    ...(author !== undefined && { author }),
    ...nameFields(snapshot.rootPath, 'root'),
    message,
    labels: labels.map(([key, value]) => ({ key, value })),
    files: stats.files,
    dirs: stats.dirs,
    others: stats.others,
    bytes: stats.bytes,
    new_bytes: stats.newBytes,
    stored_bytes: stats.storedBytes,
    duration_ms: stats.durationMs,
    problem_count: snapshot.problemCount,
    problems: snapshot.problems.map(problemFields),
  };
}

/** What `snapshot --dry-run` says: text, or with `json` the fields of a document that lists the changes. */
export async function showPlan(
  plan: SnapshotPlan,
  { json, 'if-changed': ifChanged }: { json: boolean; 'if-changed': boolean },
): Promise<string | object> {
  const totals = new ChangeTotals();
  const changes: object[] = [];
  for await (const change of plan.changes()) {
    totals.add(change);
    if (json) changes.push(differenceFields(change));
  }
  const wouldTake = !ifChanged || plan.parent === undefined || totals.count > 0;
  if (json) return { ...planFields(plan), would_take: wouldTake, totals: totals.letters, changes };
  if (wouldTake) return planText(plan, totals);
  return `${printableLine(plan.line)} ${shownId(plan.parent!.id)}  nothing has changed, no snapshot would be taken\n`;
}

function planText({ root, line, parent, scanned, newBytes }: SnapshotPlan, totals: ChangeTotals): string {
  const { files, bytes } = scanned.counts;
  const since = parent ? `since ${shownId(parent.id)}` : 'the first snapshot';
  const what = `${formatCounted(files, 'file')}, ${formatSize(bytes)}`;
  return [
    `would take a snapshot of ${quote(root)} on line ${printableLine(line)}: ${what}`,
    `${since}: ${totals.text}; new ${formatSize(newBytes)}`,
    '',
  ].join('\n');
}

export function planFields({ root, line, parent, scanned, newBytes }: SnapshotPlan): object {
  const { files, dirs, others, bytes } = scanned.counts;
  return {
    ...nameFields(root, 'root'),
    line,
    parent: parent?.id ?? null,
    files,
    dirs,
    others,
    bytes,
    new_bytes: newBytes,
    ...scanFields(scanned),
  };
}
