/** lstat, descriptors, symlinks, holes, accounts. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { userInfo } from 'node:os';
import * as assert from 'uvu/assert';
import { Kind } from '../../src/objects/model.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { codeOf, withFolder } from './folder.ts';
import type { Test } from './suite.ts';

export function defineReading(test: Test, platform: Platform): void {
  test('lstat tells what Node tells', () => {
    withFolder(({ path, at }) => {
      fs.writeFileSync(at('file'), 'twelve bytes', { mode: 0o640 });
      fs.linkSync(at('file'), at('second'));
      fs.symlinkSync('nowhere', at('link'));
      for (const name of ['file', 'link', '.']) {
        const node = fs.lstatSync(at(name), { bigint: true });
        const stat = platform.lstat(at(name));
        assert.is(stat.mode, Number(node.mode) & 0o7777);
        assert.is(stat.uid, Number(node.uid));
        assert.is(stat.gid, Number(node.gid));
        assert.is(stat.size, Number(node.size));
        assert.is(stat.nlink, Number(node.nlink));
        assert.is(BigInt(stat.ino), node.ino);
        assert.is(stat.allocated, Number(node.blocks) * 512);
        assert.is(BigInt(stat.mtimeS) * 1_000_000_000n + BigInt(stat.mtimeNs), node.mtimeNs);
        assert.is(BigInt(stat.ctimeS) * 1_000_000_000n + BigInt(stat.ctimeNs), node.ctimeNs);
        assert.is(stat.dev, platform.lstat(path).dev);
      }
      assert.is(platform.lstat(at('file')).kind, Kind.file);
      assert.is(platform.lstat(at('link')).kind, Kind.symlink);
      assert.is(platform.lstat(path).kind, Kind.dir);
    });
  });

  test('mount points, where the system lists them', () => {
    const below = (path: string) => platform.mountPointsBelow(Buffer.from(path)).map(String);
    if (platform.name === 'portable') return assert.equal(below('/'), []);
    assert.ok(below('/').includes('/proc'), 'what tells of all the others');
    assert.not.ok(below('/').includes('/'));
    assert.ok(!below('/proc').includes('/proc') && !below('/pro').includes('/proc'), 'only below');
  });

  test('a file is opened, looked at, read and closed', () => {
    withFolder(({ at }) => {
      fs.writeFileSync(at('file'), '0123456789');
      const fd = platform.openForRead(at('file'));
      assert.equal(platform.fstat(fd), platform.lstat(at('file')));
      const into = Buffer.alloc(8);
      assert.is(platform.read(fd, into.subarray(1, 5)), 4);
      assert.is(platform.read(fd, into.subarray(5)), 3);
      assert.is(into.toString(), '\x000123456');
      assert.is(platform.read(fd, into, 8), 2);
      assert.is(into.toString('latin1', 0, 2), '89');
      assert.is(platform.read(fd, into), 3, 'a read at a position leaves the position');
      assert.is(platform.read(fd, into), 0);
      assert.is(platform.read(fd, Buffer.alloc(0), 0), 0);
      platform.close(fd);
      assert.is(
        codeOf(() => platform.fstat(fd)),
        'EBADF',
      );
      assert.is(
        codeOf(() => platform.read(fd, into)),
        'EBADF',
      );
      assert.is(
        codeOf(() => platform.close(fd)),
        'EBADF',
      );
    });
  });

  test('opening follows no symlink, does not wait on a fifo and keeps the access time', () => {
    withFolder(({ at }) => {
      fs.writeFileSync(at('file'), 'x');
      fs.symlinkSync('file', at('link'));
      assert.is(
        codeOf(() => platform.openForRead(at('link'))),
        'ELOOP',
      );
      execFileSync('mkfifo', [at('fifo').toString()]);
      const fifo = platform.openForRead(at('fifo'));
      assert.is(platform.fstat(fifo).kind, Kind.fifo);
      platform.close(fifo);
      fs.utimesSync(at('file'), 1000, 1000);
      const fd = platform.openForRead(at('file'));
      platform.read(fd, Buffer.alloc(1));
      platform.close(fd);
      assert.is(fs.statSync(at('file')).atimeMs, 1_000_000);
    });
  });

  test('a symlink is read as bytes', () => {
    withFolder(({ at }) => {
      const target = Buffer.from([0x2e, 0x2e, 0x2f, 0xff, 0xfe]);
      platform.symlink(target, at('link'));
      assert.equal(platform.readlink(at('link')), target);
      const long = Buffer.alloc(4000, 'long/');
      platform.symlink(long, at('long'));
      assert.equal(platform.readlink(at('long')), long);
      assert.is(platform.lstat(at('long')).size, 4000);
      assert.is(
        codeOf(() => platform.readlink(at('none'))),
        'ENOENT',
      );
      assert.is(
        codeOf(() => platform.symlink(Buffer.alloc(4096, 'x'), at('too-long'))),
        'ENAMETOOLONG',
      );
    });
  });

  test('errors are shaped as those of Node', () => {
    withFolder(({ at }) => {
      const path = at('none');
      const call = (use: () => unknown): Record<string, unknown> => {
        try {
          use();
        } catch (error) {
          const { message, code, errno, syscall, path: where } = error as NodeJS.ErrnoException;
          return { message, code, errno, syscall, where };
        }
        throw new Error('no error');
      };
      assert.equal(
        call(() => platform.lstat(path)),
        call(() => fs.lstatSync(path)),
      );
      assert.is(
        codeOf(() => platform.lstat(at('none', 'below'))),
        'ENOENT',
      );
      fs.writeFileSync(at('file'), '');
      assert.is(
        codeOf(() => platform.lstat(at('file', 'below'))),
        'ENOTDIR',
      );
      assert.is(
        codeOf(() => platform.lstat(Buffer.alloc(0))),
        'ENOENT',
      );
      assert.is(
        codeOf(() => platform.lstat(at('n'.repeat(256)))),
        'ENAMETOOLONG',
      );
    });
  });

  test('a path with a NUL in it names nothing', () => {
    withFolder(({ at }) => {
      fs.writeFileSync(at('file'), '');
      assert.throws(() => platform.lstat(at('file\0.txt')));
      assert.throws(() => platform.unlink(at('file\0.txt')));
      assert.ok(fs.existsSync(at('file')));
    });
  });

  test('data ranges of a sparse file', () => {
    withFolder(({ at }) => {
      const mib = 1024 * 1024;
      const fd = platform.createFile(at('sparse'), 0o600);
      platform.write(fd, Buffer.alloc(4096, 1), mib);
      platform.write(fd, Buffer.alloc(4096, 2), 3 * mib);
      fs.ftruncateSync(fd, 5 * mib);
      const { size, allocated } = platform.fstat(fd);
      const whole = [[0, size]];
      const sparse = platform.abilities.holes && allocated < size;
      const first = [mib, mib + 4096];
      assert.equal(platform.dataRanges(fd, size, 100), sparse ? [first, [3 * mib, 3 * mib + 4096]] : whole);
      assert.equal(platform.dataRanges(fd, size, 2), sparse ? [first, [3 * mib, size]] : whole);
      assert.equal(platform.dataRanges(fd, size, 1), sparse ? [[mib, size]] : whole);
      assert.equal(platform.dataRanges(fd, mib + 10, 100), sparse ? [[mib, mib + 10]] : [[0, mib + 10]]);
      assert.equal(platform.dataRanges(fd, 0, 100), []);
      const byte = Buffer.alloc(1);
      platform.read(fd, byte);
      assert.is(byte[0], 0, 'the position stayed at the start');
      fs.ftruncateSync(fd, 0);
      fs.ftruncateSync(fd, mib);
      if (sparse) assert.equal(platform.dataRanges(fd, mib, 100), []);
      platform.close(fd);
    });
  });

  test('names and numbers of users and groups', () => {
    assert.is(platform.userName(0), 'root');
    assert.is(platform.userId('root'), 0);
    assert.is(platform.groupId(platform.groupName(0)!), 0);
    const self = userInfo();
    assert.is(platform.userName(self.uid), self.username);
    assert.is(platform.userId(self.username), self.uid);
    for (let again = 0; again < 2; again++) {
      assert.is(platform.userName(3_999_999_999), undefined);
      assert.is(platform.groupName(3_999_999_999), undefined);
      assert.is(platform.userId('nobody has this name'), undefined);
      assert.is(platform.groupId('root\0'), undefined);
      assert.is(platform.userId('n'.repeat(5000)), undefined);
    }
  });
}
