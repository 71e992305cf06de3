/**
 * The versions of one file over many snapshots of a small tree.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../measure.ts';
import { seeded, text } from '../random.ts';
import { ROWS } from '../rows.ts';
import type { Place, Tool } from '../tools/tool.ts';
import type { Context } from './context.ts';

const FILES = 200;
const DIRS = 10;
const RUNS = 5;
/** The file asked for changes in every tenth snapshot, two others in each. */
const EVERY = 10;

export async function historyWork(context: Context): Promise<void> {
  const snapshots = context.settings.quick ? 50 : 1000;
  context.results.subjects.history = `${snapshots} snapshots of ${FILES} files`;
  const places = new Map<Tool, Place>();
  for (const tool of context.tools.filter((tool) => tool.log)) {
    await context.attempt(tool, () => void places.set(tool, prepare(context, tool, snapshots)));
  }
  for (let i = 0; i < context.settings.runs * RUNS; i++) {
    for (const [tool, place] of places) {
      await context.attempt(tool, () => context.take(ROWS.log, tool.name, tool.log!(place, name(0))));
    }
  }
}

/** Kept for later runs of the same version of the tool. */
function prepare(context: Context, tool: Tool, snapshots: number): Place {
  const group = `history-${snapshots}-${tool.name}-${tool.version()}`;
  const source = join(context.settings.work, group, 'live');
  const ready = join(context.settings.work, group, 'ready');
  if (existsSync(ready)) return context.place(tool, group, source);
  for (let dir = 0; dir < DIRS; dir++) mkdirSync(join(source, `d${dir}`), { recursive: true });
  const random = seeded(11);
  const edit = (i: number) => writeFileSync(join(source, name(i)), text(random, 4000));
  for (let i = 0; i < FILES; i++) edit(i);
  const place = context.fresh(tool, group, source);
  for (let n = 0; n < snapshots; n++) {
    if (n % EVERY === 0) edit(0);
    edit(1 + ((n * 2) % (FILES - 1)));
    edit(1 + ((n * 2 + 1) % (FILES - 1)));
    run(tool.snapshot!(place, n));
  }
  writeFileSync(ready, '');
  return place;
}

function name(i: number): string {
  return `d${i % DIRS}/f${i}.c`;
}
