/** What a check found, for a person and for a program. */
import {
  type AgainstReport,
  type CheckFinding,
  type CheckReport,
  type DataReport,
  type HitFile,
  typeName,
} from '../../index.ts';
import { Exit, type ExitCode } from '../frame/exit-codes.ts';
import { formatCount, formatCounted, formatSize } from '../text/format.ts';
import { jsonTime, nameFields } from '../text/json.ts';
import { printable, quote } from '../text/quoting.ts';
import { problemFields, problemLines } from './scan.ts';

const SHORT = 8;
/** Hit files that a person is shown. */
const MOST_SHOWN = 10;
const MOST_WARNINGS = 100;

/** 4 for damage; 1 where a folder differs, 3 where some of it could not be read. */
export function exitOf(report: CheckReport | AgainstReport): ExitCode {
  if (report.findings.some(({ damage }) => damage)) return Exit.damage;
  if (!('snapshot' in report)) return Exit.ok;
  if (report.differenceCount > 0) return Exit.no;
  return report.problemCount > 0 ? Exit.partial : Exit.ok;
}

export function* reportLines(report: CheckReport | AgainstReport): Generator<string, void, undefined> {
  for (const finding of report.findings) yield findingText(finding);
  if (!('snapshot' in report)) return;
  for (const { letter, path } of report.differences) yield `${letter}\t${quote(path)}\n`;
}

/** A finding, and below it the files it hits. */
function findingText({ kind, subject, message, hits }: CheckFinding): string {
  const lines = [`${kind} ${printable(subject)}: ${printable(message)}`];
  for (const file of hits?.files.slice(0, MOST_SHOWN) ?? []) lines.push(`  ${hitText(file)}`);
  const more = (hits?.fileCount ?? 0) - MOST_SHOWN;
  if (more > 0) lines.push(`  and ${formatCounted(more, 'more file')}; --json lists them`);
  return `${lines.join('\n')}\n`;
}

function hitText({ path, snapshots, snapshotCount }: HitFile): string {
  const shown = snapshots.slice(0, 3).map((id) => id.toString('hex').slice(0, SHORT));
  const more = snapshotCount > shown.length ? ` and ${formatCount(snapshotCount - shown.length)} more` : '';
  const what = path.length === 0 ? 'all of' : `${quote(path)} in`;
  return `${what} ${shown.join(' ')}${more}`;
}

export function extentText(report: CheckReport | AgainstReport): string {
  const { packs, objects, refs, packBytes, snapshots, level, data } = report;
  if ('snapshot' in report) {
    const { differenceCount, problemCount } = report;
    const unread = problemCount > 0 ? `, ${formatCount(problemCount)} could not be read on disk` : '';
    return `${formatCounted(objects, 'object')} read, ${formatCounted(differenceCount, 'difference')}${unread}`;
  }
  const parts = [
    formatCounted(packs, 'pack'),
    formatCounted(objects, 'object'),
    formatSize(packBytes),
    formatCounted(refs, 'ref'),
    ...(level === 'quick' ? [] : [formatCounted(snapshots, 'snapshot')]),
  ];
  if (data) parts.push(`${formatCounted(data.packsRead, 'pack')} (${formatSize(data.bytesRead)}) read whole`);
  if (data && data.neverProven > 0) parts.push(`${formatCount(data.neverProven)} not proven yet`);
  return parts.join(', ');
}

export function reportFields(report: CheckReport | AgainstReport): object {
  const { level, packs, objects, packBytes, refs, transactions, snapshots, findings, findingCount, data } =
    report;
  const counts = { level, packs, objects, pack_bytes: packBytes, refs, transactions, snapshots };
  return {
    ...counts,
    finding_count: findingCount,
    findings: findings.map(findingFields),
    ...(data && { data: dataFields(data) }),
    ...('snapshot' in report && againstFields(report)),
  };
}

function dataFields({ packsRead, bytesRead, neverProven, oldestProof }: DataReport): object {
  return {
    packs_read: packsRead,
    bytes_read: bytesRead,
    never_proven: neverProven,
    oldest_proof: oldestProof === undefined ? null : jsonTime(oldestProof),
  };
}

/** What of a folder could not be read. */
export function reportWarnings(report: CheckReport | AgainstReport): string[] {
  if (!('snapshot' in report)) return [];
  const { problems, problemCount } = report;
  return problemLines({ problems: problems.slice(0, MOST_WARNINGS), problemCount });
}

function againstFields(report: AgainstReport): object {
  const { snapshot, differences, differenceCount, problems, problemCount } = report;
  return {
    snapshot,
    difference_count: differenceCount,
    differences: differences.map(({ path, letter }) => ({ ...nameFields(path), letter })),
    problem_count: problemCount,
    problems: problems.map(problemFields),
  };
}

function findingFields({ object, hits, ...finding }: CheckFinding): object {
  return {
    ...finding,
    ...(object && { object: { id: object.id, type: typeName(object.type) } }),
    ...(hits && { file_count: hits.fileCount, files: hits.files.map(hitFields) }),
  };
}

function hitFields({ path, snapshots, snapshotCount }: HitFile): object {
  return { ...nameFields(path), snapshots, snapshot_count: snapshotCount };
}
