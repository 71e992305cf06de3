/** The list of planted bugs fits the sources: the long test that plants them would stop otherwise. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SABOTAGE } from './sabotage.ts';

const ROOT = resolve(import.meta.dirname, '../..');

test('every planted bug has its one place, and tests that are to catch it', () => {
  assert.ok(SABOTAGE.length >= 20);
  for (const { name, file, search, replace, tests } of SABOTAGE) {
    const places = readFileSync(resolve(ROOT, file), 'utf8').split(search).length - 1;
    assert.is(places, 1, `${name}: ${file} has ${places} of ${JSON.stringify(search)}`);
    assert.is.not(search, replace, name);
    assert.ok(tests.length > 0 && tests.every((path) => existsSync(resolve(ROOT, path))), name);
  }
});

test.run();
