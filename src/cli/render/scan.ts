/** What a scan could not read and what it left out. */
import type { Exclusion, ExclusionReason, Problem, ScanResult } from '../../index.ts';
import { reasonOf } from '../frame/system-error.ts';
import { formatCount } from '../text/format.ts';
import { nameFields } from '../text/json.ts';
import { quote } from '../text/quoting.ts';

type Scanned = Pick<
  ScanResult,
  'problems' | 'problemCount' | 'warnings' | 'excluded' | 'excludedBy' | 'excludedCount'
>;

/** Lines of warning: what could not be read, what changed while it was read. */
export function scanWarnings({ warnings, ...scanned }: Scanned): string[] {
  return [...problemLines(scanned), ...warnings.map(({ path, message }) => `${quote(path)} ${message}`)];
}

export function problemLines({
  problems,
  problemCount,
}: Pick<Scanned, 'problems' | 'problemCount'>): string[] {
  const lines = problems.map((problem) => `${quote(problem.path)} could not be read: ${reasonOf(problem)}`);
  const more = problemCount - problems.length;
  if (more > 0) lines.push(`${formatCount(more)} more could not be read`);
  return lines;
}

const REASONS: Record<Exclude<ExclusionReason, 'store'>, [one: string, several: string]> = {
  rule: ['by rule', 'by rules'],
  cache: ['in a cache folder', 'in cache folders'],
  vault: ['other vault', 'other vaults'],
  restore: ['left by a restore', 'left by a restore'],
  'file system': ['on another file system', 'on other file systems'],
};

/** `left out: 3 by rules, 1 other vault`; undefined when it is nothing but the store itself. */
export function exclusionText({ excludedBy }: Scanned): string | undefined {
  const parts = Object.entries(REASONS).flatMap(([reason, [one, several]]) => {
    const n = excludedBy[reason as ExclusionReason] ?? 0;
    return n === 0 ? [] : [`${formatCount(n)} ${n === 1 ? one : several}`];
  });
  return parts.length === 0 ? undefined : `left out: ${parts.join(', ')}`;
}

/** Fields of a JSON document. */
export function scanFields(scanned: Scanned): object {
  return {
    problem_count: scanned.problemCount,
    problems: scanned.problems.map(problemFields),
    unstable: scanned.warnings.filter(({ code }) => code === 'CHANGED').map(({ path }) => nameFields(path)),
    excluded_count: scanned.excludedCount,
    excluded: scanned.excluded.map(exclusionFields),
  };
}

export function problemFields({ path, code, message }: Problem): object {
  return { ...nameFields(path), code, message };
}

function exclusionFields({ path, reason }: Exclusion): object {
  return { ...nameFields(path), reason };
}
