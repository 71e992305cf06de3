/** The man pages in `man` are those of the commands, and man reads them without a complaint. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderManPages } from '../../src/cli/help/man-page.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const pages = globSync('man/*.1', { cwd: ROOT });

test('they are current', () => {
  const { stderr, status } = spawnSync(process.execPath, ['scripts/make-man.ts', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  assert.is(stderr, '');
  assert.is(status, 0);
});

test("roff's own characters are escaped", () => {
  const command = {
    id: 'x',
    group: 'porcelain' as const,
    summary: "does it's -thing",
    description: '.starts with a dot\n\n  $ back\\slash',
    examples: [],
    related: ['log'],
    exits: { 1: 'they differ' },
    args: {},
    flags: {},
    aliases: [],
    hiddenAliases: [],
    hidden: false,
    strict: true as const,
  };
  const text = renderManPages([command], '1').get('vault-x.1')!;
  assert.match(text, 'vault\\-x \\- does it\\(aqs \\-thing');
  assert.match(text, '\n\\&.starts with a dot\n');
  assert.match(text, '\n.EX\n$ back\\eslash\n.EE\n');
  assert.match(text, '\\fB1\\fR\nthey differ\n');
  assert.match(text, '\\fBvault\\fR(1),\n\\fBvault\\-log\\fR(1)');
});

const hasMan = spawnSync('man', ['--version']).status === 0;

(hasMan ? test : test.skip)('man renders them without a warning', () => {
  for (const page of pages) {
    const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', page], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '80', LANG: 'C.UTF-8' },
    });
    assert.is(stderr, '', page);
    assert.match(stdout, /^NAME$/m);
    assert.match(stdout, /^EXIT STATUS$/m);
  }
});

test.run();
