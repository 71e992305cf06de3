/** What the type of a file system says of it. The real ones are mounted by the long part `fs-kinds`. */
import { tmpdir } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keepsChangeTimes, keepsInodes } from '../../src/platform/file-system-types.ts';

test('a common file system keeps both, and so does one that nobody tells about', () => {
  for (const path of [tmpdir(), '/', `${tmpdir()}/not-there`, `/${'long/'.repeat(2000)}`]) {
    assert.ok(keepsInodes(Buffer.from(path)), path);
    assert.ok(keepsChangeTimes(Buffer.from(path)), path);
  }
});

test.run();
