/** Every way a recorded run may end: cut before and after each operation, inside each write, and by a power loss. */
import type { DiskOp } from './disk-log.ts';
import { type DiskState, diskAfter, looseOps, matters, stateKey } from './disk-model.ts';
import { type IndexEnding, indexEndings } from './endings-of-index.ts';
import type { Decided, Recording } from './scenario.ts';

export interface Ending {
  /** for messages */
  name: string;
  state: DiskState;
  acknowledged: Decided[];
  /** what was being decided: it may hold or not */
  pending: Decided[];
  /** what is left of the index; undefined where that is not what matters */
  index?: IndexEnding;
}

export interface Breadth {
  /** pairs of operations that are lost together, at most so many at a cut */
  pairs: number;
  /** random subsets at a cut */
  subsets: number;
}

/** A seeded generator of numbers from 0 up to 1 (mulberry32, by Tommy Ettinger). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Each ending once: equal states with the same acknowledgements are left out. */
export function* endings(
  { name: scenario, ops, start, acknowledged, indexes }: Recording,
  breadth: Breadth,
  random: () => number,
): Generator<Ending> {
  const seen = new Set<string>();
  for (let cut = start; cut <= ops.length; cut++) {
    const held = acknowledged.filter(({ at }) => at <= cut).map(({ what }) => what);
    const pending = acknowledged.filter(({ begun, at }) => begun < cut && cut < at).map(({ what }) => what);
    for (const { name, lost, torn } of losses(ops, cut, breadth, random)) {
      const state = diskAfter(ops, cut, lost, torn);
      const key = `${held.length} ${pending.length} ${stateKey(state)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const when = `cut at ${cut - start} of ${ops.length - start}`;
      yield { name: `${scenario}, ${when}, ${name}`, state, acknowledged: held, pending };
    }
  }
  const whole = { state: diskAfter(ops, ops.length), acknowledged: acknowledged.map(({ what }) => what) };
  for (const index of indexEndings(indexes)) {
    yield { name: `${scenario}, ${index.name}`, ...whole, pending: [], index };
  }
}

interface Loss {
  name: string;
  lost: Set<number>;
  torn?: number;
}

function* losses(
  ops: readonly DiskOp[],
  cut: number,
  breadth: Breadth,
  random: () => number,
): Generator<Loss> {
  yield { name: 'killed', lost: new Set() };
  if (ops[cut - 1]?.op === 'write') yield { name: 'killed while it wrote', lost: new Set(), torn: cut - 1 };
  const all = looseOps(ops, cut);
  const loose = all.filter((i) => matters(ops[i]!));
  if (all.length === 0) return;
  yield { name: 'all that was not synced is lost', lost: new Set(all) };
  for (const i of loose) {
    yield { name: `operation ${i} is lost`, lost: new Set([i]) };
    if (ops[i]!.op === 'write') yield { name: `half of write ${i} is lost`, lost: new Set(), torn: i };
  }
  for (let n = 0; n < breadth.pairs && loose.length > 2; n++) {
    const pair = [pick(loose, random), pick(loose, random)];
    yield { name: `operations ${pair} are lost`, lost: new Set(pair) };
  }
  for (let n = 0; n < breadth.subsets; n++) {
    const lost = new Set(all.filter(() => random() < 0.5));
    yield { name: `operations ${[...lost]} are lost`, lost };
  }
}

function pick<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)]!;
}
