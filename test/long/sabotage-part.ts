/**
 * Plants each bug of the list in a copy of the sources and runs the tests that are to catch it: one of them must fail. The tests
 * pass without it, which is checked first.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Part } from './run.ts';
import { SABOTAGE, type Sabotage } from './sabotage.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const TIME_LIMIT_MS = 180_000;

export const sabotagePart: Part = async ({ seed, deadline, say }) => {
  const copy = mkdtempSync(join(tmpdir(), 'vault-sabotage-'));
  try {
    for (const name of ['src', 'test', 'bin', 'docs', 'package.json']) {
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    }
    for (const name of ['node_modules', 'dist']) symlinkSync(join(ROOT, name), join(copy, name));
    for (const test of new Set(SABOTAGE.flatMap(({ tests }) => tests))) {
      if (fails(copy, test, seed)) throw new Error(`${test} fails without any bug`);
    }
    const missed: string[] = [];
    let tried = 0;
    for (const bug of SABOTAGE) {
      if (performance.now() > deadline) break;
      tried++;
      const by = caughtBy(copy, bug, seed);
      say(`${by ? 'caught' : 'MISSED'}  ${bug.name}${by ? `  (${by})` : ''}`);
      if (!by) missed.push(bug.name);
    }
    if (missed.length > 0) throw new Error(`not caught: ${missed.join('; ')}`);
    return `${tried} of ${SABOTAGE.length} bugs planted, all caught`;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

/** The first test that fails with the bug. */
function caughtBy(
  copy: string,
  { name, file, search, replace, tests }: Sabotage,
  seed: number,
): string | undefined {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(search).length !== 2)
    throw new Error(`${name}: ${file} has not exactly one ${JSON.stringify(search)}`);
  writeFileSync(
    path,
    source.replace(search, () => replace),
  );
  try {
    return tests.find((test) => fails(copy, test, seed));
  } finally {
    writeFileSync(path, source);
  }
}

function fails(copy: string, test: string, seed: number): boolean {
  const { status } = spawnSync(process.execPath, [join(copy, test)], {
    cwd: copy,
    env: { ...process.env, VAULT_TEST_SEED: String(seed), VAULT_TEST_ENDINGS: 'all', NODE_ENV: 'test' },
    stdio: 'ignore',
    timeout: TIME_LIMIT_MS,
  });
  return status !== 0;
}
