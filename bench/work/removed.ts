/**
 * A restore where such a tree has just been removed, which is another thing on an ext4 without a journal: bench/README.md says why. Tools
 * take turns, and each removes what it has restored, so that all meet the same.
 */
import { join } from 'node:path';
import { run } from '../measure.ts';
import { ROWS } from '../rows.ts';
import type { Place, Tool } from '../tools/tool.ts';
import { Live } from '../trees.ts';
import { type Context, readAll } from './context.ts';
import { subject } from './tree.ts';

export async function removedWork(context: Context): Promise<void> {
  const { path: source } = new Live(subject(context).dir);
  const dest = join(context.settings.work, 'restored');
  const tools = context.tools.filter((tool) => tool.restore);
  const places = new Map<Tool, Place>();
  for (const tool of tools) {
    const place = context.fresh(tool, 'removed', source);
    places.set(tool, place);
    if (tool.snapshot) run(tool.snapshot(place, 0));
  }
  run({ argv: ['cp', '-a', source, dest] });
  run({ argv: ['rm', '-rf', dest] });
  for (let i = 0; i < context.settings.runs; i++) {
    for (const tool of tools) {
      await context.attempt(tool, async () => {
        const place = places.get(tool)!;
        if (!tool.snapshot) readAll(source);
        const revision = tool.revisions?.(place, 1)[0] ?? '';
        await context.restore(ROWS.restoreRemoved, tool, place, revision, dest, true);
      });
    }
  }
  for (const place of places.values()) context.discard(place);
}
