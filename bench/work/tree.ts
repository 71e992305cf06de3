/**
 * A source tree: first, unchanged and next snapshots, restores, listings, stored size. One turn of a tool is all of it
 * with a new repository; turns of the tools alternate.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROWS } from '../rows.ts';
import type { Place, Tool } from '../tools/tool.ts';
import { Live, mutate, prepareTree, restoreMutation, type Tree } from '../trees.ts';
import { type Context, readAll } from './context.ts';

/** Longer than the time in which a tool must not trust a file's modification time. */
const SETTLE_MS = 2100;

export async function treeWork(context: Context): Promise<void> {
  const tree = subject(context);
  const live = new Live(tree.dir);
  for (const version of ['v2', 'v1'] as const) {
    live.show(version);
    readAll(live.path);
  }
  for (let i = 0; i < context.settings.runs; i++) {
    for (const tool of context.tools) await context.attempt(tool, () => turn(context, tool, live));
  }
  live.show('v1');
}

export function subject(context: Context): Tree {
  const { work, tree, next, quick } = context.settings;
  const made = prepareTree(work, tree, next, quick);
  const megabytes = Math.round(made.bytes / 1e6);
  context.results.subjects.tree = `${made.name} (${made.files} files, ${megabytes} MB, ${made.changed} changed in v2)`;
  return made;
}

async function turn(context: Context, tool: Tool, live: Live): Promise<void> {
  live.show('v1');
  const place = context.fresh(tool, 'tree', live.path);
  let count = 0;
  const snapshot = async (row: string) =>
    context.take(row, tool.name, tool.snapshot!(place, count++), live.path);
  if (tool.snapshot) {
    await snapshot(ROWS.first);
    context.stored(ROWS.storedOne, tool.name, place.repo);
  }
  if (tool.incremental) {
    await snapshot(ROWS.unchanged);
    live.show('v2');
    await snapshot(ROWS.next);
    context.stored(ROWS.storedBoth, tool.name, place.repo);
  }
  await read(context, tool, place, count);
  if (tool.incremental) {
    const undo = mutate(live.path, 7);
    await sleep(SETTLE_MS);
    await snapshot(ROWS.patched);
    restoreMutation(live.path, undo);
  }
  context.discard(place);
}

async function read(context: Context, tool: Tool, place: Place, count: number): Promise<void> {
  const revisions = tool.revisions?.(place, count) ?? [''];
  const [oldest, newest] = [revisions[0]!, revisions.at(-1)!];
  if (tool.restore) {
    await context.restore(ROWS.restoreDisk, tool, place, newest, join(context.settings.work, 'restored'));
    const memory = join('/dev/shm', `vault-bench-${process.pid}`);
    if (existsSync('/dev/shm')) await context.restore(ROWS.restoreTmpfs, tool, place, newest, memory);
  }
  if (tool.list) await context.take(ROWS.list, tool.name, tool.list(place, newest), place.repo);
  if (tool.diff) await context.take(ROWS.diff, tool.name, tool.diff(place, oldest, newest), place.repo);
}
