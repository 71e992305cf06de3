/** Programs that a test compares with, which are not on every machine. */
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';

/** Defines a test where all these programs are; else it is skipped by name. */
export function testWith(programs: readonly string[], title: string, body: () => void | Promise<void>): void {
  const missing = programs.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
  if (missing.length === 0) test(title, body);
  else test.skip(`${title} (needs ${missing.join(', ')})`);
}
