/**
 * The Markdown table. As a program: `node bench/report.ts RESULT.json…` prints the table of one or several stored runs.
 */

import type { Sample } from './measure.ts';
import { median, medianOf, merge, type Results } from './results.ts';
import { TARGETS } from './targets.ts';

export function report(results: Results): string {
  return [
    `Taken ${results.date.slice(0, 10)} on: ${pairs(results.machine)}.`,
    `Versions: ${pairs(results.versions)}.${results.missing.length > 0 ? ` Missing: ${results.missing.join(', ')}.` : ''}`,
    `Subjects: ${pairs(results.subjects)}.`,
    '',
    ...timeTable(results),
    '',
    ...sizeTable(results),
    ...targetTable(results),
  ].join('\n');
}

function pairs(record: Record<string, string>): string {
  return Object.entries(record)
    .map(([key, value]) => `${key} ${value}`)
    .join('; ');
}

function timeTable(results: Results): string[] {
  const lines = [
    '| work | tool | wall s | range | CPU s | peak MB | largest process MB | others’ cores | ÷ restic | vault ÷ it |',
    '|---|---|--:|---|--:|--:|--:|--:|--:|--:|',
  ];
  for (const [row, tools] of Object.entries(results.rows)) {
    for (const [tool, samples] of Object.entries(tools)) {
      const column = (key: keyof Sample) => medianOf(samples, key);
      const walls = samples.map((sample) => sample.wall);
      const range =
        walls.length > 1
          ? `${seconds(Math.min(...walls))}–${seconds(Math.max(...walls))} (${walls.length})`
          : '';
      const wall = median(walls);
      lines.push(
        `| ${[
          row,
          tool,
          seconds(wall),
          range,
          seconds(column('cpu')),
          whole(column('treeMB')),
          whole(column('singleMB')),
          column('others')?.toFixed(1) ?? '–',
          ratio(wall, medianOf(tools.restic, 'wall')),
          ratio(medianOf(tools.vault, 'wall'), wall),
        ].join(' | ')} |`,
      );
    }
  }
  return lines;
}

function sizeTable(results: Results): string[] {
  const lines = ['| stored | tool | MB | ÷ restic | vault ÷ it |', '|---|---|--:|--:|--:|'];
  for (const [row, tools] of Object.entries(results.sizes)) {
    for (const [tool, sizes] of Object.entries(tools)) {
      const size = median(sizes);
      const [restic, vault] = [tools.restic && median(tools.restic), tools.vault && median(tools.vault)];
      lines.push(
        `| ${[row, tool, (size / 1e6).toFixed(1), ratio(size, restic), ratio(vault, size)].join(' | ')} |`,
      );
    }
  }
  return lines.length > 2 ? lines : [];
}

/** One line for each target that this run can judge. */
function targetTable(results: Results): string[] {
  const lines: string[] = [];
  for (const target of TARGETS) {
    const value = target.value(results);
    if (value === undefined) continue;
    lines.push(`| ${target.text} | ${value.toPrecision(3)} | ${value <= target.limit ? 'met' : 'missed'} |`);
  }
  return lines.length > 0 ? ['', '| target | this run | |', '|---|--:|---|', ...lines] : [];
}

function seconds(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(value < 1 ? 3 : 2);
}

function whole(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(0);
}

function ratio(a: number | undefined, b: number | undefined): string {
  return a === undefined || b === undefined ? '–' : (a / b).toFixed(2);
}

if (import.meta.main) console.log(report(merge(process.argv.slice(2))));
