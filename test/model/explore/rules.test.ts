/** The rules that can be switched off fit the sources and the configurations: the long test would stop otherwise. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CONFIGURATIONS } from './configurations.ts';
import { withEdits } from './planted.ts';
import { RULES } from './rules.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

test('every rule has its places in the sources and its configurations', () => {
  const names = new Set(CONFIGURATIONS.map(({ name }) => name));
  assert.is(names.size, CONFIGURATIONS.length);
  assert.is(new Set(RULES.map(({ name }) => name)).size, RULES.length);
  for (const { name, edits, configurations } of RULES) {
    for (const file of new Set(edits.map((edit) => edit.file))) {
      const text = readFileSync(resolve(ROOT, file), 'utf8');
      assert.is.not(withEdits(file, text, edits), text, name);
    }
    assert.ok(configurations.length > 0 && configurations.every((one) => names.has(one)), name);
  }
});

test.run();
