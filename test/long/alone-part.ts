/** The command line's tests with each command in a process of its own, as users run them: in `npm test` neighbours of a transcript share one. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Part } from './run.ts';

const RUNNER = resolve(import.meta.dirname, '../run.ts');
const KEPT_OUTPUT = 64 * 1024 * 1024;

export const alonePart: Part = async () => {
  const { status, stdout } = spawnSync(process.execPath, [RUNNER, 'test/cli'], {
    env: { ...process.env, TEST_ALONE: '1' },
    encoding: 'utf8',
    maxBuffer: KEPT_OUTPUT,
  });
  const lines = stdout.trimEnd().split('\n');
  if (status !== 0) throw new Error(lines.filter((line) => !line.startsWith('ok ')).join('\n'));
  return `${lines.at(-1)}; all there are, whatever the time`;
};
