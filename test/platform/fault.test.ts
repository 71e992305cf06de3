import * as fs from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Fault, faulty } from '../../src/platform/fault.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { createPortablePlatform } from '../../src/platform/portable.ts';
import { getPlatform } from '../../src/platform/select.ts';
import { codeOf, type Folder, withFolder } from './folder.ts';

/** What a scan and a seal do with a folder of two files and a folder. */
function use(platform: Platform, { path, at }: Folder): string {
  const directory = platform.openDirectory(path);
  try {
    for (let i = 0; i < directory.length; i++) directory.stat(i);
    directory.openDirectory(2).close();
    const fd = platform.openForRead(at('a'));
    const into = Buffer.alloc(10);
    try {
      platform.fstat(fd);
      return into.toString('latin1', 0, platform.read(fd, into));
    } finally {
      platform.close(fd);
    }
  } finally {
    directory.close();
  }
}

function withFiles(body: (folder: Folder) => void): void {
  withFolder((folder) => {
    fs.writeFileSync(folder.at('a'), 'alpha');
    fs.writeFileSync(folder.at('b'), 'beta');
    fs.mkdirSync(folder.at('c'));
    body(folder);
  });
}

test('without a plan nothing fails and everything is counted', () => {
  withFiles((folder) => {
    const platform = faulty(getPlatform(), []);
    assert.is(use(platform, folder), 'alpha');
    assert.is(platform.name, getPlatform().name);
    assert.is(platform.calls.get('openDirectory'), 1);
    assert.is(platform.calls.get('Directory.stat'), 3);
    assert.is(platform.calls.get('Directory.close'), 2);
    assert.is(platform.calls.get('fstat'), 1);
    assert.is(platform.failures, 0);
  });
});

test('the n-th call of all fails, for every n', () => {
  withFiles((folder) => {
    const counted = faulty(getPlatform(), []);
    use(counted, folder);
    const calls = [...counted.calls.values()].reduce((sum, count) => sum + count, 0);
    for (let nth = 1; nth <= calls; nth++) {
      const platform = faulty(getPlatform(), [{ nth, code: 'EIO' }]);
      assert.is(
        codeOf(() => use(platform, folder)),
        'EIO',
        `call ${nth}`,
      );
      assert.is(platform.failures, 1);
    }
    assert.is(use(faulty(getPlatform(), [{ nth: calls + 1, code: 'EIO' }]), folder), 'alpha');
  });
});

test('a method, a path or both say which calls fail', () => {
  withFiles((folder) => {
    const { at } = folder;
    const failing = (...plan: Fault[]) => faulty(getPlatform(), plan);
    assert.is(
      codeOf(() => use(failing({ method: 'Directory.stat', nth: 3, code: 'ESTALE' }), folder)),
      'ESTALE',
    );
    const platform = failing(
      { path: at('b'), code: 'EACCES' },
      { method: 'read', path: at('a'), code: 'EIO' },
    );
    assert.is(
      codeOf(() => platform.lstat(at('b'))),
      'EACCES',
    );
    assert.is(
      codeOf(() => platform.openForRead(at('b'))),
      'EACCES',
    );
    assert.is(
      codeOf(() => platform.renameNoReplace(at('a'), at('b'))),
      'EACCES',
    );
    assert.is(
      codeOf(() => platform.symlink(at('b'), at('link'))),
      undefined,
      'a target is no path',
    );
    const fd = platform.openForRead(at('a'));
    assert.is(platform.fstat(fd).size, 5);
    assert.is(
      codeOf(() => platform.read(fd, Buffer.alloc(1))),
      'EIO',
    );
    platform.close(fd);
    assert.is(platform.failures, 4);
  });
});

test('a name in an open folder has the path it would have', () => {
  withFiles(({ at }) => {
    const platform = faulty(getPlatform(), [{ path: at('c', 'new'), code: 'ENOSPC' }]);
    const folder = platform.openFolder(at('c'));
    for (const make of ['mkdir', 'createFile'] as const) {
      assert.is(
        codeOf(() => platform[make](platform.pathIn(folder, Buffer.from('new')), 0o700)),
        'ENOSPC',
      );
    }
    platform.mkdir(platform.pathIn(folder, Buffer.from('other')), 0o700);
    platform.close(folder);
    assert.equal(fs.readdirSync(at('c')), ['other']);
  });
});

test('a call that fails is not carried out, but for a folder that is closed', () => {
  withFiles(({ path, at }) => {
    const platform = faulty(createPortablePlatform(), [
      { method: 'unlink', nth: 1, code: 'EIO' },
      { method: 'Directory.close', code: 'EIO' },
    ]);
    assert.throws(() => platform.unlink(at('a')), /EIO: i\/o error, unlink/);
    assert.ok(fs.existsSync(at('a')));
    platform.unlink(at('a'));
    assert.not.ok(fs.existsSync(at('a')));
    const directory = platform.openDirectory(path);
    assert.is(
      codeOf(() => directory.close()),
      'EIO',
    );
  });
});

test('a code that does not exist is a mistake in the plan', () => {
  withFiles(({ path }) => {
    const platform = faulty(getPlatform(), [{ code: 'ENONSENSE' }]);
    assert.throws(() => platform.lstat(path), TypeError);
  });
});

test.run();
