/** What `stats` prints. */
import type { TreeStats, VaultStats } from '../../index.ts';
import { formatCount, formatCounted, formatSize } from '../text/format.ts';
import { printable } from '../text/quoting.ts';

const LABEL = 14;

export function vaultStatsText(stats: VaultStats): string {
  const { snapshots, lines, tags, files, bytes, objects, packs } = stats;
  const { dedup, compression } = ratios(stats);
  const { chunk } = objects;
  const metadata = metadataOf(stats);
  return [
    row(
      'snapshots',
      `${formatCount(snapshots)} on ${formatCounted(lines, 'line')}, ${formatCounted(tags, 'tag')}`,
    ),
    row('they hold', `${formatCounted(files, 'file')}, ${formatSize(bytes)}`),
    row(
      'unique',
      `${formatSize(chunk.bytes)} in ${formatCounted(chunk.count, 'chunk')}${times(dedup, 'deduplicated')}`,
    ),
    row('metadata', `${formatSize(metadata.bytes)} in ${formatCounted(metadata.count, 'object')}`),
    row(
      'stored',
      `${formatSize(packs.bytes)} in ${formatCounted(packs.count, 'pack')}${times(compression, 'compressed')}`,
    ),
  ].join('');
}

export function vaultStatsFields(stats: VaultStats): object {
  const { dedup, compression } = ratios(stats);
  return { ...stats, dedup_ratio: dedup ?? null, compression_ratio: compression ?? null };
}

/** A revision, then what all of them take together. */
export function treeStatsText(
  { revision, files, dirs, bytes, further }: TreeStats,
  isFirst: boolean,
): string {
  const what = isFirst ? 'unique' : 'further';
  const contents = further
    ? `${formatSize(further.bytes)} in ${formatCounted(further.count, 'chunk')}, stored in ${formatSize(further.stored)}`
    : 'too many chunks to tell';
  return [
    `${printable(revision)}\n`,
    row(
      '  holds',
      `${formatCounted(files, 'file')} in ${formatCounted(dirs, 'folder')}, ${formatSize(bytes)}`,
    ),
    row(`  ${what}`, contents),
  ].join('');
}

function metadataOf({ objects: { list, tree, snapshot, changes } }: VaultStats): {
  count: number;
  bytes: number;
} {
  const all = [list, tree, snapshot, changes];
  const sum = (field: 'count' | 'bytes') => all.reduce((total, extent) => total + extent[field], 0);
  return { count: sum('count'), bytes: sum('bytes') };
}

/** How often what is stored would fit into what is kept; to two digits. Undefined where there is nothing. */
function ratios(stats: VaultStats): { dedup: number | undefined; compression: number | undefined } {
  const { bytes, objects, packs } = stats;
  const raw = objects.chunk.bytes + metadataOf(stats).bytes;
  const ratio = (a: number, b: number) => (a > 0 && b > 0 ? Math.round((100 * a) / b) / 100 : undefined);
  return { dedup: ratio(bytes, objects.chunk.bytes), compression: ratio(raw, packs.bytes) };
}

function times(ratio: number | undefined, how: string): string {
  return ratio === undefined ? '' : ` (${how} ${ratio} : 1)`;
}

function row(label: string, text: string): string {
  return `${label.padEnd(LABEL)}${text}\n`;
}
