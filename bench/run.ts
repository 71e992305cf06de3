/**
 * Measures vault beside restic, borg, git, tar and cp on the same work, and prints a Markdown table.
 *
 *   node bench/run.ts [--tree DIR|TAR] [--next DIR|TAR] [--runs N] [--only NAMES] [--work DIR] [--large MB]
 *                     [--quick] [--cold] [--calm SECONDS] [--out FILE]
 *
 * bench/README.md says what each option and row means.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { report } from './report.ts';
import { machine, type Results } from './results.ts';
import { borg } from './tools/borg.ts';
import { cp, cpSynced } from './tools/cp.ts';
import { git } from './tools/git.ts';
import { restic } from './tools/restic.ts';
import { tar } from './tools/tar.ts';
import { vaultTool } from './tools/vault.ts';
import { Context, type Settings } from './work/context.ts';
import { historyWork } from './work/history.ts';
import { largeWork } from './work/large.ts';
import { objectWork } from './work/objects.ts';
import { removedWork } from './work/removed.ts';
import { treeWork } from './work/tree.ts';

const TOOLS = [vaultTool, restic, borg, git, tar, cp, cpSynced];
const GROUPS: Record<string, (context: Context) => Promise<void>> = {
  tree: treeWork,
  objects: objectWork,
  history: historyWork,
  large: largeWork,
  // The last one: what it removes, later files pay for.
  removed: removedWork,
};

const { values } = parseArgs({
  options: {
    tree: { type: 'string' },
    next: { type: 'string' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    work: { type: 'string', default: join(import.meta.dirname, '.cache') },
    large: { type: 'string' },
    quick: { type: 'boolean', default: false },
    cold: { type: 'boolean', default: false },
    calm: { type: 'string', default: '0' },
    out: { type: 'string' },
  },
});

const settings: Settings = {
  work: resolve(values.work),
  runs: values.quick ? 1 : Number(values.runs),
  quick: values.quick,
  tree: values.tree,
  next: values.next,
  largeMB: Number(values.large ?? (values.quick ? 64 : 4000)),
  cold: values.cold,
  calm: Number(values.calm),
};
mkdirSync(settings.work, { recursive: true });

const only = values.only.split(',').filter((name) => name !== '');
const unknown = only.filter((name) => !(name in GROUPS) && !TOOLS.some((tool) => tool.name === name));
if (unknown.length > 0) throw new Error(`--only: no tool or group is called ${unknown.join(', ')}`);
/** All of them unless some are named. */
const chosen = <T>(all: T[], name: (one: T) => string) => {
  const some = all.filter((one) => only.includes(name(one)));
  return some.length > 0 ? some : all;
};

const versions: Record<string, string> = {};
const missing: string[] = [];
const tools = chosen(TOOLS, (tool) => tool.name).filter((tool) => {
  const version = tool.version();
  if (version === undefined) missing.push(tool.name);
  else versions[tool.name] = version;
  return version !== undefined;
});
if (missing.length > 0) process.stderr.write(`missing: ${missing.join(', ')}\n`);

const results: Results = {
  date: new Date().toISOString(),
  machine: machine(settings.work),
  versions,
  missing,
  options: { runs: settings.runs, cold: settings.cold, calm: settings.calm, quick: settings.quick },
  subjects: {},
  rows: {},
  sizes: {},
};
const context = new Context(settings, tools, results);
for (const group of chosen(Object.keys(GROUPS), (name) => name)) await GROUPS[group]!(context);
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(results, null, 1)}\n`);
console.log(report(results));
context.clean();
