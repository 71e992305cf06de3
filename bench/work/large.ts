/**
 * One large file: throughput of a first snapshot and of a restore.
 */
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { largeFile } from '../large.ts';
import { run } from '../measure.ts';
import { ROWS } from '../rows.ts';
import type { Tool } from '../tools/tool.ts';
import type { Context } from './context.ts';

/** The file, a repository, a restored copy, and as much again. */
const DISK_FACTOR = 4;

export async function largeWork(context: Context): Promise<void> {
  const { work, largeMB, runs } = context.settings;
  const { bavail, bsize } = statfsSync(work);
  if (bavail * bsize < largeMB * 1e6 * DISK_FACTOR) {
    context.say(`large file: skipped, ${work} has less than ${DISK_FACTOR} × ${largeMB} MB free`);
    return;
  }
  const source = largeFile(work, largeMB);
  context.results.subjects['large file'] = `${largeMB} MB`;
  run({ argv: ['sh', '-c', 'cat "$0" >/dev/null', join(source, 'disk.img')] });
  for (let i = 0; i < runs; i++) {
    for (const tool of context.tools.filter((tool) => tool.large)) {
      await context.attempt(tool, () => turn(context, tool, source));
    }
  }
}

async function turn(context: Context, tool: Tool, source: string): Promise<void> {
  const place = context.fresh(tool, 'large', source);
  if (tool.snapshot) {
    await context.take(ROWS.largeFirst, tool.name, tool.snapshot(place, 0));
    context.stored(ROWS.largeStored, tool.name, place.repo);
  }
  const revision = tool.revisions?.(place, 1)[0] ?? '';
  const dest = join(context.settings.work, 'restored');
  if (tool.restore) await context.restore(ROWS.largeRestore, tool, place, revision, dest);
  context.discard(place);
}
