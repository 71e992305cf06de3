/** What `forget` decided, as a table. */
import { type ForgetDecision, type ForgetPlan, splitTime } from '../../index.ts';
import type { Paint } from '../text/colour.ts';
import { formatCounted, formatTime } from '../text/format.ts';
import { jsonTime } from '../text/json.ts';
import { printableLine } from '../text/quoting.ts';

const SHORT = 8;

/** Groups in the order of their newest snapshots, each newest first. A snapshot of two groups stands under both. */
function byGroup(decisions: readonly ForgetDecision[]): Map<string, ForgetDecision[]> {
  const groups = new Map<string, ForgetDecision[]>();
  for (const decision of decisions) {
    for (const name of decision.snapshot.groups) {
      const members = groups.get(name);
      if (members) members.push(decision);
      else groups.set(name, [decision]);
    }
  }
  return groups;
}

/** `  keep  3f2a91c4  2026-01-31 13:00:05 +0100  daily, tag v1  chapter 2` below its group's name; unquoted with `-z`. */
export function forgetTable(decisions: readonly ForgetDecision[], paint: Paint, eol: '\0' | '\n'): string[] {
  const lines: string[] = [];
  const shown = (text: string) => (eol === '\0' ? text : printableLine(text));
  for (const [name, members] of byGroup(decisions)) {
    const reasons = members.map(({ reasons }) => shown(reasons.join(', ')));
    const width = Math.min(40, Math.max(...reasons.map((text) => text.length)));
    if (name !== '') lines.push(shown(name) + eol);
    for (const [i, { snapshot, keep }] of members.entries()) {
      const { s } = splitTime(snapshot.time);
      const columns = [
        keep ? '  keep' : paint('red', '  drop'),
        paint('yellow', snapshot.id.slice(0, SHORT)),
        formatTime(s),
        reasons[i]!.padEnd(width),
        shown(snapshot.subject),
      ];
      lines.push(columns.join('  ').trimEnd() + eol);
    }
  }
  return lines;
}

export function summaryText({ decisions, dropped }: ForgetPlan, applied: boolean): string {
  const extent = `${dropped.length} of ${formatCounted(decisions.length, 'snapshot')}`;
  if (dropped.length === 0) return 'nothing is to be forgotten';
  return applied
    ? `forgot ${extent}; "vault gc" frees the space`
    : `${extent} would be forgotten; --apply does it`;
}

export function decisionFields({ snapshot, keep, reasons }: ForgetDecision): object {
  const { id, time, lines, tags, host, subject, bytes } = snapshot;
  const { s, ns } = splitTime(time);
  return { id, time: jsonTime(s, ns), lines, tags, host, message: subject, bytes, keep, reasons };
}
