/**
 * The examples of docs/scripting.md, run one after the other in one folder. What stands in a block `text` behind one is what it prints.
 * @time-limit 120
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startSession } from './golden.ts';

const DOCUMENT = readFileSync(new URL('../../docs/scripting.md', import.meta.url), 'utf8');
const EXAMPLE = /^```(bash|python)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms;

const INTERPRETERS: Record<string, string[]> = {
  bash: ['bash', '-eu', '-o', 'pipefail'],
  python: ['python3'],
};

const missing = Object.values(INTERPRETERS)
  .map(([program]) => program!)
  .filter((program) => spawnSync(program, ['--version']).error);

const examples = [...DOCUMENT.matchAll(EXAMPLE)].map(([, language, code, printed = '']) => ({
  language: language!,
  code: code!,
  printed,
}));

test('the document has examples in both languages', () => {
  const count = (wanted: string): number => examples.filter(({ language }) => language === wanted).length;
  assert.ok(count('bash') >= 8);
  assert.is(count('python'), 1);
});

const title = missing.length === 0 ? '' : ` (not here: ${missing.join(', ')})`;
const run = missing.length === 0 ? test : test.skip;

run(`each example prints what the document says${title}`, () => {
  const session = startSession();
  for (const { language, code, printed } of examples) {
    session.write('../example', code); // beside the folder that is kept
    const done = session.run(`${INTERPRETERS[language]!.join(' ')} ../example`);
    assert.is(done.code, 0, `${code}\n${done.stderr}`);
    assert.is(done.stderr, '', code);
    assert.fixture(done.stdout, printed, code);
  }
});

test.run();
