/**
 * The least that a first snapshot and a restore take on this machine: `node bench/floor.ts TREE [--work DIR] [--turns N]`.
 *
 * Step by step only what cannot be left out, by the engine's own fastest parts, on as many threads as there are cores, each with its
 * own share of the files, which are known beforehand: no scan, no chunks, no search for what is stored already, no trees, no index, no records. Beside it, in
 * turns, what the targets compare with: `tar | zstd -3` and `cp -a`. So a target below the last step's ratio is out of reach here,
 * whatever the program around these steps is.
 */
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { RESTORE_STEPS, type Share, STORE_STEPS, type Task } from './floor-worker.ts';
import { environment, pipeline, run } from './measure.ts';
import { median } from './results.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    work: { type: 'string', default: join(tmpdir(), 'vault-floor') },
    turns: { type: 'string', default: '3' },
  },
});
if (positionals.length !== 1) throw new Error('usage: node bench/floor.ts TREE [--work DIR] [--turns N]');
const tree = resolve(positionals[0]!);
const work = resolve(values.work);
const dest = join(work, 'restored');

/** Seconds of each turn, by name. */
type Taken = Map<string, number[]>;

async function timed(taken: Taken, name: string, part: () => Promise<unknown> | unknown): Promise<void> {
  run({ argv: ['sync', '-f', work] });
  const begin = process.hrtime.bigint();
  await part();
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  taken.set(name, [...(taken.get(name) ?? []), seconds]);
}

const files: string[] = [];
const folders: string[] = [];
list('');
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });

const threads = availableParallelism();
const workers = Array.from({ length: threads }, (_, i) => {
  const share: Share = {
    tree,
    dest,
    packs: join(work, `packs-${i}`),
    // In runs of neighbours, as a scan gives them; thread by thread in turns, so that all end at much the same time.
    files: files.filter((_, at) => Math.floor(at / 256) % threads === i),
  };
  return new Worker(new URL('./floor-worker.ts', import.meta.url), { workerData: share, env: environment() });
});

/** One task on all threads; resolves when the last has done its share. */
async function onAll(task: Task): Promise<void> {
  for (const worker of workers) worker.postMessage(task);
  await Promise.all(workers.map((worker) => once(worker, 'message')));
}

function list(folder: string): void {
  for (const entry of readdirSync(join(tree, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) files.push(path);
    if (!entry.isDirectory()) continue;
    folders.push(path);
    list(path);
  }
}

function emptied(): void {
  rmSync(dest, { recursive: true, force: true });
  mkdirSync(dest);
}

const storing: Taken = new Map();
const restoring: Taken = new Map();
const tar = pipeline(
  ['tar', '-C', tree, '-cf', '-', '.'],
  ['zstd', '-q', '-3', '-T2', '-f', '-o', join(work, 'tar.zst')],
);
// Threads start, code is compiled, and files are read into the page cache.
await onAll({ what: 'store', step: STORE_STEPS.length - 1 });
for (let turn = 0; turn < Number(values.turns); turn++) {
  await timed(storing, 'tar | zstd -3 -T2', () => run({ argv: tar }));
  for (const step of STORE_STEPS.keys())
    await timed(storing, STORE_STEPS[step]!, () => onAll({ what: 'store', step }));
  emptied();
  await timed(restoring, 'cp -a', () => run({ argv: ['cp', '-a', `${tree}/.`, dest] }));
  for (const step of RESTORE_STEPS.keys()) {
    emptied();
    await timed(restoring, RESTORE_STEPS[step]!, async () => {
      for (const folder of folders) mkdirSync(join(dest, folder));
      await onAll({ what: 'restore', step });
    });
  }
}
for (const worker of workers) await worker.terminate();
rmSync(work, { recursive: true, force: true });

/** The first is what the others are compared with. */
function table(title: string, taken: Taken): void {
  const [[beside, measure] = ['', []]] = taken;
  console.log(`\n| ${title}, ${threads} threads | s | ÷ ${shown(beside)} |\n|---|--:|--:|`);
  for (const [name, seconds] of taken) {
    const ratio = median(seconds) / median(measure);
    console.log(`| ${shown(name)} | ${median(seconds).toFixed(2)} | ${ratio.toFixed(2)} |`);
  }
}

function shown(name: string): string {
  return name.replace('|', '\\|');
}

console.log(`${files.length} files of ${tree}, ${values.turns} turns, medians`);
table('storing', storing);
table('restoring', restoring);
