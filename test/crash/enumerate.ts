/** Every way a recorded run may end: cut before and after each operation, inside each write, and by a power loss. */
import type { DiskOp } from './disk-log.ts';
import { type DiskState, diskAfter, looseOps, matters, stateKey } from './disk-model.ts';
import type { Decided, Recording } from './scenario.ts';

export interface Ending {
  /** for messages */
  name: string;
  state: DiskState;
  acknowledged: Decided[];
  /** what was being decided: it may hold or not */
  pending: Decided[];
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
  { ops, acknowledged }: Recording,
  breadth: Breadth,
  random: () => number,
): Generator<Ending> {
  const seen = new Set<string>();
  for (let cut = 0; cut <= ops.length; cut++) {
    const held = acknowledged.filter(({ at }) => at <= cut).map(({ what }) => what);
    const pending = acknowledged.filter(({ begun, at }) => begun < cut && cut < at).map(({ what }) => what);
    for (const { name, lost, torn } of losses(ops, cut, breadth, random)) {
      const state = diskAfter(ops, cut, lost, torn);
      const key = `${held.length} ${pending.length} ${stateKey(state)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      yield { name: `cut at ${cut} of ${ops.length}, ${name}`, state, acknowledged: held, pending };
    }
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
