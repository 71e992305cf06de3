/** Times, modes, owners. */
import * as fs from 'node:fs';
import * as assert from 'uvu/assert';
import type { Platform } from '../../src/platform/platform.ts';
import { codeOf, withFolder } from './folder.ts';
import type { Test } from './suite.ts';

/** Seconds and nanoseconds that ext4, xfs, btrfs and tmpfs all hold. */
const TIMES: [seconds: number, nanoseconds: number][] = [
  [1_700_000_000, 123_456_789],
  [0, 0],
  [0, 1],
  [-1, 999_999_999],
  [-1_000_000, 500_000_000],
  [2_147_483_648, 0],
  [5_000_000_000, 987_654_321],
];

export function defineMetadata(test: Test, platform: Platform): void {
  /** What the platform promises of the nanoseconds it sets. */
  const assertTime = (stat: { mtimeS: number; mtimeNs: number }, seconds: number, nanoseconds: number) => {
    const off = (stat.mtimeS - seconds) * 1e9 + (stat.mtimeNs - nanoseconds);
    const limit = platform.abilities.nanoseconds ? 0 : seconds < 0 ? 1e6 : 1e3;
    assert.ok(Math.abs(off) <= limit, `${seconds}.${nanoseconds}: ${off} ns off`);
    assert.ok(stat.mtimeNs >= 0 && stat.mtimeNs < 1e9);
  };

  test('times of files, folders and symlinks, by path', () => {
    withFolder(({ at }) => {
      fs.writeFileSync(at('file'), '');
      fs.mkdirSync(at('folder'));
      fs.symlinkSync('file', at('link'));
      fs.utimesSync(at('file'), 77, 77);
      for (const name of ['link', 'folder', 'file']) {
        for (const [seconds, nanoseconds] of TIMES) {
          platform.setTimes(at(name), seconds, nanoseconds);
          assertTime(platform.lstat(at(name)), seconds, nanoseconds);
          if (name === 'link')
            assert.is(fs.statSync(at('file')).mtimeMs, 77_000, 'the target keeps its time');
        }
      }
    });
  });

  test('times of an open file', () => {
    withFolder(({ at }) => {
      const fd = platform.createFile(at('file'), 0o600);
      for (const [seconds, nanoseconds] of TIMES) {
        platform.setTimesFd(fd, seconds, nanoseconds);
        assertTime(platform.fstat(fd), seconds, nanoseconds);
      }
      platform.close(fd);
      assert.is(
        codeOf(() => platform.setTimesFd(fd, 0, 0)),
        'EBADF',
      );
    });
  });

  test('the access time is set when given, else stays', () => {
    withFolder(({ at }) => {
      fs.writeFileSync(at('file'), '');
      platform.setTimes(at('file'), 2000, 0, 1000, 0);
      assert.is(fs.statSync(at('file')).atimeMs, 1_000_000);
      platform.setTimes(at('file'), 3000, 0);
      assert.is(fs.statSync(at('file')).atimeMs, 1_000_000);
      const fd = platform.openForRead(at('file'));
      platform.setTimesFd(fd, 4000, 0);
      platform.close(fd);
      assert.is(fs.statSync(at('file')).atimeMs, 1_000_000);
      assert.is(fs.statSync(at('file')).mtimeMs, 4_000_000);
    });
  });

  test('birth time is there or not, never wrong', () => {
    withFolder(({ at }) => {
      const before = Math.floor(Date.now() / 1000) - 1;
      fs.writeFileSync(at('file'), '');
      const { btimeS, btimeNs } = platform.lstat(at('file'));
      assert.is(btimeS === undefined, btimeNs === undefined);
      if (btimeS !== undefined) assert.ok(btimeS >= before && btimeS <= before + 60);
    });
  });

  test('modes, special bits included', () => {
    withFolder(({ at }) => {
      fs.mkdirSync(at('folder'));
      const fd = platform.createFile(at('file'), 0o600);
      for (const mode of [0o4755, 0o1777, 0o000, 0o644]) {
        platform.chmod(at('folder'), mode);
        assert.is(platform.lstat(at('folder')).mode, mode);
        platform.fchmod(fd, mode);
        assert.is(platform.fstat(fd).mode, mode);
      }
      platform.close(fd);
      fs.symlinkSync('file', at('link'));
      assert.is(
        codeOf(() => platform.chmod(at('link'), 0o777)),
        'ENOTSUP',
      );
      assert.is(platform.lstat(at('file')).mode, 0o644);
      assert.is(
        codeOf(() => platform.chmod(at('none'), 0o777)),
        'ENOENT',
      );
      assert.is(
        codeOf(() => platform.fchmod(fd, 0o777)),
        'EBADF',
      );
    });
  });

  test('owners, of a symlink itself too', () => {
    withFolder(({ at }) => {
      fs.writeFileSync(at('file'), '');
      fs.symlinkSync('file', at('link'));
      const { uid, gid } = platform.lstat(at('file'));
      if (process.getuid?.() === 0) {
        platform.chown(at('link'), 4_000_000_000, 12_345);
        assert.is(platform.lstat(at('link')).uid, 4_000_000_000);
        assert.is(platform.lstat(at('link')).gid, 12_345);
        assert.is(platform.lstat(at('file')).uid, uid);
        const fd = platform.openForRead(at('file'));
        platform.fchown(fd, 1, 2);
        assert.equal([platform.fstat(fd).uid, platform.fstat(fd).gid], [1, 2]);
        platform.close(fd);
      } else {
        platform.chown(at('link'), uid, gid);
        assert.is(
          codeOf(() => platform.chown(at('link'), 0, 0)),
          'EPERM',
        );
      }
      assert.is(
        codeOf(() => platform.chown(at('none'), uid, gid)),
        'ENOENT',
      );
    });
  });
}
