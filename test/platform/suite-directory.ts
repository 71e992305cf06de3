/** Open folders. */
import * as fs from 'node:fs';
import * as assert from 'uvu/assert';
import { Kind } from '../../src/objects/model.ts';
import type { Directory, Platform } from '../../src/platform/platform.ts';
import { codeOf, withFolder } from './folder.ts';
import type { Test } from './suite.ts';

export function defineDirectory(test: Test, platform: Platform): void {
  const namesOf = (directory: Directory) =>
    Array.from({ length: directory.length }, (_, i) => Buffer.from(directory.name(i)));

  test('names come in bytewise order, whatever bytes they are', () => {
    withFolder(({ path, at }) => {
      const names = [
        Buffer.from('a'),
        Buffer.from('a.txt'),
        Buffer.from('ab'),
        Buffer.from('B'),
        Buffer.from('.hidden'),
        Buffer.from('...'),
        Buffer.from('..x'),
        Buffer.from('new\nline'),
        Buffer.from('ünïcode ☃'),
        Buffer.from([0xff, 0xfe]),
        Buffer.from([0x80]),
        Buffer.from([0x01]),
        Buffer.alloc(255, 'n'),
      ];
      for (const name of names) fs.writeFileSync(at(name), name);
      const directory = platform.openDirectory(path);
      assert.equal(namesOf(directory), [...names].sort(Buffer.compare));
      for (let i = 0; i < directory.length; i++) {
        assert.equal(directory.stat(i), platform.lstat(at(directory.name(i))));
        assert.is(directory.stat(i).size, directory.name(i).length);
      }
      directory.close();
    });
  });

  test('an empty folder has no names', () => {
    withFolder(({ path }) => {
      const directory = platform.openDirectory(path);
      assert.is(directory.length, 0);
      assert.throws(() => directory.stat(0), RangeError);
      directory.close();
      directory.close();
    });
  });

  test('what is no folder is not opened as one', () => {
    withFolder(({ at }) => {
      fs.writeFileSync(at('file'), '');
      fs.mkdirSync(at('folder'));
      fs.symlinkSync('folder', at('link'));
      assert.is(
        codeOf(() => platform.openDirectory(at('file'))),
        'ENOTDIR',
      );
      assert.is(
        codeOf(() => platform.openDirectory(at('link'))),
        'ENOTDIR',
      );
      assert.is(
        codeOf(() => platform.openDirectory(at('none'))),
        'ENOENT',
      );
    });
  });

  test('folders and symlinks below an open folder', () => {
    withFolder(({ path, at }) => {
      fs.mkdirSync(at('folder'));
      fs.mkdirSync(at('folder', 'inner'));
      fs.writeFileSync(at('folder', 'file'), 'x');
      fs.symlinkSync('folder', at('link'));
      const directory = platform.openDirectory(path);
      assert.equal(namesOf(directory).map(String), ['folder', 'link']);
      assert.is(directory.stat(0).kind, Kind.dir);
      assert.is(directory.stat(1).kind, Kind.symlink);
      assert.is(directory.readlink(1).toString(), 'folder');
      assert.is(
        codeOf(() => directory.readlink(0)),
        'EINVAL',
      );
      assert.is(
        codeOf(() => directory.openDirectory(1)),
        'ENOTDIR',
      );
      const folder = directory.openDirectory(0);
      directory.close();
      assert.equal(namesOf(folder).map(String), ['file', 'inner']);
      assert.is(folder.stat(0).size, 1);
      const inner = folder.openDirectory(1);
      assert.is(inner.length, 0);
      inner.close();
      folder.close();
    });
  });

  test('an entry that has vanished', () => {
    withFolder(({ path, at }) => {
      fs.writeFileSync(at('a'), '');
      fs.writeFileSync(at('b'), '');
      const directory = platform.openDirectory(path);
      fs.rmSync(at('a'));
      for (const use of ['stat', 'readlink', 'openDirectory'] as const) {
        assert.is(
          codeOf(() => directory[use](0)),
          'ENOENT',
        );
      }
      try {
        directory.stat(0);
      } catch (error) {
        assert.is((error as NodeJS.ErrnoException).path, at('a').toString());
      }
      assert.is(directory.stat(1).kind, Kind.file);
      directory.close();
    });
  });

  if (platform.abilities.longPaths) {
    test('an open folder that is renamed stays the folder it was', () => {
      withFolder(({ at }) => {
        fs.mkdirSync(at('real'));
        fs.writeFileSync(at('real', 'secret'), 'x');
        fs.mkdirSync(at('evil'));
        fs.writeFileSync(at('evil', 'secret'), 'something else');
        const directory = platform.openDirectory(at('real'));
        fs.renameSync(at('real'), at('moved'));
        fs.symlinkSync('evil', at('real'));
        assert.is(directory.stat(0).size, 1);
        directory.close();
      });
    });
  }

  test('50,000 names in one folder', () => {
    withFolder(({ path, at }) => {
      fs.writeFileSync(at('first'), '');
      const expected = ['first'];
      for (let i = 1; i < 50_000; i++) {
        const name = i % 2 === 0 ? `frame-${i}` : `${(i * 2_654_435_761) >>> 0}`;
        fs.linkSync(at('first'), at(name));
        expected.push(name);
      }
      const directory = platform.openDirectory(path);
      assert.is(directory.length, 50_000);
      const sorted = expected.map((name) => Buffer.from(name)).sort(Buffer.compare);
      assert.ok(sorted.every((name, i) => name.equals(directory.name(i))));
      assert.is(directory.stat(49_999).nlink, 50_000);
      directory.close();
    }, MANY_LINKS);
  });
}

/** A file may have 65,000 names on ext4 and any number on tmpfs; elsewhere less. */
const MANY_LINKS = fs.existsSync('/dev/shm') ? '/dev/shm' : undefined;
