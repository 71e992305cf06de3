import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { codeError, errnoError, hasCode } from '../../src/platform/errno.ts';

test('every errno that has a name keeps it', () => {
  for (const [code, errno] of Object.entries(constants.errno)) {
    if (!getSystemErrorMap().has(-errno)) continue;
    const error = codeError(code, 'open');
    assert.is(error.errno, -errno);
    assert.is(error.code, getSystemErrorMap().get(-errno)![0]);
  }
});

test('what file systems answer beyond that has a name on Linux', () => {
  for (const code of ['EDQUOT', 'ESTALE', 'EUCLEAN', 'ENOKEY']) {
    const error = codeError(code, 'write', Buffer.from('file'));
    assert.is(error.code, code);
    assert.match(error.message, new RegExp(`^${code}: .+, write 'file'$`));
    assert.is(errnoError(-error.errno!, 'write').code, code);
  }
  assert.is(errnoError(500, 'write').code, 'E500');
  assert.throws(() => codeError('ENONSENSE', 'write'), TypeError);
});

test('two paths are named; bytes that are no text are replaced', () => {
  const error = errnoError(constants.errno.EEXIST, 'rename', Buffer.from([0x61, 0xff]), Buffer.from('b'));
  assert.is(error.message, "EEXIST: file already exists, rename 'a\ufffd' -> 'b'");
  assert.is(error.path, 'a\ufffd');
  assert.is(error.dest, 'b');
  assert.ok(hasCode(error, 'ENOENT', 'EEXIST'));
  assert.not.ok(hasCode(error, 'ENOENT'));
  assert.not.ok(hasCode(undefined, 'ENOENT'));
});

test.run();
