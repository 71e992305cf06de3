/**
 * Steps along parents. A forgotten snapshot's object stays, so the chain never breaks; it just does not count.
 */
import { readSnapshot } from '../objects/snapshot.ts';
import type { Id } from '../store/id.ts';
import type { ObjectReader } from '../store/store.ts';

/** False for a forgotten snapshot. */
export type Kept = (id: Id) => boolean | Promise<boolean>;

/** The nearest kept snapshot from `id` on along first parents, `id` included; undefined when none is left. */
export async function nearestKept(reader: ObjectReader, id: Id, kept: Kept): Promise<Id | undefined> {
  let at: Id | undefined = id;
  while (at && !(await kept(at))) at = await parentOf(reader, at, 1);
  return at;
}

/** The nearest kept snapshot behind the n-th parent (from 1) of `id`; undefined when there is none. */
export async function keptParent(
  reader: ObjectReader,
  id: Id,
  n: number,
  kept: Kept,
): Promise<Id | undefined> {
  const parent = await parentOf(reader, id, n);
  return parent && nearestKept(reader, parent, kept);
}

async function parentOf(reader: ObjectReader, id: Id, n: number): Promise<Id | undefined> {
  return (await readSnapshot(reader, id)).parents[n - 1];
}
