/** Failing schedules and seeds, kept beside the models (not in git) until they fail no more: the next run begins with them. */
import { hash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, 'failures');

/** A schedule of the explorer, or a seed of the simulator. */
export type Failure =
  | { model: 'explorer'; configuration: string; schedule: string; message: string }
  | { model: 'simulator'; seed: number; processes: number; living: number; message: string };

export function keepFailure(failure: Failure): string {
  const text = JSON.stringify(failure, undefined, 2);
  const file = join(FOLDER, `${failure.model}-${hash('sha256', text).slice(0, 12)}.json`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, `${text}\n`);
  return file;
}

export function keptFailures(): { file: string; failure: Failure }[] {
  let names: string[];
  try {
    names = readdirSync(FOLDER);
  } catch {
    return [];
  }
  return names.sort().map((name) => {
    const file = join(FOLDER, name);
    return { file, failure: JSON.parse(readFileSync(file, 'utf8')) as Failure };
  });
}

export function dropFailure(file: string): void {
  rmSync(file, { force: true });
}
