/** Every way a recorded restore may end: killed before each call and inside each write, and by a power loss. */
import { hash } from 'node:crypto';
import type { Breadth } from './enumerate.ts';
import {
  looseOps,
  type Node,
  nodesAfter,
  type RestoreOp,
  type RestoreRecording,
  withDependents,
} from './restore-disk.ts';

export interface RestoreEnding {
  name: string;
  state: Map<number, Node>;
  /** it had said that it is done */
  isDone: boolean;
}

/** Each ending once. */
export function* restoreEndings(
  recording: RestoreRecording,
  breadth: Breadth,
  random: () => number,
): Generator<RestoreEnding> {
  const { ops } = recording;
  const seen = new Set<string>();
  for (let cut = 0; cut <= ops.length; cut++) {
    for (const { name, lost, torn } of losses(recording, cut, breadth, random)) {
      const state = nodesAfter(recording, cut, lost, torn);
      const isDone = cut === ops.length;
      const key = `${isDone} ${keyOf(state)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      yield { name: `cut at ${cut} of ${ops.length}, ${name}`, state, isDone };
    }
  }
}

interface Loss {
  name: string;
  lost: Set<number>;
  torn?: number;
}

function* losses(
  recording: RestoreRecording,
  cut: number,
  { pairs, subsets }: Breadth,
  random: () => number,
): Generator<Loss> {
  const { ops } = recording;
  yield { name: 'killed', lost: new Set() };
  if (ops[cut - 1]?.op === 'write') yield { name: 'killed while it wrote', lost: new Set(), torn: cut - 1 };
  const loose = new Set(looseOps(recording, cut));
  if (loose.size === 0) return;
  const all = [...loose];
  yield { name: 'all that was not synced is lost', lost: loose };
  // What something durable builds upon is durable, too.
  const closed = function* (some: number[]): Generator<Loss> {
    const lost = withDependents(ops, cut, some);
    if ([...lost].every((i) => loose.has(i))) yield { name: `operations ${[...lost]} are lost`, lost };
  };
  for (const i of all) {
    yield* closed([i]);
    if (ops[i]!.op === 'write' && !isWrittenOn(ops, i, cut))
      yield { name: `half of write ${i} is lost`, lost: new Set(), torn: i };
  }
  const pick = () => all[Math.floor(random() * all.length)]!;
  for (let n = 0; n < pairs && all.length > 2; n++) yield* closed([pick(), pick()]);
  for (let n = 0; n < subsets; n++) yield* closed(all.filter(() => random() < 0.5));
}

function isWrittenOn(ops: readonly RestoreOp[], index: number, cut: number): boolean {
  const { node } = ops[index] as { node: number };
  return ops.slice(index + 1, cut).some((op) => op.op === 'write' && op.node === node);
}

/** Tells apart what can be reached. */
function keyOf(state: ReadonlyMap<number, Node>): string {
  const parts: string[] = [];
  const walk = (number: number, path: string) => {
    const { content, isLink, names, facts } = state.get(number)!;
    parts.push(
      `${path} ${number} ${isLink} ${facts.mode} ${facts.mtime} ${content ? hash('sha1', content) : ''}`,
    );
    for (const [name, below] of [...names].sort()) walk(below, `${path}/${name}`);
  };
  walk(0, '');
  return hash('sha256', parts.join('\n'));
}
