/**
 * Unified text diffs of two contents, as bytes: lines are compared as latin1, so that any encoding passes unchanged.
 * The `diff` package does the comparison (Myers 1986); what is too large or too different for it is said, not shown.
 */
import { structuredPatch } from 'diff';
import { isBinary } from './binary.ts';

/** Larger contents are not compared line by line. */
export const MOST_TEXT_BYTES = 8 * 1024 * 1024;
const TIME_LIMIT_MS = 10_000;
const CONTEXT_LINES = 3;

export type TextDiff =
  | { kind: 'text'; hunks: Buffer; added: number; removed: number }
  | { kind: 'binary' }
  /** not compared: larger than `MOST_TEXT_BYTES`, or more than 10 s of work */
  | { kind: 'large' };

/** Hunks from `old` to `next`, each beginning with its `@@` line; none when both are equal. */
export function diffText(old: Buffer, next: Buffer): TextDiff {
  if (old.length > MOST_TEXT_BYTES || next.length > MOST_TEXT_BYTES) return { kind: 'large' };
  if (isBinary(old) || isBinary(next)) return { kind: 'binary' };
  const patch = structuredPatch(
    '',
    '',
    old.toString('latin1'),
    next.toString('latin1'),
    undefined,
    undefined,
    {
      context: CONTEXT_LINES,
      timeout: TIME_LIMIT_MS,
    },
  );
  if (!patch) return { kind: 'large' };
  const lines: string[] = [];
  let added = 0;
  let removed = 0;
  for (const hunk of patch.hunks) {
    lines.push(`@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`);
    for (const line of hunk.lines) {
      if (line[0] === '+') added++;
      else if (line[0] === '-') removed++;
      lines.push(line);
    }
  }
  const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  return { kind: 'text', hunks: Buffer.from(text, 'latin1'), added, removed };
}

/** As GNU diff writes it: an empty side is numbered by the line before it, a count of one is left out. */
function range(start: number, count: number): string {
  if (count === 1) return String(start);
  return `${count === 0 ? start - 1 : start},${count}`;
}
