/** Plans a restore: one walk over the tree, before anything is touched. */
import type { Planned, PlanOptions } from './plan.ts';
import { Planner } from './planner.ts';
import { RestoreWalk } from './walk.ts';

/** @throws REFUSED for a tree that no restore may follow, and for conflicts; what reading a tree throws */
export async function planRestore(options: PlanOptions): Promise<Planned> {
  const planner = new Planner(options);
  const walk = new RestoreWalk(options.reader, options.root, options.lost);
  for (;;) {
    let visit = walk.next();
    if (visit === 'load') {
      options.signal?.throwIfAborted();
      visit = await walk.load();
      if (visit === undefined) continue;
    }
    if (visit === undefined) break;
    let step = planner.visit(visit);
    if (step instanceof Promise) {
      step = await step;
      options.signal?.throwIfAborted();
    }
    if (step === 'skip') walk.skip();
  }
  return planner.finish();
}
