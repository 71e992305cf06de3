/**
 * Object plumbing on one snapshot of the tree: whole processes, and batches over all files.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline, run } from '../measure.ts';
import { below, seeded } from '../random.ts';
import { ROWS } from '../rows.ts';
import type { Objects, Place, Tool } from '../tools/tool.ts';
import { Live, listFiles, type Tree } from '../trees.ts';
import type { Context } from './context.ts';
import { subject } from './tree.ts';

/** Whole processes of a few milliseconds need more runs than the rest. */
const SHORT_RUNS = 7;

interface Prepared {
  tool: Tool;
  objects: Objects;
  place: Place;
  ids: string;
  shuffled: string;
}

export async function objectWork(context: Context): Promise<void> {
  const tree = subject(context);
  const live = new Live(tree.dir);
  const prepared: Prepared[] = [];
  // Ours last: whoever is prepared anew clears the folder of what vault keeps there.
  const ours = (tool: Tool): number => Number(tool.name === 'vault');
  for (const tool of context.tools.filter((tool) => tool.objects).toSorted((a, b) => ours(a) - ours(b))) {
    await context.attempt(tool, () => void prepared.push(prepare(context, tool, tree, live.path)));
  }
  const files = listFiles(live.path);
  const file = files[files.length >> 1]!;
  for (let i = 0; i < context.settings.runs * SHORT_RUNS; i++) await short(context, prepared, file);
  for (let i = 0; i < context.settings.runs; i++) await batches(context, prepared);
}

/** Competitors' repositories are kept for later runs; ours is made anew, since it is what changes. */
function prepare(context: Context, tool: Tool, tree: Tree, source: string): Prepared {
  const objects = tool.objects!;
  const group = `objects-${tree.key}`;
  let place = context.place(tool, group, source);
  const ids = join(context.settings.work, group, `${tool.name}.ids`);
  const shuffled = `${ids}.shuffled`;
  if (tool.name === 'vault' || !existsSync(shuffled)) {
    place = context.fresh(tool, group, source);
    run(tool.snapshot!(place, 0));
    for (const command of objects.pack(place)) run(command);
    run({ argv: objects.ids, cwd: source, env: objects.env(place), stdout: ids });
    writeFileSync(
      shuffled,
      shuffle(readFileSync(ids, 'latin1').trimEnd().split('\n')).join('\n').concat('\n'),
    );
  }
  context.stored(ROWS.storedPacked, tool.name, place.repo);
  return { tool, objects, place, ids, shuffled };
}

/** Fisher and Yates. */
function shuffle(lines: string[]): string[] {
  const random = seeded(5);
  for (let i = lines.length - 1; i > 0; i--) {
    const j = below(random, i + 1);
    [lines[i], lines[j]] = [lines[j]!, lines[i]!];
  }
  return lines;
}

async function short(context: Context, prepared: Prepared[], file: string): Promise<void> {
  for (const { tool, objects, place } of prepared) {
    await context.attempt(tool, async () => {
      await context.take(ROWS.revParse, tool.name, objects.revParse(place));
      await context.take(ROWS.catOne, tool.name, objects.catOne(place, file));
    });
  }
  const bare = { argv: [process.execPath, '-e', '0'] };
  for (const row of [ROWS.revParse, ROWS.catOne]) await context.take(row, 'node -e 0', bare);
}

async function batches(context: Context, prepared: Prepared[]): Promise<void> {
  for (const { tool, objects, place, ids, shuffled } of prepared) {
    const base = { cwd: place.source, env: objects.env(place) };
    await context.attempt(tool, async () => {
      await context.take(ROWS.batch, tool.name, { ...base, argv: pipeline(objects.ids, objects.batch) });
      await context.take(ROWS.shuffled, tool.name, { ...base, argv: objects.batch, stdin: shuffled });
      await context.take(ROWS.check, tool.name, { ...base, argv: objects.check, stdin: ids });
    });
  }
}
