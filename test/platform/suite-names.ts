/** What makes, moves and removes names. */
import * as fs from 'node:fs';
import * as assert from 'uvu/assert';
import { Kind } from '../../src/objects/model.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { codeOf, type Folder, withFolder } from './folder.ts';
import type { Test } from './suite.ts';

export function defineNames(test: Test, platform: Platform): void {
  const { abilities } = platform;

  test('folders, links, removal', () => {
    withFolder(({ path, at }) => {
      platform.mkdir(at('folder'), 0o700);
      assert.is(platform.lstat(at('folder')).mode, 0o700);
      assert.is(
        codeOf(() => platform.mkdir(at('folder'), 0o700)),
        'EEXIST',
      );
      platform.symlink(Buffer.from('folder'), at('link'));
      platform.link(at('link'), at('again'));
      assert.is(platform.lstat(at('again')).kind, Kind.symlink);
      assert.is(platform.lstat(at('again')).nlink, 2);
      assert.is(
        codeOf(() => platform.link(at('link'), at('folder'))),
        'EEXIST',
      );
      assert.is(
        codeOf(() => platform.rmdir(at('link'))),
        'ENOTDIR',
      );
      platform.unlink(at('link'));
      platform.unlink(at('again'));
      platform.fsyncDirectory(path);
      platform.symlink(Buffer.from('folder'), at('link'));
      platform.fsyncDirectory(at('link'));
      platform.unlink(at('link'));
      platform.rmdir(at('folder'));
      assert.equal(fs.readdirSync(path), []);
      assert.is(
        codeOf(() => platform.unlink(at('link'))),
        'ENOENT',
      );
      assert.is(
        codeOf(() => platform.rmdir(at('folder'))),
        'ENOENT',
      );
      assert.is(
        codeOf(() => platform.fsyncDirectory(at('folder'))),
        'ENOENT',
      );
    });
  });

  test('a new file is new', () => {
    withFolder(({ at }) => {
      const fd = platform.createFile(at('file'), 0o640);
      platform.write(fd, Buffer.from('hello'));
      platform.write(fd, Buffer.from(' world'));
      platform.write(fd, Buffer.from('J'), 0);
      platform.write(fd, Buffer.alloc(0));
      const into = Buffer.alloc(11);
      platform.read(fd, into, 0);
      assert.is(into.toString(), 'Jello world');
      platform.close(fd);
      assert.is(platform.lstat(at('file')).mode, 0o640 & ~process.umask());
      fs.symlinkSync('nothing', at('link'));
      assert.is(
        codeOf(() => platform.createFile(at('file'), 0o600)),
        'EEXIST',
      );
      assert.is(
        codeOf(() => platform.createFile(at('link'), 0o600)),
        'EEXIST',
      );
      assert.is(
        codeOf(() => platform.write(fd, Buffer.from('x'))),
        'EBADF',
      );
    });
  });

  const full = 'a full disk is ENOSPC';
  if (!fs.existsSync('/dev/full')) test.skip(`${full}: there is no /dev/full`, () => {});
  else
    test(full, () => {
      const fd = fs.openSync('/dev/full', 'w');
      assert.is(
        codeOf(() => platform.write(fd, Buffer.from('x'))),
        'ENOSPC',
      );
      fs.closeSync(fd);
    });

  test('renaming replaces nothing', () => {
    withFolder((folder) => {
      const { at } = folder;
      const names = fill(folder);
      for (const from of names) {
        for (const to of names) {
          if (from === to) continue;
          assert.is(
            codeOf(() => platform.renameNoReplace(at(from), at(to))),
            'EEXIST',
            `${from} ${to}`,
          );
        }
        const before = platform.lstat(at(from));
        platform.renameNoReplace(at(from), at('moved'));
        assert.is(platform.lstat(at('moved')).ino, before.ino);
        assert.is(
          codeOf(() => platform.lstat(at(from))),
          'ENOENT',
        );
        platform.renameNoReplace(at('moved'), at(from));
      }
      assert.is(
        codeOf(() => platform.renameNoReplace(at('none'), at('moved'))),
        'ENOENT',
      );
      assert.is(
        codeOf(() => platform.renameNoReplace(at('folder'), at('folder', 'below'))),
        'EINVAL',
      );
    });
  });

  test('two names are exchanged', () => {
    withFolder((folder) => {
      const { at } = folder;
      fill(folder);
      if (!abilities.exchange) {
        assert.is(
          codeOf(() => platform.exchange(at('file'), at('folder'))),
          'ENOTSUP',
        );
        return;
      }
      platform.exchange(at('file'), at('folder'));
      assert.is(platform.lstat(at('file')).kind, Kind.dir);
      assert.is(platform.lstat(at('folder')).kind, Kind.file);
      assert.is(
        codeOf(() => platform.exchange(at('file'), at('none'))),
        'ENOENT',
      );
    });
  });

  test('fifos and sockets', () => {
    withFolder(({ at }) => {
      for (const kind of [Kind.fifo, Kind.socket] as const) {
        const make = () => platform.mknod(at(`kind-${kind}`), kind, 0o600, 0, 0);
        if (!abilities.devices) {
          assert.is(codeOf(make), 'ENOTSUP');
          continue;
        }
        make();
        assert.is(platform.lstat(at(`kind-${kind}`)).kind, kind);
        assert.is(codeOf(make), 'EEXIST');
      }
    });
  });

  const devices = 'devices, with large numbers';
  if (abilities.devices && !mayMakeDevices(platform)) test.skip(`${devices}: this user may not`, () => {});
  else test(devices, () => withFolder(({ at }) => useDevices(platform, at)));

  if (abilities.longPaths) defineLongPaths(test, platform);
}

function mayMakeDevices(platform: Platform): boolean {
  return (
    withFolder(({ at }) => codeOf(() => platform.mknod(at('null'), Kind.char, 0o600, 1, 3))) === undefined
  );
}

function useDevices(platform: Platform, at: Folder['at']): void {
  for (const kind of [Kind.char, Kind.block] as const) {
    const path = at(`kind-${kind}`);
    const make = () => platform.mknod(path, kind, 0o600, 4095, 1_048_575);
    if (!platform.abilities.devices) {
      assert.is(codeOf(make), 'ENOTSUP');
      continue;
    }
    make();
    const stat = platform.lstat(path);
    assert.equal([stat.kind, stat.rdevMajor, stat.rdevMinor], [kind, 4095, 1_048_575]);
  }
}

function fill({ at }: Folder): string[] {
  fs.writeFileSync(at('file'), '');
  fs.mkdirSync(at('folder'));
  fs.mkdirSync(at('empty'));
  fs.writeFileSync(at('folder', 'inner'), '');
  fs.symlinkSync('dangling', at('link'));
  return ['file', 'folder', 'empty', 'link'];
}

/** Folders so deep that their paths are longer than the kernel takes. */
function defineLongPaths(test: Test, platform: Platform): void {
  const COMPONENT = Buffer.alloc(200, 'd');
  const LEVELS = 45;

  test('every call takes a path of 9,000 bytes', () => {
    withFolder(({ at }) => {
      const deep = (...names: string[]) => at(...Array<Buffer>(LEVELS).fill(COMPONENT), ...names);
      const paths = Array.from({ length: LEVELS }, (_, i) => at(...Array<Buffer>(i + 1).fill(COMPONENT)));
      for (const path of paths) platform.mkdir(path, 0o700);
      try {
        useDeep(platform, deep);
      } finally {
        for (const path of paths.reverse()) platform.rmdir(path);
      }
    });
  });
}

function useDeep(platform: Platform, deep: (...names: string[]) => Buffer): void {
  const fd = platform.createFile(deep('file'), 0o600);
  platform.write(fd, Buffer.from('deep'));
  platform.close(fd);
  platform.symlink(Buffer.from('file'), deep('link'));
  platform.link(deep('file'), deep('second'));
  platform.setTimes(deep('file'), 12, 34);
  platform.chmod(deep('file'), 0o400);
  platform.chown(deep('file'), process.getuid!(), process.getgid!());
  platform.mknod(deep('fifo'), Kind.fifo, 0o600, 0, 0);
  platform.listXattrs(deep('file'));
  platform.fsyncDirectory(deep());

  assert.is(platform.lstat(deep('file')).mtimeNs, 34);
  assert.is(platform.readlink(deep('link')).toString(), 'file');
  const read = platform.openForRead(deep('file'));
  assert.is(platform.fstat(read).size, 4);
  platform.close(read);
  const directory = platform.openDirectory(deep());
  assert.is(directory.length, 4);
  assert.is(directory.stat(2).kind, Kind.symlink);
  directory.close();

  platform.exchange(deep('file'), deep('link'));
  platform.renameNoReplace(deep('file'), deep('renamed'));
  assert.is(
    codeOf(() => platform.renameNoReplace(deep('renamed'), deep('second'))),
    'EEXIST',
  );
  assert.is(
    codeOf(() => platform.lstat(deep('none'))),
    'ENOENT',
  );
  assert.is(
    codeOf(() => platform.lstat(deep('second', 'below'))),
    'ENOTDIR',
  );
  assert.is(
    codeOf(() => platform.lstat(Buffer.concat([deep(), deep('none')]))),
    'ENOENT',
  );
  assert.is(
    codeOf(() => platform.lstat(Buffer.alloc(9000, 'x'))),
    'ENAMETOOLONG',
  );
  for (const name of ['link', 'renamed', 'second', 'fifo']) platform.unlink(deep(name));
}
