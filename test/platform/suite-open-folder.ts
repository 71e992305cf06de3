/** Open folders to make names in, and making a whole file system durable. */
import * as fs from 'node:fs';
import * as assert from 'uvu/assert';
import type { Platform } from '../../src/platform/platform.ts';
import { codeOf, withFolder } from './folder.ts';
import type { Test } from './suite.ts';

export function defineOpenFolder(test: Test, platform: Platform): void {
  test('names in an open folder', () => {
    withFolder(({ at }) => {
      const name = Buffer.from([0x61, 0xff, 0x62]);
      platform.mkdir(at('folder'), 0o700);
      const folder = platform.openFolder(at('folder'));
      platform.close(platform.createFile(platform.pathIn(folder, name), 0o600));
      platform.mkdir(platform.pathIn(folder, Buffer.from('below')), 0o700);
      const below = platform.openFolder(platform.pathIn(folder, Buffer.from('below')));
      const again = platform.openFolder(platform.pathIn(below, Buffer.from('..')));
      assert.equal(platform.fstat(again), platform.fstat(folder));
      platform.symlink(Buffer.from('x'), platform.pathIn(again, Buffer.from('link')));
      for (const fd of [below, again, folder]) platform.close(fd);
      assert.equal(
        fs.readdirSync(at('folder'), { encoding: 'buffer' }).sort(Buffer.compare),
        [name, Buffer.from('below'), Buffer.from('link')].sort(Buffer.compare),
      );
    });
  });

  test('an open folder is no link and no file', () => {
    withFolder(({ at }) => {
      platform.mkdir(at('folder'), 0o700);
      platform.symlink(Buffer.from('folder'), at('link'));
      platform.close(platform.createFile(at('file'), 0o600));
      for (const [name, code] of [
        ['link', 'ENOTDIR'],
        ['file', 'ENOTDIR'],
        ['none', 'ENOENT'],
      ] as const) {
        assert.is(
          codeOf(() => platform.openFolder(at(name))),
          code,
        );
      }
    });
  });

  if (platform.abilities.longPaths) {
    test('an open folder stays the one that was opened', () => {
      withFolder(({ at }) => {
        platform.mkdir(at('folder'), 0o700);
        platform.mkdir(at('elsewhere'), 0o700);
        const folder = platform.openFolder(at('folder'));
        fs.renameSync(at('folder'), at('moved'));
        platform.symlink(Buffer.from('elsewhere'), at('folder'));
        platform.mkdir(platform.pathIn(folder, Buffer.from('new')), 0o700);
        const file = platform.pathIn(folder, Buffer.from('new/file'));
        platform.close(platform.createFile(file, 0o600));
        assert.is(
          codeOf(() => platform.createFile(file, 0o600)),
          'EEXIST',
        );
        platform.close(folder);
        assert.equal(fs.readdirSync(at('moved')), ['new']);
        assert.equal(fs.readdirSync(at('moved/new')), ['file']);
        assert.equal(fs.readdirSync(at('elsewhere')), []);
      });
    });
  }

  test('a file system is made durable, or refuses', () => {
    withFolder(({ at }) => {
      const fd = platform.createFile(at('file'), 0o600);
      const code = codeOf(() => platform.syncFileSystem(fd));
      platform.close(fd);
      assert.is(code, platform.abilities.syncFileSystem ? undefined : 'ENOTSUP');
    });
  });

  test('it is made durable beside, or that refuses', async () => {
    const folder = platform.openForRead(Buffer.from('.'));
    const code = (fd: number) => platform.syncFileSystemAside(fd).catch((error) => error.code);
    try {
      assert.is(await code(folder), platform.abilities.syncFileSystem ? undefined : 'ENOTSUP');
      assert.is(await code(-1), platform.abilities.syncFileSystem ? 'EIO' : 'ENOTSUP');
    } finally {
      platform.close(folder);
    }
  });
}
