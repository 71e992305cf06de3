/**
 * What the design promises, as ratios between medians of one run.
 */
import { median, medianOf, type Results } from './results.ts';
import { ROWS } from './rows.ts';

interface Target {
  text: string;
  limit: number;
  /** undefined when the run has not measured both sides */
  value(results: Results): number | undefined;
}

export const TARGETS: Target[] = [
  times(ROWS.first, 'restic', 0.35),
  times(ROWS.first, 'tar', 1.1),
  times(ROWS.unchanged, 'restic', 0.3),
  times(ROWS.next, 'restic', 0.3),
  times(ROWS.restoreDisk, 'restic', 0.6),
  times(ROWS.restoreDisk, 'cp', 1),
  times(ROWS.restoreRemoved, 'cp', 1),
  times(ROWS.restoreTmpfs, 'restic', 0.4),
  stored(ROWS.storedBoth, 'restic', 0.75),
  absolute(ROWS.log, 'wall', 's', 0.3),
  absolute(ROWS.diff, 'wall', 's', 0.3),
  absolute(ROWS.list, 'wall', 's', 0.3),
  times(ROWS.catOne, 'node -e 0', 3),
  times(ROWS.revParse, 'node -e 0', 3),
  times(ROWS.batch, 'git', 0.8),
  times(ROWS.shuffled, 'git', 3),
  times(ROWS.check, 'git', 3),
  absolute(ROWS.shuffled, 'treeMB', 'MB', 300),
  times(ROWS.largeFirst, 'restic', 0.5),
  absolute(ROWS.first, 'treeMB', 'MB', 350),
  absolute(ROWS.next, 'treeMB', 'MB', 350),
  absolute(ROWS.restoreDisk, 'treeMB', 'MB', 350),
];

function times(row: string, other: string, limit: number): Target {
  return {
    text: `${row}: vault ≤ ${limit} × ${other}`,
    limit,
    value({ rows }) {
      const [ours, theirs] = [medianOf(rows[row]?.vault, 'wall'), medianOf(rows[row]?.[other], 'wall')];
      return ours && theirs && ours / theirs;
    },
  };
}

function absolute(row: string, key: 'wall' | 'treeMB', unit: string, limit: number): Target {
  return {
    text: `${row}: vault ≤ ${limit} ${unit}`,
    limit,
    value: ({ rows }) => medianOf(rows[row]?.vault, key),
  };
}

function stored(row: string, other: string, limit: number): Target {
  return {
    text: `${row}: vault ≤ ${limit} × ${other}`,
    limit,
    value({ sizes }) {
      const [ours, theirs] = [sizes[row]?.vault, sizes[row]?.[other]];
      return ours && theirs && median(ours) / median(theirs);
    },
  };
}
