/** What `count-objects` prints. */
import type { ObjectCounts } from '../../index.ts';
import { formatSize } from '../text/format.ts';

const KIB = 1024;

export interface CountStyle {
  /** every figure on a line of its own */
  verbose: boolean;
  human: boolean;
}

export function countLines(counts: ObjectCounts, { verbose, human }: CountStyle): string[] {
  const { objects, types, packs } = counts;
  const size = (bytes: number) => (human ? formatSize(bytes) : String(Math.floor(bytes / KIB)));
  if (!verbose) return [`${objects} objects, ${size(counts.packSize)}${human ? '' : ' kilobytes'}`];
  const figures = {
    'in-pack': objects,
    ...types,
    copies: counts.copies,
    packs: packs.data + packs.meta,
    'data-packs': packs.data,
    'meta-packs': packs.meta,
    'size-pack': size(counts.packSize),
    'size-raw': size(counts.rawSize),
    damaged: counts.damaged,
    garbage: counts.garbage,
    'size-garbage': size(counts.garbageSize),
  };
  return Object.entries(figures).map(([key, value]) => `${key}: ${value}`);
}

export function countFields(counts: ObjectCounts): object {
  const { objects, types, copies, packs, damaged, packSize, rawSize, garbage, garbageSize } = counts;
  return {
    objects,
    types,
    copies,
    packs,
    damaged,
    size_pack: packSize,
    size_raw: rawSize,
    garbage,
    size_garbage: garbageSize,
  };
}
