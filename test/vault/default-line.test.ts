/** The name of a new folder's line, from its host and its own name. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkName } from '../../src/refs/names.ts';
import { defaultLine } from '../../src/vault/init.ts';

test('plain names stay, others become names that refs may have', () => {
  assert.is(defaultLine('laptop', '/home/ada/docs'), 'laptop/docs');
  assert.is(defaultLine('laptop.local', '/srv/My files (old)'), 'laptop.local/My-files-old');
  assert.is(defaultLine('Büro', '/'), 'Büro/root');
  const odd = [
    '',
    '...',
    '---',
    '@{1}',
    'a..b',
    '.hidden.',
    '-x-',
    '~',
    'x'.repeat(300),
    '語'.repeat(300),
    'a\u0301',
    '\u{1f600}',
  ];
  for (const host of odd) for (const folder of odd) checkName(defaultLine(host, `/${folder}`));
});

test.run();
