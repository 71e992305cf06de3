/**
 * Memory given back to the system: glibc keeps what is freed in pieces. Of 10 million ids what their set has grown out of is as much again
 * as they take, of some hundred tables of packs 150 MB. To ask for it takes some milliseconds.
 */
import { getPlatform } from '../platform/select.ts';

/** Ids that were added to a set. */
export const IDS_PER_RELEASE = 2 ** 18;
/** Tables of packs that were read. */
const TABLES_PER_RELEASE = 4;

/** To be called with each count from 1 on. */
export function releaseMemoryEvery(period: number, count: number): void {
  if (count % period === 0) getPlatform().releaseMemory();
}

let tables = 0;

/** To be called when the table of a pack is read: what was read of those before is garbage. */
export function tableRead(): void {
  releaseMemoryEvery(TABLES_PER_RELEASE, ++tables);
}
