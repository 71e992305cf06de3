import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isVaultError } from '../../src/errors.ts';
import { checkLine, lineInfo } from '../../src/refs/lines.ts';

const mine = lineInfo('id-1', 'laptop', Buffer.from([0x2f, 0xff]));

test('lines: a root is kept as bytes', () => {
  assert.equal(mine, { hostId: 'id-1', root: 'L/8=', host: 'laptop' });
});

test('lines: a new line, and one of the same host and folder, are fine', () => {
  checkLine('main', undefined, mine);
  checkLine('main', { ...mine, host: 'renamed' }, mine);
});

test('lines: another folder or host is refused, and told how to go on', () => {
  for (const other of [
    lineInfo('id-1', 'laptop', Buffer.from('/b')),
    lineInfo('id-2', 'desk', Buffer.from([0x2f, 0xff])),
  ]) {
    assert.throws(
      () => checkLine('main', other, mine),
      (error: unknown) =>
        isVaultError(error, 'REFUSED') && error.hint?.includes('--line') && error.message.includes('main'),
    );
  }
});

test.run();
