/** The Linux platform: the common suite, and what only it has. */

import * as fs from 'node:fs';
import { constants as os } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Libc, loadLibc } from '../../src/platform/linux/libc.ts';
import { createLinuxPlatform } from '../../src/platform/linux.ts';
import { openDescriptors } from './descriptors.ts';
import { codeOf, withFolder } from './folder.ts';
import { platformSuite } from './suite.ts';

const test = suite('linux only');

if (process.platform !== 'linux') {
  test.skip('the Linux platform: this is another system', () => {});
  test.run();
} else {
  platformSuite(createLinuxPlatform());
  defineOlderKernels();
  defineDescriptors();
  test.run();
}

/** A libc whose named functions fail with an errno. */
function without(names: (keyof Libc)[], code: 'ENOSYS' | 'EINVAL' | 'EPERM'): Libc {
  const libc = loadLibc();
  let failed = false;
  const wrapped = { ...libc };
  for (const name of Object.keys(libc) as (keyof Libc)[]) {
    if (name === 'errno' || name === 'address') continue;
    const call = libc[name] as (...args: unknown[]) => number;
    Object.assign(wrapped, {
      [name]: (...args: unknown[]) => {
        failed = names.includes(name);
        return failed ? -1 : call(...args);
      },
    });
  }
  wrapped.errno = () => (failed ? os.errno[code] : libc.errno());
  return wrapped;
}

function defineOlderKernels(): void {
  for (const code of ['ENOSYS', 'EPERM'] as const) {
    test(`chmod where fchmodat2 answers ${code}`, () => {
      const platform = createLinuxPlatform(without(['fchmodat2'], code));
      withFolder(({ at }) => {
        fs.writeFileSync(at('file'), '', { mode: 0o600 });
        fs.symlinkSync('file', at('link'));
        const before = openDescriptors();
        platform.chmod(at('file'), 0o4751);
        assert.is(platform.lstat(at('file')).mode, 0o4751);
        assert.is(
          codeOf(() => platform.chmod(at('link'), 0o777)),
          'ENOTSUP',
        );
        assert.is(
          codeOf(() => platform.chmod(at('none'), 0o777)),
          'ENOENT',
        );
        assert.is(openDescriptors(), before);
      });
    });
  }

  for (const code of ['ENOSYS', 'EINVAL'] as const) {
    test(`renaming where renameat2 answers ${code}`, () => {
      const platform = createLinuxPlatform(without(['renameat2'], code));
      withFolder(({ at }) => {
        fs.writeFileSync(at('file'), 'x');
        fs.mkdirSync(at('folder'));
        fs.mkdirSync(at('empty'));
        assert.is(
          codeOf(() => platform.renameNoReplace(at('file'), at('empty'))),
          'EEXIST',
        );
        assert.is(
          codeOf(() => platform.renameNoReplace(at('folder'), at('empty'))),
          'EEXIST',
        );
        platform.renameNoReplace(at('file'), at('file-2'));
        platform.renameNoReplace(at('folder'), at('folder-2'));
        assert.equal(fs.readdirSync(at('.')).sort(), ['empty', 'file-2', 'folder-2']);
      });
    });
  }

  test('renaming where there are neither renameat2 nor hard links', () => {
    const libc = without(['renameat2', 'link'], 'ENOSYS');
    const platform = createLinuxPlatform(libc);
    withFolder(({ at }) => {
      fs.writeFileSync(at('a'), 'a');
      fs.writeFileSync(at('b'), 'b');
      assert.is(
        codeOf(() => platform.renameNoReplace(at('a'), at('b'))),
        'EEXIST',
      );
      platform.renameNoReplace(at('a'), at('c'));
      assert.equal(fs.readdirSync(at('.')).sort(), ['b', 'c']);
    });
  });

  test('opening where O_NOATIME is refused', () => {
    const libc = loadLibc();
    const refused: number[] = [];
    const platform = createLinuxPlatform({
      ...libc,
      errno: () => refused.pop() ?? libc.errno(),
      openat(dirfd, pathPtr, flags, mode) {
        if ((flags & fs.constants.O_NOATIME) === 0) return libc.openat(dirfd, pathPtr, flags, mode);
        refused.push(os.errno.EPERM);
        return -1;
      },
    });
    withFolder(({ path, at }) => {
      fs.writeFileSync(at('file'), 'x');
      const fd = platform.openForRead(at('file'));
      assert.is(platform.fstat(fd).size, 1);
      platform.close(fd);
      const directory = platform.openDirectory(path);
      assert.is(directory.length, 1);
      directory.close();
    });
  });
}

function defineDescriptors(): void {
  test('no descriptor is left open, also by what fails', () => {
    const platform = createLinuxPlatform();
    withFolder(({ path, at }) => {
      const deep = at(...Array<string>(30).fill('d'.repeat(200)), 'none');
      fs.mkdirSync(at('folder'));
      const before = openDescriptors();
      for (let again = 0; again < 20; again++) {
        const directory = platform.openDirectory(path);
        directory.openDirectory(0).close();
        directory.close();
        directory.close();
        assert.is(
          codeOf(() => directory.stat(0)),
          'EBADF',
        );
        codeOf(() => platform.lstat(deep));
        codeOf(() => platform.openDirectory(deep));
        codeOf(() => platform.renameNoReplace(deep, deep));
        codeOf(() => platform.listXattrs(deep));
      }
      assert.is(openDescriptors(), before);
    });
  });

  test('a folder that cannot be listed is closed again', () => {
    const libc = loadLibc();
    const listless = createLinuxPlatform({ ...libc, getdents64: () => -1, errno: () => os.errno.EIO });
    withFolder(({ path }) => {
      const before = openDescriptors();
      assert.is(
        codeOf(() => listless.openDirectory(path)),
        'EIO',
      );
      assert.is(openDescriptors(), before);
    });
  });
}
