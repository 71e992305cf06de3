/** Which snapshots the next one of a line descends from (`docs/format.md`, "Refs"). */

import type { Snapshot } from '../../objects/model.ts';
import { readSnapshot } from '../../objects/snapshot.ts';
import { nearestKept } from '../../refs/ancestors.ts';
import type { Forgotten } from '../../refs/forgotten.ts';
import type { RefStore } from '../../refs/ref-store.ts';
import type { Id } from '../../store/id.ts';
import type { ObjectReader } from '../../store/store.ts';
import { forgottenSnapshots } from '../forgotten-snapshots.ts';
import type { Repository } from '../repository.ts';

/** Losers of one race that are looked for; as many writers at once on one line are more than the pool of any host. */
const MOST_RACERS = 64;

export interface LineHead {
  /** number of the record that was current; undefined for a new line */
  seq: number | undefined;
  /**
   * The current snapshot first (where it is forgotten the nearest kept one along first parents), then those that lost the race for a
   * number and that no kept one descends from. All are kept: their trees are there
   */
  parents: { id: Id; snapshot: Snapshot }[];
}

/** The line as it stands now. A writer asks after its transaction's begin. */
export async function lineHead({ backend, refs, store }: Repository, line: string): Promise<LineHead> {
  return readLineHead(refs, store, line, await forgottenSnapshots({ backend }));
}

/** Records are read newest first until one is an ancestor of those before it. */
export async function readLineHead(
  refs: RefStore,
  reader: ObjectReader,
  line: string,
  forgotten: Forgotten,
): Promise<LineHead> {
  const head: LineHead = { seq: undefined, parents: [] };
  const known = new Set<string>();
  let looked = 0;
  for await (const record of refs.history('heads', line)) {
    if (looked === 0) head.seq = record.seq;
    if (record.target === undefined || known.has(record.target) || looked++ >= MOST_RACERS) break;
    const id = Buffer.from(record.target, 'hex');
    known.add(record.target);
    const isKept = !forgotten.has(id);
    const taken = isKept || looked > 1 ? id : await nearestKept(reader, id, (at) => !forgotten.has(at));
    const snapshot = taken && (await readSnapshot(reader, taken));
    if (snapshot && (isKept || looked === 1)) head.parents.push({ id: taken, snapshot });
    if (taken) known.add(taken.toString('hex'));
    for (const parent of snapshot?.parents ?? []) known.add(parent.toString('hex'));
    // A line that somebody moved by hand (no transaction): what lies before it is no race. Two roots may be one.
    if (record.txn === undefined) break;
  }
  return head;
}
