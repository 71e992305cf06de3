/** Writing back beside: when it begins, one at a time, and that a failure is never lost. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { codeError } from '../../../src/platform/errno.ts';
import type { Platform } from '../../../src/platform/platform.ts';
import { getPlatform } from '../../../src/platform/select.ts';
import { WriteBack } from '../../../src/vault/restore/stage/writeback.ts';

const FD = 7;

/** A write-back after 100 bytes, and what ends those that were asked for. */
function rig() {
  const ends: PromiseWithResolvers<void>[] = [];
  const platform: Platform = {
    ...getPlatform(),
    syncFileSystemAside(fd) {
      assert.is(fd, FD);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      return end.promise;
    },
  };
  return { ends, writeBack: new WriteBack(platform, FD, 100) };
}

test('it begins when there is enough, once at a time', async () => {
  const { ends, writeBack } = rig();
  await writeBack.finish(); // nothing is running
  writeBack.wrote(60);
  assert.is(ends.length, 0);
  writeBack.wrote(60);
  assert.is(ends.length, 1);
  writeBack.wrote(500);
  assert.is(ends.length, 1);
  ends[0]!.resolve();
  await writeBack.finish();
  writeBack.wrote(1);
  assert.is(ends.length, 2);
  let isSettled = false;
  const settled = writeBack.settle().then(() => {
    isSettled = true;
  });
  await new Promise(setImmediate);
  assert.not(isSettled);
  ends[1]!.resolve();
  await settled;
});

test('a failure is told to whoever writes on, and at the end', async () => {
  const { ends, writeBack } = rig();
  writeBack.wrote(100);
  ends[0]!.reject(codeError('EIO', 'syncfs'));
  await writeBack.settle();
  assert.throws(() => writeBack.wrote(100), /EIO/);
  assert.is(ends.length, 1);
  let failure: unknown;
  await writeBack.finish().catch((error) => {
    failure = error;
  });
  assert.is((failure as NodeJS.ErrnoException).code, 'EIO');
});

test.run();
