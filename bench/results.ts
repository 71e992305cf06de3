/**
 * Raw figures by row and tool, and what they are worth without the machine they come from.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { basename } from 'node:path';
import { run, type Sample } from './measure.ts';

export interface Results {
  date: string;
  machine: Record<string, string>;
  versions: Record<string, string>;
  missing: string[];
  options: Record<string, unknown>;
  /** what was saved: names, counts, bytes */
  subjects: Record<string, string>;
  rows: Record<string, Record<string, Sample[]>>;
  /** stored bytes, by row and tool */
  sizes: Record<string, Record<string, number[]>>;
}

export function machine(work: string): Record<string, string> {
  const cores = cpus();
  return {
    cpu: cores[0]?.model ?? 'unknown',
    cores: String(cores.length),
    // The largest difference between machines: 390 or 1,800 MB/s of SHA-256 a core.
    'SHA instructions': /\bsha(_ni|2)\b/.test(readText('/proc/cpuinfo')) ? 'yes' : 'no',
    memory: `${Math.round(totalmem() / 1e9)} GB`,
    kernel: release(),
    'file system': fileSystem(work),
    node: process.version,
  };
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : '';
}

/** Says so when an ext4 has no journal, since restores are another thing there: see bench/README.md. */
function fileSystem(path: string): string {
  try {
    const [type, source] = run({ argv: ['findmnt', '-n', '-o', 'FSTYPE,SOURCE', '-T', path] })
      .trim()
      .split(/\s+/);
    const journals = existsSync('/proc/fs/jbd2') ? readdirSync('/proc/fs/jbd2') : [];
    const journaled = journals.some((name) => name.startsWith(`${basename(source!)}-`));
    return type === 'ext4' && !journaled ? 'ext4 without a journal' : type!;
  } catch {
    return 'unknown';
  }
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function add<T>(
  into: Record<string, Record<string, T[]>>,
  row: string,
  tool: string,
  ...values: T[]
): void {
  into[row] ??= {};
  into[row][tool] ??= [];
  into[row][tool].push(...values);
}

/** Several runs on one machine as one: samples of the same row and tool come together. */
export function merge(files: string[]): Results {
  const all = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Results);
  const merged = all.shift()!;
  for (const other of all) {
    Object.assign(merged.versions, other.versions);
    Object.assign(merged.subjects, other.subjects);
    for (const [row, tools] of Object.entries(other.rows)) {
      for (const [tool, samples] of Object.entries(tools)) add(merged.rows, row, tool, ...samples);
    }
    for (const [row, tools] of Object.entries(other.sizes)) {
      for (const [tool, sizes] of Object.entries(tools)) add(merged.sizes, row, tool, ...sizes);
    }
  }
  merged.missing = merged.missing.filter((name) => !(name in merged.versions));
  return merged;
}

export function medianOf(samples: Sample[] | undefined, key: keyof Sample): number | undefined {
  const values = (samples ?? []).map((sample) => sample[key]).filter((value) => value !== undefined);
  return values.length > 0 ? median(values) : undefined;
}
